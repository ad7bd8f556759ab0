/* SPDX-License-Identifier: Apache-2.0 */
#include "check/observe_zone.h"

#include "dns/place.h"
#include "model/hostname.h"

#define PARENTS_MAX       3 /* servers of the parent that are asked for the delegation */
#define PARENT_PLACES_MAX 4
#define QUESTIONS(names)  (1 + 3 * (names)) /* to each place: SOA; A, AAAA and CAA of each name */

struct look {
    struct arena *mem;
    const struct check_env *env;
    const struct check_names *names;
    struct net_policy policy;
    struct zone_seen *out;
    struct dns_record glue[RESOLVER_RECORD_MAX]; /* addresses that the parent gave */
    size_t glue_count;
};

/* ---- which zone ---- */

size_t zone_queries(const struct check_names *names, struct dns_query out[ZONE_ANCESTORS_MAX])
{
    size_t count = 0;

    for (const char *at = hostname_base(names->names[0]); at && count < ZONE_ANCESTORS_MAX;
         at = strchr(at, '.')) {
        at += *at == '.';
        out[count++] = (struct dns_query){at, DNS_TYPE_NS};
    }
    return count;
}

static bool look_up(struct look *look, const struct dns_query *queries, struct dns_answer *answers,
                    size_t count, struct err *err)
{
    const struct dns_batch batch = {
        .age = DNS_FRESH, .count = count, .queries = queries, .answers = answers};

    return count == 0 || resolver_ask(look->mem, look->env->resolver, &batch, err);
}

/* The zone of the first name, at the top of the registered domain or below, and the zone above:
 * indexes of `found`, or its count. */
static size_t find_zone(const struct look *look, const struct dns_answer *found, size_t count,
                        size_t *parent)
{
    size_t at = 0, above;

    while (at < count && found[at].reply != DNS_REPLY_RECORDS &&
           strcmp(found[at].query.name, look->names->registered) != 0)
        at++;
    for (above = at + 1; above < count && found[above].reply != DNS_REPLY_RECORDS; above++)
        ;
    *parent = above;
    return at;
}

/* ---- servers and their addresses ---- */

static struct zone_server *server_of(struct look *look, const char *name)
{
    struct zone_seen *out = look->out;

    for (size_t i = 0; i < out->server_count; i++)
        if (strcmp(out->servers[i].name, name) == 0)
            return &out->servers[i];
    if (out->server_count == ZONE_SERVERS_MAX)
        return NULL;
    out->servers[out->server_count].name = name;
    return &out->servers[out->server_count++];
}

static bool may_ask(const struct look *look, const struct address *address)
{
    struct err ignored;

    return net_policy_check(&look->policy, address, DNS_PORT, &ignored);
}

static struct slice octets_of(const struct address *address)
{
    return slice_of(address->octets, address->is_v6 ? 16 : 4);
}

/* Asks the servers of the parent who the zone's are; the first that refers to some is believed. */
static bool ask_parent(struct look *look, const struct address *places, size_t count,
                       struct err *err)
{
    const struct dns_query query = {look->out->zone, DNS_TYPE_NS};
    struct dns_ask asks[PARENT_PLACES_MAX];
    struct dns_told told[PARENT_PLACES_MAX];

    for (size_t i = 0; i < count; i++)
        asks[i] = (struct dns_ask){octets_of(&places[i]), DNS_PORT, query};
    if (!dns_ask(look->mem, asks, told, count, 0, err))
        return false;
    for (size_t i = 0; i < count && !look->out->has_parent_said; i++)
        for (size_t k = 0; k < told[i].referral_count; k++) {
            struct zone_server *server;

            if (strcmp(told[i].referral[k].owner, look->out->zone) != 0 ||
                !(server = server_of(look, told[i].referral[k].name)))
                continue;
            server->is_delegated = true;
            look->out->has_parent_said = true;
        }
    for (size_t i = 0; i < count && look->out->parent_count < ZONE_PARENTS_MAX; i++)
        if (told[i].failure == DNS_ASK_NONE && told[i].answer.reply != DNS_REPLY_SERVFAIL)
            look->out->parents[look->out->parent_count++] = places[i];
    for (size_t i = 0; i < count && look->glue_count == 0; i++)
        for (size_t k = 0; k < told[i].glue_count; k++)
            look->glue[look->glue_count++] = told[i].glue[k];
    return true;
}

