/* SPDX-License-Identifier: Apache-2.0 */
#include "job/glance.h"

#include "base/clock.h"
#include "base/random.h"
#include "job/glance_said.h"
#include "job/name_servers.h"

struct visited {
    const char *name; /* as job/name_servers.h has it */
    struct address address;
    bool is_resolver;
    enum name_server_standing standing;
    int64_t paused_ms;
    size_t domains;            /* that it is asked about */
    const struct visit *first; /* of these */
};

struct round {
    const struct worker *worker;
    struct arena *mem;
    int64_t until; /* clock_boot_ms() */
    struct visited *servers;
    size_t server_count;
    struct visit *visits;
    size_t visit_count;
};

/* ---- who is asked ---- */

static struct visited *server_of(struct round *round, const char *name)
{
    struct visited *server;

    for (size_t i = 0; i < round->server_count; i++)
        if (strcmp(round->servers[i].name, name) == 0)
            return &round->servers[i];
    server = &round->servers[round->server_count++];
    *server = (struct visited){.name = name};
    server->standing = name_servers_standing(round->worker->name_servers, name, &server->paused_ms);
    return server;
}

static bool find_server(struct round *round, const struct glance *glance,
                        const struct visit_key *key, struct visited **out, struct err *err)
{
    size_t one = key->address_count > 1 ? random_below(key->address_count) : 0;

    if (key->kind == VISIT_RESOLVER) {
        *out = server_of(round, glance->registered);
        (*out)->is_resolver = true;
        return true;
    }
    *out = server_of(round, key->addresses[one]);
    return address_parse(key->addresses[one], &(*out)->address, err) ||
           err_set(err, ERR_STORE, "\"%.50s\" is no address of a name server", key->addresses[one]);
}

/* A key of a domain and who would be asked. */
struct choice {
    struct visit_key key;
    struct visited *server;
};

static bool has_room(const struct visited *server)
{
    return server->is_resolver || server->domains < GLANCE_SERVER_MAX;
}

static void add_visit(struct round *round, struct glance *glance, const struct choice *choice)
{
    struct visit *visit = &round->visits[round->visit_count++];

    *visit = (struct visit){.glance = glance, .key = &choice->key, .server = choice->server};
    visit_add_questions(round->mem, visit);
    if (choice->server->domains++ == 0)
        choice->server->first = visit;
}

static void take_back(struct round *round, size_t had)
{
    while (round->visit_count > had)
        round->visits[--round->visit_count].server->domains--;
}

static bool read_choices(struct round *round, const struct glance *glance, struct choice **out,
                         size_t *count, struct err *err)
{
    json_auto_t *servers = json_loads(glance->servers, 0, NULL);
    struct choice *choices = arena_array_of(round->mem, json_object_size(servers), struct choice);
    const char *text;
    json_t *digest;
    size_t n = 0;

    json_object_foreach(servers, text, digest)
    {
        struct choice *choice = &choices[n++];

        if (!visit_key_read(round->mem, arena_strdup(round->mem, text), &choice->key, err) ||
            !find_server(round, glance, &choice->key, &choice->server, err))
            return false;
    }
    *out = choices;
    *count = n;
    return true;
}

static bool is_own(const struct choice *choice)
{
    return choice->key.kind == VISIT_ZONE || choice->key.kind == VISIT_RESOLVER;
}

/* All of the domain's own servers that are not left alone, or one of them. */
static void visit_own(struct round *round, struct glance *glance, const struct choice *choices,
                      size_t count)
{
    size_t awake = 0, at = 0, one;

    for (size_t i = 0; i < count; i++) {
        const struct visited *server = choices[i].server;
        bool is_paused = server->standing == NAME_SERVER_PAUSED;

        if (!is_own(&choices[i]))
            continue;
        awake += !is_paused;
        if (is_paused && (!glance->silent_ms || server->paused_ms < glance->silent_ms))
            glance->silent_ms = server->paused_ms;
    }
    if (awake == 0)
        return;
    glance->silent_ms = 0;
    one = random_below(awake);
    for (size_t i = 0; i < count; i++)
        if (is_own(&choices[i]) && choices[i].server->standing != NAME_SERVER_PAUSED &&
            (at++ == one || glance->is_close)) {
            glance->is_put_off = glance->is_put_off || !has_room(choices[i].server);
            add_visit(round, glance, &choices[i]);
        }
}

