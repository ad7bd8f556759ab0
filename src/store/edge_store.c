/* SPDX-License-Identifier: Apache-2.0 */
#include "store/edge_store.h"

#include "store/record.h"

#define COLUMNS                                                                                    \
    "id, name, edge.grp, addresses, http_port, https_port, is_in_rotation, ack_epoch, ack_seq,"    \
    " polled_at, acked_at, created_at"
#define LETTERS "ttttiiiiiIIiii"
#define SELECT                                                                                     \
    "SELECT " COLUMNS ", COALESCE(epoch, 0), COALESCE(seq, 0)"                                     \
    " FROM edge LEFT JOIN feed_head ON feed_head.grp = edge.grp"

static void read_record(struct reader *r, struct edge *out)
{
    out->id = next_text(r);
    out->name = next_text(r);
    out->group = next_text(r);
    out->addresses = next_list(r);
    out->http_port = next_i64(r);
    out->https_port = next_i64(r);
    out->is_in_rotation = next_bool(r);
    out->ack_epoch = next_i64(r);
    out->ack_seq = next_i64(r);
    out->polled_at = next_i64(r);
    out->acked_at = next_i64(r);
    out->created_at = next_i64(r);
    out->head_epoch = next_i64(r);
    out->head_seq = next_i64(r);
}

DEFINE_READ_ONE(edge)
DEFINE_READ_ALL(edge, edge_list)

static const struct query put = {
    .name = "edge.put",
    .sql = "INSERT INTO edge (id, name, grp, addresses, http_port, https_port, is_in_rotation,"
           " ack_epoch, ack_seq, polled_at, acked_at, created_at)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
           " ON CONFLICT (name) DO UPDATE SET grp = excluded.grp, addresses = excluded.addresses,"
           " http_port = excluded.http_port, https_port = excluded.https_port",
    .params = "ttttiiiiiIIi",
    .cols = "",
};

bool edge_store_put(struct db *db, const struct edge *edge, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    return db_exec(db, &put, NULL, err, QT(edge->id), QT(edge->name), QT(edge->group),
                   QT(text_list_json(mem, edge->addresses)), QI(edge->http_port),
                   QI(edge->https_port), QI(edge->is_in_rotation), QI(edge->ack_epoch),
                   QI(edge->ack_seq), QI0(edge->polled_at), QI0(edge->acked_at),
                   QI(edge->created_at));
}

static const struct query get = {
    .name = "edge.get",
    .sql = SELECT " WHERE id = $1",
    .params = "t",
    .cols = LETTERS,
};

bool edge_store_get(struct arena *mem, struct db *db, const char *id, const struct edge **out,
                    struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QT(id)) && read_one(mem, row, out, err);
}

static const struct query find = {
    .name = "edge.find",
    .sql = SELECT " WHERE name = $1",
    .params = "t",
    .cols = LETTERS,
};

bool edge_store_find(struct arena *mem, struct db *db, const char *name, const struct edge **out,
                     struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &find, &row, err, QT(name)) && read_one(mem, row, out, err);
}

static const struct query list = {
    .name = "edge.list",
    .sql = SELECT " WHERE $1 IS NULL OR edge.grp = $1 ORDER BY name",
    .params = "T",
    .cols = LETTERS,
};

bool edge_store_list(struct arena *mem, struct db *db, const char *group, struct edge_list *out,
                     struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &list, &rows, err, QT(group)) && read_all(mem, &rows, out, err);
}

static const struct query poll_one = {
    .name = "edge.poll",
    .sql = "UPDATE edge SET polled_at = $2 WHERE id = $1",
    .params = "ti",
    .cols = "",
};

bool edge_store_poll(struct db *db, const char *id, int64_t now, struct err *err)
{
    return db_exec_one(db, &poll_one, err, QT(id), QI(now));
}

static const struct query ack = {
    .name = "edge.ack",
    .sql = "UPDATE edge SET ack_epoch = $2, ack_seq = $3, acked_at = $4, polled_at = $4"
           " WHERE id = $1",
    .params = "tiii",
    .cols = "",
};

bool edge_store_ack(struct db *db, const char *id, int64_t epoch, int64_t seq, int64_t now,
                    struct err *err)
{
    return db_exec_one(db, &ack, err, QT(id), QI(epoch), QI(seq), QI(now));
}

static const struct query set_rotation = {
    .name = "edge.set_rotation",
    .sql = "UPDATE edge SET is_in_rotation = $2 WHERE id = $1",
    .params = "ti",
    .cols = "",
};

bool edge_store_set_rotation(struct db *db, const char *id, bool is_in_rotation, struct err *err)
{
    return db_exec_one(db, &set_rotation, err, QT(id), QI(is_in_rotation));
}

static const struct query *const all[] = {&put, &get, &find, &list, &poll_one, &ack, &set_rotation};
const struct query_list edge_queries = {"edge_store.c", all, ARRAY_LEN(all)};