static bool find_delegation(struct look *look, const struct dns_answer *parent, struct err *err)
{
    struct dns_query queries[2 * PARENTS_MAX];
    struct dns_answer answers[2 * PARENTS_MAX];
    struct address places[PARENT_PLACES_MAX];
    size_t count = 0, place_count = 0;

    for (size_t i = 0; i < parent->record_count && i < PARENTS_MAX; i++) {
        queries[count++] = (struct dns_query){parent->records[i].name, DNS_TYPE_A};
        queries[count++] = (struct dns_query){parent->records[i].name, DNS_TYPE_AAAA};
    }
    if (!look_up(look, queries, answers, count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < answers[i].record_count && place_count < PARENT_PLACES_MAX; k++) {
            places[place_count] = address_from_octets(answers[i].records[k].address);
            place_count += may_ask(look, &places[place_count]);
        }
    return place_count == 0 || ask_parent(look, places, place_count, err);
}

static void add_place(struct look *look, size_t server, struct slice octets)
{
    struct zone_seen *out = look->out;
    struct address address = address_from_octets(octets);

    for (size_t i = 0; i < out->place_count; i++)
        if (address_eq(&out->places[i].address, &address) && out->places[i].server == server)
            return;
    if (!may_ask(look, &address)) {
        out->servers[server].is_hidden = true;
        return;
    }
    out->servers[server].has_address = true;
    if (out->place_count < ZONE_PLACES_MAX)
        out->places[out->place_count++] = (struct zone_place){.server = server, .address = address};
}

static bool is_absence(const struct dns_answer *answer)
{
    return answer->reply == DNS_REPLY_NXDOMAIN || answer->reply == DNS_REPLY_NODATA;
}

static void add_glue(struct look *look, size_t server)
{
    for (size_t i = 0; i < look->glue_count; i++)
        if (strcmp(look->glue[i].owner, look->out->servers[server].name) == 0)
            add_place(look, server, look->glue[i].address);
}

/* `answers`: to A and AAAA of the server. */
static bool is_nowhere(const struct look *look, size_t at, const struct dns_answer *answers)
{
    const struct zone_server *server = &look->out->servers[at];

    if (server->has_address || server->is_hidden)
        return false;
    if (server->is_delegated && hostname_is_within(server->name, look->out->zone))
        return true;
    return is_absence(&answers[0]) && is_absence(&answers[1]);
}

/* Where the parent gave an address, it is the one that everybody asks; the others are looked up. */
static bool find_places(struct look *look, struct err *err)
{
    struct dns_query queries[2 * ZONE_SERVERS_MAX];
    struct dns_answer answers[2 * ZONE_SERVERS_MAX];
    size_t servers[2 * ZONE_SERVERS_MAX], count = 0;

    for (size_t i = 0; i < look->out->server_count; i++) {
        const struct zone_server *server = &look->out->servers[i];

        add_glue(look, i);
        if (server->has_address || server->is_hidden)
            continue;
        servers[count] = servers[count + 1] = i;
        queries[count++] = (struct dns_query){server->name, DNS_TYPE_A};
        queries[count++] = (struct dns_query){server->name, DNS_TYPE_AAAA};
    }
    if (!look_up(look, queries, answers, count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < answers[i].record_count; k++)
            add_place(look, servers[i], answers[i].records[k].address);
    for (size_t i = 0; i < count; i += 2)
        look->out->servers[servers[i]].is_nowhere = is_nowhere(look, servers[i], &answers[i]);
    return true;
}

/* ---- what they say ---- */

static void add_questions(const struct look *look, const struct zone_place *place,
                          struct dns_ask *asks)
{
    struct slice server = octets_of(&place->address);
    size_t n = 0;

    asks[n++] = (struct dns_ask){server, DNS_PORT, {look->out->zone, DNS_TYPE_SOA}};
    for (size_t i = 0; i < look->out->name_count; i++) {
        const char *name = look->names->names[i];

        asks[n++] = (struct dns_ask){server, DNS_PORT, {name, DNS_TYPE_A}};
        asks[n++] = (struct dns_ask){server, DNS_PORT, {name, DNS_TYPE_AAAA}};
        if (look->env->caa.issuer)
            asks[n++] = (struct dns_ask){server, DNS_PORT, {hostname_base(name), DNS_TYPE_CAA}};
    }
}

static void take_answers(const struct look *look, const struct dns_told *told,
                         struct zone_place *place)
{
    place->soa = *told++;
    for (size_t i = 0; i < look->out->name_count; i++) {
        place->a[i] = *told++;
        place->aaaa[i] = *told++;
        if (look->env->caa.issuer)
            place->caa[i] = *told++;
    }
}

static size_t questions_to(const struct look *look)
{
    return QUESTIONS(look->out->name_count) - (look->env->caa.issuer ? 0 : look->out->name_count);
}

static bool ask_servers(struct look *look, struct err *err)
{
    struct zone_seen *out = look->out;
    size_t each = questions_to(look), count = each * out->place_count;
    struct dns_ask asks[ZONE_PLACES_MAX * QUESTIONS(ZONE_NAMES_MAX)];
    struct dns_told told[ARRAY_LEN(asks)];

    for (size_t i = 0; i < out->place_count; i++)
        add_questions(look, &out->places[i], &asks[i * each]);
    if (!dns_ask(look->mem, asks, told, count, 0, err))
        return false;
    for (size_t i = 0; i < out->place_count; i++)
        take_answers(look, &told[i * each], &out->places[i]);
    return true;
}

/* The names that are in this zone, from the first on. */
static void choose_names(struct look *look)
{
    while (look->out->name_count < look->names->count && look->out->name_count < ZONE_NAMES_MAX) {
        if (!hostname_is_within(look->names->names[look->out->name_count], look->out->zone))
            return;
        look->out->name_count++;
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct zone_server *)a)->name, ((const struct zone_server *)b)->name);
}

