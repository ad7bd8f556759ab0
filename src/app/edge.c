/* SPDX-License-Identifier: Apache-2.0 */
#include "app/edge.h"

#include "app/edge_progress.h"
#include "app/restore.h"
#include "base/clock.h"
#include "base/id.h"
#include "net/address.h"

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
        !edge_look_soon(tx, edge->group, clock_now(), err) || !db_tx_commit(&tx, err))
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
        .standing = STANDING_CATCHING_UP,
        .created_at = clock_now(),
    };

    if (!app_need_operator(caller, "enrol an edge", err) || !check_name("name", in->name, err) ||
        !check_name("group", wanted.group, err) || !check_addresses(in->addresses, in->name, err))
        return false;
    return enrol(app, caller, mem, &wanted, out, err);
}

bool app_edge_set_rotation(const struct app *app, const struct caller *caller, struct arena *mem,
                           const struct edge_rotation *in, const struct edge **out, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct edge *edge;

    if (!app_need_operator(caller, "take an edge into or out of rotation", err) ||
        !db_tx_begin(app->db, &tx, err) || !edge_store_get(mem, tx, in->edge_id, &edge, err))
        return false;
    if (!edge)
        return err_set(err, ERR_NOT_FOUND, "there is no edge %.40s", in->edge_id);
    return edge_store_set_rotation(tx, edge->id, in->is_in_rotation, err) &&
           edge_look_soon(tx, edge->group, clock_now(), err) &&
           edge_store_get(mem, tx, edge->id, out, err) && db_tx_commit(&tx, err);
}

static bool store_acks(struct db *tx, const struct edge_acks *acks, int64_t now, struct err *err)
{
    for (size_t i = 0; i < acks->count; i++) {
        const struct edge_ack *ack = &acks->items[i];

        if (!edge_store_ack(tx, ack->edge_id, ack->epoch, ack->seq, now, err) &&
            err->code != ERR_LOST_RACE)
            return false;
    }
    return true;
}

/* Whether one of these edges is to be looked at now: it is back, or may have caught up. */
static bool is_look_due(const struct edge_list *edges, const struct edge_acks *acks)
{
    for (size_t i = 0; i < edges->count; i++) {
        const struct edge *edge = &edges->items[i];
        bool is_waiting = edge->is_in_rotation && edge->standing != STANDING_COUNTED;

        for (size_t k = 0; is_waiting && k < acks->count; k++)
            if (strcmp(edge->id, acks->items[k].edge_id) == 0)
                return true;
    }
    return false;
}

bool app_edge_acks(const struct app *app, struct arena *mem, const struct edge_acks *acks,
                   int64_t now, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct edge_list before, after;

    if (!db_tx_begin(app->db, &tx, err) || !edge_store_list(mem, tx, acks->group, &before, err) ||
        !app_restore_note(mem, tx, acks, err) || !store_acks(tx, acks, now, err) ||
        !edge_store_list(mem, tx, acks->group, &after, err) ||
        !edge_progress_wake(mem, tx, &before, &after, now, err))
        return false;
    if (is_look_due(&after, acks) && !edge_look_soon(tx, acks->group, now, err))
        return false;
    return db_tx_commit(&tx, err);
}
