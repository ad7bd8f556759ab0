/* SPDX-License-Identifier: Apache-2.0 */
#include "check/observe_dns.h"

#include "check/observe_zone.h"

/* The questions of all names, each once. */
struct questions {
    struct dns_query *queries;
    struct dns_answer *answers;
    size_t count;
};

static bool is_wildcard(const char *name)
{
    return strncmp(name, "*.", 2) == 0;
}

/* The place of the question among those from `from` on; added when it is not there. */
static size_t place_of(struct questions *q, size_t from, const char *name, enum dns_type type)
{
    for (size_t i = from; i < q->count; i++)
        if (q->queries[i].type == type && strcmp(q->queries[i].name, name) == 0)
            return i;
    q->queries[q->count] = (struct dns_query){name, type};
    return q->count++;
}

static bool ask_all(struct arena *mem, const struct check_env *env, const struct questions *q,
                    struct err *err)
{
    for (size_t at = 0; at < q->count; at += RESOLVER_BATCH_MAX) {
        size_t left = q->count - at;
        const struct dns_batch batch = {.age = DNS_FRESH,
                                        .queries = q->queries + at,
                                        .answers = q->answers + at,
                                        .count =
                                            left < RESOLVER_BATCH_MAX ? left : RESOLVER_BATCH_MAX};

        if (!resolver_ask(mem, env->resolver, &batch, err))
            return false;
    }
    return true;
}

static void add_addresses(const struct check_names *names, struct questions *q)
{
    for (size_t i = 0; i < names->count; i++) {
        if (is_wildcard(names->names[i]))
            continue;
        q->queries[q->count++] = (struct dns_query){names->names[i], DNS_TYPE_A};
        q->queries[q->count++] = (struct dns_query){names->names[i], DNS_TYPE_AAAA};
    }
}

/* The name itself first, its top-level domain last. */
static size_t climb(const char *name, const char *levels[CAA_LEVELS_MAX])
{
    size_t count = 0;

    if (is_wildcard(name))
        name += 2;
    for (const char *at = name; at && count < CAA_LEVELS_MAX; at = strchr(at, '.')) {
        at += *at == '.';
        levels[count++] = at;
    }
    return count;
}

static void add_caa(const struct check_names *names, struct questions *q)
{
    const char *levels[CAA_LEVELS_MAX];
    size_t from = q->count;

    for (size_t i = 0; i < names->count; i++) {
        size_t count = climb(names->names[i], levels);

        for (size_t k = 0; k < count; k++)
            (void)place_of(q, from, levels[k], DNS_TYPE_CAA);
    }
}

static void take_caa(struct arena *mem, struct questions *q, size_t from, const char *name,
                     struct observation *observation)
{
    struct dns_answer *caa = arena_array_of(mem, CAA_LEVELS_MAX, struct dns_answer);
    const char *levels[CAA_LEVELS_MAX];

    observation->caa = caa;
    observation->caa_count = climb(name, levels);
    for (size_t k = 0; k < observation->caa_count; k++)
        caa[k] = q->answers[place_of(q, from, levels[k], DNS_TYPE_CAA)];
}

bool observe_dns(struct arena *mem, const struct check_env *env, const struct check_names *names,
                 struct observation *observations, const struct dns_answer **zone, struct err *err)
{
    size_t room = names->count * (2 + CAA_LEVELS_MAX) + ZONE_ANCESTORS_MAX, taken, caa_from;
    struct questions q = {.queries = arena_array_of(mem, room, struct dns_query),
                          .answers = arena_array_of(mem, room, struct dns_answer)};

    q.count = taken = zone_queries(names, q.queries);
    add_addresses(names, &q);
    caa_from = q.count;
    if (env->caa.issuer)
        add_caa(names, &q);
    if (!ask_all(mem, env, &q, err))
        return false;
    for (size_t i = 0; i < names->count; i++) {
        observations[i] = (struct observation){.name = names->names[i]};
        if (env->caa.issuer)
            take_caa(mem, &q, caa_from, names->names[i], &observations[i]);
        if (is_wildcard(names->names[i]))
            continue;
        observations[i].a = q.answers[taken++];
        observations[i].aaaa = q.answers[taken++];
    }
    *zone = q.answers;
    return true;
}
