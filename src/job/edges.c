/* SPDX-License-Identifier: Apache-2.0 */
#include "job/edges.h"

#include "app/edge_look.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/http_client.h"

#define TRY_PATH "/.well-known/host-check/edge"

bool edges_list(const struct worker *worker, struct arena *mem, struct edge_list *out,
                struct err *err)
{
    return edge_store_list(mem, worker->app->db, worker->feed.group, out, err);
}

bool edges_have(const struct worker *worker, struct arena *mem, int64_t seq, int64_t since,
                struct edge_wait *out, struct err *err)
{
    struct edge_place place = {.seq = seq};
    struct edge_list edges;
    struct edge_seen *seen;

    if (!edges_list(worker, mem, &edges, err))
        return false;
    seen = arena_array_of(mem, edges.count, struct edge_seen);
    for (size_t i = 0; i < edges.count; i++) {
        seen[i] = edge_seen_of(&edges.items[i]);
        place.epoch = edges.items[i].head_epoch;
    }
    *out = edge_wait_for(seen, edges.count, place, since, clock_now());
    return true;
}

bool edges_are_sound(const struct worker *worker, struct arena *mem, bool *out, struct err *err)
{
    struct edge_list edges;

    if (!edges_list(worker, mem, &edges, err))
        return false;
    *out = true;
    for (size_t i = 0; i < edges.count; i++) {
        const struct edge_seen seen = edge_seen_of(&edges.items[i]);

        *out = *out && (!seen.is_in_rotation || edge_is_sound(&seen, clock_now()));
    }
    return true;
}

bool edges_place(const struct edge *edge, const char *address, int64_t port,
                 struct net_allowed *out, struct err *err)
{
    struct address parsed;

    if (!address_parse(address, &parsed, err))
        return err_wrap(err, "address of edge %s", edge->name);
    *out = (struct net_allowed){.prefix = {.address = parsed, .bits = parsed.is_v6 ? 128 : 32},
                                .port = (uint16_t)port};
    return true;
}

/* One request to each address of each edge that is tried, all at the same time. */
struct tries {
    struct http_exchange *exchanges;
    struct net_allowed *allowed;
    size_t count;
    struct edge_try *edges;
    size_t edge_count;
};

static bool add_edge(struct arena *mem, const struct edge *edge, struct tries *out, struct err *err)
{
    for (size_t i = 0; i < edge->addresses.count; i++) {
        struct net_allowed *place = &out->allowed[out->count];
        char text[ADDRESS_PLACE_SIZE];

        if (!edges_place(edge, edge->addresses.items[i], edge->http_port, place, err))
            return false;
        address_place(&place->prefix.address, place->port, text);
        out->exchanges[out->count++] =
            (struct http_exchange){.request = {.url = arena_printf(mem, "http://%s" TRY_PATH, text),
                                               .addresses = &place->prefix.address,
                                               .address_count = 1,
                                               .is_fresh = true,
                                               .connect_ms = EDGES_TRY_MS,
                                               .total_ms = EDGES_TRY_MS}};
    }
    out->edges[out->edge_count++] = (struct edge_try){.edge = edge};
    return true;
}

/* An edge that is gone would count as one that follows until the clock has come as far again. */
static bool follow_clock(const struct worker *worker, struct arena *mem, struct err *err)
{
    struct edge_list edges;

    if (!edges_list(worker, mem, &edges, err))
        return false;
    for (size_t i = 0; i < edges.count; i++) {
        const struct edge_seen seen = edge_seen_of(&edges.items[i]);

        if (edge_is_ahead(&seen, clock_now()) &&
            !edge_store_clock_back(worker->app->db, edges.items[i].id, clock_now(), err) &&
            err->code != ERR_LOST_RACE)
            return false;
    }
    return true;
}

static bool choose(const struct worker *worker, struct arena *mem, struct tries *out,
                   struct err *err)
{
    struct edge_list edges;
    size_t places = 0;

    if (!edges_list(worker, mem, &edges, err))
        return false;
    for (size_t i = 0; i < edges.count; i++)
        places += edges.items[i].addresses.count;
    *out = (struct tries){.exchanges = arena_array_of(mem, places, struct http_exchange),
                          .allowed = arena_array_of(mem, places, struct net_allowed),
                          .edges = arena_array_of(mem, edges.count, struct edge_try)};
    for (size_t i = 0; i < edges.count; i++) {
        const struct edge_seen seen = edge_seen_of(&edges.items[i]);

        if (edge_should_try(&seen, clock_now()) && !add_edge(mem, &edges.items[i], out, err))
            return false;
    }
    return true;
}

/* An edge answers when one of its addresses does. Of the others the first is told of. */
static void judge(struct arena *mem, struct tries *tries)
{
    const struct http_exchange *next = tries->exchanges;

    for (size_t i = 0; i < tries->edge_count; i++) {
        struct edge_try *one = &tries->edges[i];
        const struct http_exchange *failed = NULL, *end = next + one->edge->addresses.count;

        for (; next < end; next++) {
            one->is_answered = one->is_answered || next->is_ok;
            if (!next->is_ok && !failed)
                failed = next;
        }
        one->text = failed ? arena_strdup(mem, failed->err.text) : "it answers";
    }
}

static bool try_all(struct arena *mem, struct tries *tries, struct err *err)
{
    AUTO(http_client_freep) struct http_client *client = NULL;
    const struct net_policy policy = {
        .public_reach = NET_PUBLIC_NONE, .allowed = tries->allowed, .allowed_count = tries->count};
    const struct http_client_options options = {.policy = &policy};

    if (tries->count == 0)
        return true;
    if (!http_client_new(&options, &client, err))
        return false;
    http_do_all(mem, client, tries->exchanges, tries->count);
    judge(mem, tries);
    return true;
}

/* An alarm is a warning when it begins and when it ends. */
static void log_changes(const struct edge_changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        const struct edge_change *change = &changes->items[i];
        const struct log_field fields[] = {
            KS("edge", change->edge->name), KS("was", edge_standing_name(change->step->from)),
            KS("is", edge_standing_name(change->step->to)), KS("text", change->text)};

        log_write(change->step->alarm == EDGE_ALARM_NONE ? LOG_INFO : LOG_WARN, "edge.standing",
                  fields, ARRAY_LEN(fields));
    }
}

bool job_edges(void *arg, struct arena *mem, const struct job *job, struct job_result *out,
               struct err *err)
{
    const struct worker *worker = arg;
    struct edge_changes changes;
    struct edge_tries seen;
    struct tries tries;

    if (!follow_clock(worker, mem, err) || !choose(worker, mem, &tries, err) ||
        !try_all(mem, &tries, err))
        return false;
    seen = (struct edge_tries){tries.edges, tries.edge_count};
    if (!app_edge_look(worker->app, mem, job->subject_id, &seen, &changes, err))
        return false;
    log_changes(&changes);
    out->run_at = changes.look_again_at;
    return true;
}
