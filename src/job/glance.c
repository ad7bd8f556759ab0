/* SPDX-License-Identifier: Apache-2.0 */
#include "job/glance.h"

#include "base/hash.h"
#include "base/random.h"

#define RESOLVER      "resolver" /* in place of an address */
#define QUESTIONS_MAX (4 * GLANCE_NAMES_MAX + 1)
#define SAID_MAX      65536 /* octets of all answers of a server */
#define DIGEST_OCTETS 8

/* What one server is asked about one domain. */
struct visit {
    struct glance *glance;
    const char *server;
    struct dns_query queries[QUESTIONS_MAX];
    size_t count;
    const struct dns_answer *answers[QUESTIONS_MAX]; /* NULL: there was none */
};

struct visits {
    struct visit *items;
    size_t count;
};

/* ---- which questions ---- */

static void add_question(struct visit *visit, const char *name, enum dns_type type)
{
    visit->queries[visit->count++] = (struct dns_query){name, type};
}

static void add_questions(struct arena *mem, struct visit *visit)
{
    const struct glance *glance = visit->glance;
    bool has_registered = false;

    for (size_t i = 0; i < glance->count; i++) {
        const char *name = glance->names[i];
        bool is_star = strncmp(name, "*.", 2) == 0;
        const char *base = is_star ? name + 2 : name;

        add_question(visit, name, DNS_TYPE_A);
        add_question(visit, name, DNS_TYPE_AAAA);
        add_question(visit, base, DNS_TYPE_CAA);
        add_question(visit, arena_printf(mem, "_acme-challenge.%s", base), DNS_TYPE_CNAME);
        has_registered = has_registered || strcmp(base, glance->registered) == 0;
    }
    if (!has_registered)
        add_question(visit, glance->registered, DNS_TYPE_CAA);
}

static bool has_room(const struct visits *visits, const char *server)
{
    size_t count = 0;

    for (size_t i = 0; i < visits->count; i++)
        count += strcmp(visits->items[i].server, server) == 0;
    return count < GLANCE_SERVER_MAX || strcmp(server, RESOLVER) == 0;
}

static void add_visit(struct arena *mem, struct visits *visits, struct glance *glance,
                      const char *server)
{
    struct visit *visit = &visits->items[visits->count];

    glance->is_put_off = glance->is_put_off || !has_room(visits, server);
    if (glance->is_put_off)
        return;
    *visit = (struct visit){.glance = glance, .server = arena_strdup(mem, server)};
    add_questions(mem, visit);
    visits->count++;
}

static void add_visits(struct arena *mem, struct visits *visits, struct glance *glance)
{
    json_auto_t *servers = json_loads(glance->servers, 0, NULL);
    size_t had = visits->count, at = 0,
           one = json_object_size(servers) ? random_below(json_object_size(servers)) : 0;
    const char *server;
    json_t *digest;

    json_object_foreach(servers, server, digest) if (glance->is_close || at++ == one)
        add_visit(mem, visits, glance, server);
    if (glance->is_put_off)
        visits->count = had;
}

/* ---- asking ---- */

static bool is_by_resolver(const struct visit *visit)
{
    return strcmp(visit->server, RESOLVER) == 0;
}

/* As many visits from `from` on as fit into one call; `to` is the first that does not. */
struct share {
    struct visits *visits;
    size_t from, to, questions;
};

static struct share share_from(struct visits *visits, size_t from, bool by_resolver)
{
    size_t most = by_resolver ? RESOLVER_BATCH_MAX : DNS_ASK_MAX;
    struct share share = {.visits = visits, .from = from, .to = from};

    for (; share.to < visits->count; share.to++) {
        const struct visit *visit = &visits->items[share.to];

        if (is_by_resolver(visit) != by_resolver)
            continue;
        if (share.questions + visit->count > most)
            break;
        share.questions += visit->count;
    }
    return share;
}

static bool ask_resolver(const struct worker *worker, struct arena *mem, const struct share *share,
                         struct err *err)
{
    struct dns_query *queries = arena_array_of(mem, share->questions, struct dns_query);
    struct dns_answer *answers = arena_array_of(mem, share->questions, struct dns_answer);
    const struct dns_batch batch = {
        .age = DNS_FRESH, .count = share->questions, .queries = queries, .answers = answers};
    size_t n = 0;

    for (size_t i = share->from; i < share->to; i++) {
        struct visit *visit = &share->visits->items[i];

        for (size_t k = 0; is_by_resolver(visit) && k < visit->count; k++) {
            queries[n] = visit->queries[k];
            visit->answers[k] = &answers[n++];
        }
    }
    return n == 0 || resolver_ask(mem, worker->resolver, &batch, err);
}

static void take_told(struct visit *visit, const struct dns_told *told)
{
    for (size_t k = 0; k < visit->count; k++)
        visit->answers[k] = told[k].failure == DNS_ASK_NONE ? &told[k].answer : NULL;
}

