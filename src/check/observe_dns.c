/* SPDX-License-Identifier: Apache-2.0 */
#include "check/observe_dns.h"

#include "base/hash.h"
#include "base/random.h"
#include "check/observe_zone.h"
#include "model/hostname.h"

#define TWICE_MAX       4   /* names that are looked for twice */
#define NAME_MAX_OCTETS 253 /* of a name */
#define STAR_BYTES      8   /* of a label below a star, before hex */
#define QUESTIONS       3   /* about `_acme-challenge` of a name */

/* The questions of all names, each once. */
struct questions {
    struct dns_query *queries;
    struct dns_answer *answers;
    size_t count;
};

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

/* A name that nobody has set: a wildcard stands for it, or nothing does. */
static const char *below(struct arena *mem, const char *name)
{
    unsigned char octets[STAR_BYTES];

    random_bytes(octets, sizeof(octets));
    return arena_printf(mem, "%s.%s", hex_encode(mem, slice_of(octets, sizeof(octets))), name);
}

static void add_addresses(struct arena *mem, const struct check_names *names, struct questions *q)
{
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->names[i],
                   *host = hostname_is_wildcard(name) ? below(mem, name + 2) : name;

        q->queries[q->count++] = (struct dns_query){host, DNS_TYPE_A};
        q->queries[q->count++] = (struct dns_query){host, DNS_TYPE_AAAA};
    }
}

/* Of a name that is proven in DNS, `_acme-challenge` and what may have become of it. */
static bool is_delegated(const struct check_names *names, size_t i)
{
    return names->delegations && names->delegations[i].name;
}

static void add_delegations(struct arena *mem, const struct check_names *names, struct questions *q)
{
    for (size_t i = 0; i < names->count; i++) {
        const char *name;

        if (!is_delegated(names, i))
            continue;
        name = names->delegations[i].name;
        q->queries[q->count++] = (struct dns_query){name, DNS_TYPE_CNAME};
        q->queries[q->count++] = (struct dns_query){name, DNS_TYPE_TXT};
        name = arena_printf(mem, "%s.%s", name, names->registered);
        if (strlen(name) > NAME_MAX_OCTETS) /* then nobody can have set it */
            name = names->delegations[i].name;
        q->queries[q->count++] = (struct dns_query){name, DNS_TYPE_CNAME};
    }
}

static void take_delegation(const struct dns_answer *answers, struct observation *observation)
{
    observation->delegated = answers[0];
    observation->challenge_text = answers[1];
    observation->doubled = answers[2];
}

/* The name itself first, its top-level domain last. */
static size_t climb(const char *name, const char *levels[CAA_LEVELS_MAX])
{
    size_t count = 0;

    if (hostname_is_wildcard(name))
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

/* "www.shop.example.shop.example": what becomes of a name that is typed whole into a form that adds
 * the domain by itself. A name that nobody has set says whether all are answered. */
static void add_twice(struct arena *mem, const struct check_names *names, struct questions *q)
{
    q->queries[q->count++] = (struct dns_query){below(mem, names->registered), DNS_TYPE_A};
    for (size_t i = 0; i < names->count && i < TWICE_MAX; i++)
        if (!hostname_is_wildcard(names->names[i]) &&
            strlen(names->names[i]) + 1 + strlen(names->registered) <= NAME_MAX_OCTETS)
            q->queries[q->count++] = (struct dns_query){
                arena_printf(mem, "%s.%s", names->names[i], names->registered), DNS_TYPE_A};
}

static void take_twice(const struct check_names *names, const struct questions *q, size_t from,
                       size_t to, struct observation *observations)
{
    size_t at = from + 1;

    if (q->answers[from].reply != DNS_REPLY_NXDOMAIN)
        return;
    for (size_t i = 0; i < names->count && at < to; i++) {
        size_t len = strlen(names->names[i]);

        if (strncmp(q->queries[at].name, names->names[i], len) == 0 &&
            q->queries[at].name[len] == '.')
            observations[i].twice = q->answers[at++];
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

static bool has_something(const struct dns_answer *answer)
{
    return answer->chain_count + answer->record_count > 0;
}

/* Below a name that somebody has set, the star above it says nothing any more (RFC 4592 section
 * 2.2.1): where it does, the name's own answer is the star's. */
static bool look_below(struct arena *mem, const struct check_env *env,
                       const struct check_names *names, const struct dns_answer *star,
                       struct observation *observations, struct err *err)
{
    struct dns_query queries[TWICE_MAX];
    struct dns_answer answers[TWICE_MAX];
    struct questions q = {.queries = queries, .answers = answers};
    size_t about[TWICE_MAX];

    for (size_t i = 0; has_something(star) && i < names->count && q.count < TWICE_MAX; i++) {
        const char *name = names->names[i];

        observations[i].star = *star;
        if (hostname_is_wildcard(name) || strcmp(name, names->registered) == 0 ||
            strlen(name) + 2 * STAR_BYTES + 1 > NAME_MAX_OCTETS ||
            !zone_is_same(star, &observations[i].a))
            continue;
        about[q.count] = i;
        q.queries[q.count++] = (struct dns_query){below(mem, name), DNS_TYPE_A};
    }
    if (!ask_all(mem, env, &q, err))
        return false;
    for (size_t i = 0; i < q.count; i++)
        observations[about[i]].is_of_star = zone_is_same(star, &answers[i]);
    return true;
}

bool observe_dns(struct arena *mem, const struct check_env *env, const struct check_names *names,
                 struct observation *observations, const struct dns_answer **zone, struct err *err)
{
    size_t room =
        names->count * (2 + QUESTIONS + CAA_LEVELS_MAX) + ZONE_ANCESTORS_MAX + 1 + TWICE_MAX;
    size_t taken, twice_from, caa_from, delegations_at;
    struct questions q = {.queries = arena_array_of(mem, room, struct dns_query),
                          .answers = arena_array_of(mem, room, struct dns_answer)};

    q.count = taken = zone_queries(names, q.queries);
    add_addresses(mem, names, &q);
    delegations_at = q.count;
    add_delegations(mem, names, &q);
    twice_from = q.count;
    add_twice(mem, names, &q);
    caa_from = q.count;
    if (env->caa.issuer)
        add_caa(names, &q);
    if (!ask_all(mem, env, &q, err))
        return false;
    for (size_t i = 0; i < names->count; i++) {
        observations[i] = (struct observation){.name = names->names[i]};
        if (env->caa.issuer)
            take_caa(mem, &q, caa_from, names->names[i], &observations[i]);
        if (is_delegated(names, i)) {
            take_delegation(&q.answers[delegations_at], &observations[i]);
            delegations_at += QUESTIONS;
        }
        observations[i].a = q.answers[taken++];
        observations[i].aaaa = q.answers[taken++];
    }
    take_twice(names, &q, twice_from, caa_from, observations);
    *zone = q.answers;
    return look_below(mem, env, names, &q.answers[twice_from], observations, err);
}