static void visit_others(struct round *round, struct glance *glance, const struct choice *choices,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct choice *choice = &choices[i];
        bool is_parent = choice->key.kind == VISIT_PARENT;

        if (is_own(choice) || (is_parent && !glance->asks_parent) ||
            choice->server->standing == NAME_SERVER_PAUSED || !has_room(choice->server) ||
            !name_servers_take_other(round->worker->name_servers, choice->server->name))
            continue;
        add_visit(round, glance, choice);
        glance->has_asked_parent = glance->has_asked_parent || is_parent;
    }
}

/* All that is to be asked about it, or nothing where one has enough to do. */
static bool add_visits(struct round *round, struct glance *glance, struct err *err)
{
    size_t had = round->visit_count, count;
    struct choice *choices;

    glance->seen = glance->seen_first = glance->servers;
    glance->facts_after = glance->facts;
    if (!read_choices(round, glance, &choices, &count, err))
        return false;
    visit_own(round, glance, choices, count);
    if (!glance->is_put_off)
        visit_others(round, glance, choices, count);
    if (glance->is_put_off) {
        take_back(round, had);
        glance->has_asked_parent = false;
    }
    return true;
}

/* ---- asking ---- */

static struct dns_ask ask_of(const struct visited *server, const struct dns_query *query)
{
    return (struct dns_ask){slice_of(server->address.octets, server->address.is_v6 ? 16 : 4), 0,
                            *query};
}

static bool is_answered(const struct dns_told *told)
{
    return told->failure != DNS_ASK_TIMEOUT && told->failure != DNS_ASK_BAD;
}

static void note(struct round *round, struct visited *server, bool has_answered)
{
    struct name_servers *memory = round->worker->name_servers;

    server->standing = has_answered ? NAME_SERVER_ANSWERS : NAME_SERVER_PAUSED;
    if (has_answered)
        name_servers_answered(memory, server->name);
    else
        name_servers_silent(memory, server->name,
                            server->is_resolver ? NAME_SERVER_RESOLVED_MAX_MS
                                                : NAME_SERVER_PAUSE_MAX_MS);
}

/* One question to each that is not known to answer. */
static bool probe(struct round *round, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct dns_ask asks[DNS_ASK_MAX];
    struct dns_told told[DNS_ASK_MAX];
    struct visited *probed[DNS_ASK_MAX];
    size_t count = 0;

    for (size_t i = 0; i < round->server_count && count < DNS_ASK_MAX; i++) {
        struct visited *server = &round->servers[i];

        if (server->standing != NAME_SERVER_UNKNOWN || server->is_resolver || server->domains == 0)
            continue;
        probed[count] = server;
        asks[count++] = ask_of(server, &server->first->queries[0]);
    }
    if (count > 0 && !dns_ask(mem, asks, told, count, GLANCE_MS, err))
        return false;
    for (size_t i = 0; i < count; i++)
        note(round, probed[i], is_answered(&told[i]));
    return true;
}

/* Visits that are made together: of servers, or by the resolver. */
struct share {
    struct visit *visits[DNS_ASK_MAX];
    size_t count, questions;
    bool by_resolver;
};

static bool is_of(const struct share *share, const struct visit *visit)
{
    if (visit->server->is_resolver || share->by_resolver)
        return visit->server->is_resolver && share->by_resolver;
    return visit->server->standing == NAME_SERVER_ANSWERS;
}

/* Takes what fits, from *at on. */
static void fill_share(struct round *round, size_t *at, struct share *share)
{
    size_t most = share->by_resolver ? RESOLVER_BATCH_MAX : DNS_ASK_MAX;

    for (; *at < round->visit_count; (*at)++) {
        struct visit *visit = &round->visits[*at];

        if (!is_of(share, visit))
            continue;
        if (share->questions + visit->count > most)
            return;
        share->visits[share->count++] = visit;
        share->questions += visit->count;
    }
}

/* One that leaves more than half of its questions unanswered is silent. */
static void take(struct round *round, const struct visit *visit, const struct dns_told *told)
{
    size_t answered = 0;

    for (size_t i = 0; i < visit->count; i++)
        answered += is_answered(&told[i]);
    if (2 * answered < visit->count)
        note(round, visit->server, false);
    else if (visit->server->standing == NAME_SERVER_UNKNOWN)
        note(round, visit->server, true);
    glance_take(round->mem, visit, told);
}

