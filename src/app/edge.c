/* SPDX-License-Identifier: Apache-2.0 */
#include "app/edge.h"

#include "app/restore.h"
#include "base/clock.h"
#include "base/id.h"
#include "net/address.h"
#include "store/issuance_store.h"
#include "store/job_store.h"

#define EDGE_NAME_MAX 63

static bool check_name(const char *field, const char *name, struct err *err)
{
    size_t len = name ? strlen(name) : 0;

    if (len == 0 || len > EDGE_NAME_MAX ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != len)
        return err_field(err, field, "%s \"%.80s\" must be 1 to %d of a-z, 0-9 and -", field,
                         name ? name : "", EDGE_NAME_MAX);
    return true;
}

static bool check_addresses(struct config_list addresses, const char *name, struct err *err)
{
    struct address ignored;

    if (addresses.count == 0)
        return err_field(err, "addresses", "addresses is empty: where is edge %s reached", name);
    for (size_t i = 0; i < addresses.count; i++)
        if (!address_parse(addresses.items[i], &ignored, err))
            return err_field(err, "addresses", "\"%.60s\" is not an IP address",
                             addresses.items[i]);
    return true;
}

static bool enrol(const struct app *app, const struct caller *caller, struct arena *mem,
                  const struct edge *wanted, struct token_created *out, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct app inside = *app;
    struct token_created made;
    const struct edge *edge;

    if (!db_tx_begin(app->db, &tx, err) || !edge_store_put(tx, wanted, err) ||
        !edge_store_find(mem, tx, wanted->name, &edge, err) ||
        !token_store_revoke_edge(tx, edge->id, clock_now(), err))
        return false;
    inside.db = tx;
    if (!app_token_create(&inside, caller, mem,
                          &(struct token_input){.name = edge->name, .edge_id = edge->id}, &made,
                          err) ||
        !db_tx_commit(&tx, err))
        return false;
    *out = made;
    return true;
}

bool app_edge_enrol(const struct app *app, const struct caller *caller, struct arena *mem,
                    const struct edge_input *in, struct token_created *out, struct err *err)
{
    const struct edge wanted = {
        .id = id_new(mem, ID_EDGE),
        .name = in->name,
        .group = in->group ? in->group : "default",
        .addresses = {.items = in->addresses.items, .count = in->addresses.count},
        .http_port = in->http_port,
        .https_port = in->https_port,
        .is_in_rotation = true,
        .created_at = clock_now(),
    };

    if (!app_need_operator(caller, "enrol an edge", err) || !check_name("name", in->name, err) ||
        !check_name("group", wanted.group, err) || !check_addresses(in->addresses, in->name, err))
        return false;
    return enrol(app, caller, mem, &wanted, out, err);
}

bool app_edge_set_rotation(const struct app *app, const struct caller *caller, struct arena *mem,
                           const char *edge_id, bool is_in_rotation, const struct edge **out,
                           struct err *err)
{
    const struct edge *edge;

    if (!app_need_operator(caller, "take an edge into or out of rotation", err) ||
        !edge_store_get(mem, app->db, edge_id, &edge, err))
        return false;
    if (!edge)
        return err_set(err, ERR_NOT_FOUND, "there is no edge %.40s", edge_id);
    return edge_store_set_rotation(app->db, edge_id, is_in_rotation, err) &&
           edge_store_get(mem, app->db, edge_id, out, err);
}

/* The states in which an issuance waits for the edges. */
static const enum issuance_state waiting_states[] = {ISSUANCE_PUBLISHING, ISSUANCE_DEPLOYING};

/* What the edges of a group have. */
struct progress {
    struct edge_seen *edges;
    size_t count;
    int64_t epoch;
};

static bool read_progress(struct arena *mem, struct db *tx, const char *group, struct progress *out,
                          struct err *err)
{
    struct edge_list edges;

    if (!edge_store_list(mem, tx, group, &edges, err))
        return false;
    *out = (struct progress){.edges = arena_array_of(mem, edges.count, struct edge_seen),
                             .count = edges.count,
                             .epoch = edges.count ? edges.items[0].head_epoch : 0};
    for (size_t i = 0; i < edges.count; i++)
        out->edges[i] = edge_seen_of(&edges.items[i]);
    return true;
}

static bool have(const struct progress *progress, int64_t seq, int64_t now)
{
    return edge_wait_for(progress->edges, progress->count, progress->epoch, seq, now, now).is_over;
}

/* What the acknowledgements changed. */
struct advance {
    struct progress before, after;
    int64_t now;
};

static bool wake_waiting(struct arena *mem, struct db *tx, const struct advance *advance,
                         enum issuance_state state, struct err *err)
{
    const struct scope all = scope_platform();
    struct issuance_filter filter = {.page = {.limit = PAGE_LIMIT_MAX}, .state = &state};
    struct issuance_list list;

    do {
        if (!issuance_store_list(mem, tx, &all, &filter, &list, err))
            return false;
        for (size_t i = 0; i < list.count; i++) {
            const struct issuance *issuance = &list.items[i];

            filter.page.after = issuance->id;
            if (have(&advance->before, issuance->wait_seq, advance->now) ||
                !have(&advance->after, issuance->wait_seq, advance->now))
                continue;
            if (!job_store_wake(tx, issuance->id, advance->now, NULL, err))
                return false;
        }
    } while (list.has_more);
    return true;
}

static bool store_acks(struct db *tx, const struct edge_ack *acks, size_t count, int64_t now,
                       struct err *err)
{
    for (size_t i = 0; i < count; i++)
        if (!edge_store_ack(tx, acks[i].edge_id, acks[i].epoch, acks[i].seq, now, err) &&
            err->code != ERR_LOST_RACE)
            return false;
    return true;
}

bool app_edge_acks(const struct app *app, struct arena *mem, const char *group,
                   const struct edge_ack *acks, size_t count, int64_t now, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct advance advance = {.now = now};

    if (!db_tx_begin(app->db, &tx, err) || !read_progress(mem, tx, group, &advance.before, err) ||
        !app_restore_note(mem, tx, group, acks, count, err) ||
        !store_acks(tx, acks, count, now, err) ||
        !read_progress(mem, tx, group, &advance.after, err))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(waiting_states); i++)
        if (!wake_waiting(mem, tx, &advance, waiting_states[i], err))
            return false;
    return db_tx_commit(&tx, err);
}