static void add_listed(struct look *look, const struct dns_answer *zone)
{
    struct zone_seen *out = look->out;

    out->has_zone_said = zone->reply == DNS_REPLY_RECORDS;
    for (size_t i = 0; i < zone->record_count; i++) {
        struct zone_server *server = server_of(look, zone->records[i].name);

        if (server)
            server->is_listed = true;
    }
    qsort(out->servers, out->server_count, sizeof(out->servers[0]), by_name);
}

/* Its keys at the registrar: one that is not of the zone makes all of it fail. */
static bool look_up_keys(struct look *look, struct err *err)
{
    const struct dns_query query = {look->out->zone, DNS_TYPE_DS};

    return look_up(look, &query, &look->out->ds, 1, err);
}

bool observe_zone(struct arena *mem, const struct check_env *env, const struct check_names *names,
                  const struct dns_answer *found, struct zone_seen *out, struct err *err)
{
    struct dns_query queries[ZONE_ANCESTORS_MAX];
    struct look *look = arena_new_of(mem, struct look);
    size_t count = zone_queries(names, queries), parent, at;

    *look = (struct look){.mem = mem, .env = env, .names = names, .out = out};
    *out = (struct zone_seen){0};
    reach_servers(mem, &env->reach, &look->policy);
    at = find_zone(look, found, count, &parent);
    if (at >= count)
        return true;
    out->zone = found[at].query.name;
    if (found[at].reply == DNS_REPLY_BOGUS && !look_up_keys(look, err))
        return false;
    if (parent < count && !find_delegation(look, &found[parent], err))
        return false;
    add_listed(look, &found[at]);
    choose_names(look);
    return find_places(look, err) && ask_servers(look, err);
}