static bool ask_servers(struct arena *mem, const struct share *share, struct dns_told *told,
                        struct err *err)
{
    struct dns_ask *asks = arena_array_of(mem, share->questions, struct dns_ask);
    size_t n = 0;

    for (size_t i = 0; i < share->count; i++)
        for (size_t k = 0; k < share->visits[i]->count; k++)
            asks[n++] = ask_of(share->visits[i]->server, &share->visits[i]->queries[k]);
    return n == 0 || dns_ask(mem, asks, told, n, GLANCE_MS, err);
}

static bool ask_resolver(struct arena *mem, struct resolver *resolver, const struct share *share,
                         struct dns_told *told, struct err *err)
{
    struct dns_query *queries = arena_array_of(mem, share->questions, struct dns_query);
    struct dns_answer *answers = arena_array_of(mem, share->questions, struct dns_answer);
    const struct dns_batch batch = {
        .age = DNS_FRESH, .count = share->questions, .queries = queries, .answers = answers};
    size_t n = 0;

    for (size_t i = 0; i < share->count; i++)
        for (size_t k = 0; k < share->visits[i]->count; k++)
            queries[n++] = share->visits[i]->queries[k];
    if (n > 0 && !resolver_ask(mem, resolver, &batch, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        bool is_late = answers[i].reply == DNS_REPLY_TIMEOUT;

        told[i] = (struct dns_told){.failure = is_late ? DNS_ASK_TIMEOUT : DNS_ASK_NONE,
                                    .answer = answers[i]};
    }
    return true;
}

/* What is read of the answers is given back with each share. */
static bool make_visits(struct round *round, const struct share *share, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct dns_told *told = arena_array_of(mem, share->questions, struct dns_told);
    size_t n = 0;
    bool is_asked = share->by_resolver
                        ? ask_resolver(mem, round->worker->resolver, share, told, err)
                        : ask_servers(mem, share, told, err);

    if (!is_asked)
        return false;
    for (size_t i = 0; i < share->count; i++) {
        take(round, share->visits[i], &told[n]);
        n += share->visits[i]->count;
    }
    return true;
}

static bool ask_all(struct round *round, bool by_resolver, struct err *err)
{
    const struct share none = {.by_resolver = by_resolver};
    size_t at = 0;

    while (at < round->visit_count && clock_boot_ms() < round->until) {
        struct share share = none;

        fill_share(round, &at, &share);
        if (!make_visits(round, &share, err))
            return false;
    }
    for (; at < round->visit_count; at++)
        if (is_of(&none, &round->visits[at]))
            round->visits[at].glance->is_put_off = true;
    return true;
}

/* There was no room for the probe of its server. */
static void put_off_unprobed(struct round *round)
{
    for (size_t i = 0; i < round->visit_count; i++)
        if (!round->visits[i].server->is_resolver &&
            round->visits[i].server->standing == NAME_SERVER_UNKNOWN)
            round->visits[i].glance->is_put_off = true;
}

/* What was put off in the middle is asked as a whole the next time. */
static void forget_put_off(struct glance *glance)
{
    if (!glance->is_put_off)
        return;
    glance->seen = glance->seen_first = glance->servers;
    glance->facts_after = glance->facts;
    glance->is_changed = glance->is_new = glance->is_novel = glance->has_asked_parent = false;
}

bool glance_run(const struct worker *worker, struct arena *mem, struct glance *items, size_t count,
                struct err *err)
{
    const size_t most = count * (CHECK_SERVERS_MAX + 2);
    struct round round = {.worker = worker, .mem = mem, .until = clock_boot_ms() + GLANCE_RUN_MS};

    round.servers = arena_array_of(mem, most, struct visited);
    round.visits = arena_array_of(mem, most, struct visit);
    for (size_t i = 0; i < count; i++)
        if (!add_visits(&round, &items[i], err))
            return false;
    if (!probe(&round, err))
        return false;
    put_off_unprobed(&round);
    if (!ask_all(&round, false, err) || !ask_all(&round, true, err))
        return false;
    for (size_t i = 0; i < count; i++)
        forget_put_off(&items[i]);
    return true;
}