static bool ask_servers(struct arena *mem, const struct share *share, struct err *err)
{
    struct dns_ask *asks = arena_array_of(mem, share->questions, struct dns_ask);
    struct dns_told *told = arena_array_of(mem, share->questions, struct dns_told);
    size_t n = 0;

    for (size_t i = share->from; i < share->to; i++) {
        const struct visit *visit = &share->visits->items[i];
        struct address *address = arena_new_of(mem, struct address);

        if (is_by_resolver(visit))
            continue;
        if (!address_parse(visit->server, address, err))
            return err_set(err, ERR_STORE, "\"%.50s\" is no address of a name server",
                           visit->server);
        for (size_t k = 0; k < visit->count; k++)
            asks[n++] = (struct dns_ask){slice_of(address->octets, address->is_v6 ? 16 : 4), 0,
                                         visit->queries[k]};
    }
    if (n > 0 && !dns_ask(mem, asks, told, n, GLANCE_MS, err))
        return false;
    for (size_t i = share->from, at = 0; i < share->to; i++)
        if (!is_by_resolver(&share->visits->items[i])) {
            take_told(&share->visits->items[i], &told[at]);
            at += share->visits->items[i].count;
        }
    return true;
}

static bool ask_all(const struct worker *worker, struct arena *mem, struct visits *visits,
                    struct err *err)
{
    for (size_t at = 0; at < visits->count;) {
        const struct share share = share_from(visits, at, false);

        if (!ask_servers(mem, &share, err))
            return false;
        at = share.to;
    }
    for (size_t at = 0; at < visits->count;) {
        const struct share share = share_from(visits, at, true);

        if (!ask_resolver(worker, mem, &share, err))
            return false;
        at = share.to;
    }
    return true;
}

/* ---- what they said ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_said(const struct dns_answer *answer)
{
    return answer && answer->rcode >= 0 && answer->reply != DNS_REPLY_TIMEOUT &&
           answer->rcode != 2; /* SERVFAIL */
}

/* In the order of the records themselves: servers turn them around. Without their TTL. */
static void write_answer(struct arena *mem, const struct dns_answer *answer, struct buf *out)
{
    const char **texts = arena_array_of(mem, answer->record_count, const char *);

    buf_printf(out, "%d %s\n", answer->rcode, dns_reply_name(answer->reply));
    if (answer->chain_count > 0)
        buf_printf(out, "%s\n", answer->chain[0].name);
    for (size_t i = 0; i < answer->record_count; i++)
        texts[i] = answer->records[i].text;
    qsort(texts, answer->record_count, sizeof(*texts), by_text);
    for (size_t i = 0; i < answer->record_count; i++)
        buf_printf(out, "%s\n", texts[i]);
}

/* NULL: the server did not say all. */
static const char *digest_of(struct arena *mem, const struct visit *visit)
{
    struct buf said = buf_new(mem, SAID_MAX);
    unsigned char hash[SHA256_SIZE];

    for (size_t i = 0; i < visit->count; i++) {
        if (!is_said(visit->answers[i]))
            return NULL;
        write_answer(mem, visit->answers[i], &said);
    }
    hash_sha256(buf_view(&said), hash);
    return hex_encode(mem, slice_of(hash, DIGEST_OCTETS));
}

static const char *dump(struct arena *mem, const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    const char *copy = arena_strdup(mem, text);

    free(text);
    return copy;
}

static void take(struct arena *mem, const struct visit *visit)
{
    struct glance *glance = visit->glance;
    const char *digest = digest_of(mem, visit), *last;
    json_auto_t *servers = NULL;

    if (!digest || glance->is_put_off)
        return;
    servers = json_loads(glance->seen, 0, NULL);
    last = json_string_value(json_object_get(servers, visit->server));
    if (last && strcmp(last, digest) == 0)
        return;
    if (last && *last)
        glance->is_changed = true;
    else
        glance->is_new = true;
    json_object_set_new(servers, visit->server, json_string(digest));
    glance->seen = dump(mem, servers);
}

bool glance_run(const struct worker *worker, struct arena *mem, struct glance *items, size_t count,
                struct err *err)
{
    struct visits visits = {.items = arena_array_of(mem, count * CHECK_SERVERS_MAX, struct visit)};

    for (size_t i = 0; i < count; i++) {
        items[i].seen = items[i].servers;
        add_visits(mem, &visits, &items[i]);
    }
    if (!ask_all(worker, mem, &visits, err))
        return false;
    for (size_t i = 0; i < visits.count; i++)
        take(mem, &visits.items[i]);
    return true;
}

/* ---- which servers ---- */

static bool has_same_servers(const char *known, const json_t *servers)
{
    json_auto_t *had = json_loads(known, 0, NULL);
    const char *server;
    json_t *digest;

    if (!had || json_object_size(had) != json_object_size(servers))
        return false;
    json_object_foreach(had, server, digest) if (!json_object_get(servers, server)) return false;
    return true;
}

const char *glance_servers(struct arena *mem, const struct check_report *report, const char *known)
{
    json_auto_t *servers = json_object();
    char text[ADDRESS_TEXT_SIZE];

    for (size_t i = 0; i < report->server_count; i++)
        json_object_set_new(servers, address_text(&report->servers[i], text), json_string(""));
    if (report->server_count == 0)
        json_object_set_new(servers, RESOLVER, json_string(""));
    return has_same_servers(known, servers) ? known : dump(mem, servers);
}
