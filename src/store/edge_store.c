/* SPDX-License-Identifier: Apache-2.0 */
#include "store/edge_store.h"

#include "store/record.h"

#define COLUMNS                                                                                    \
    "id, name, edge.grp, addresses, http_port, https_port, is_in_rotation, ack_epoch, ack_seq,"    \
    " polled_at, acked_at, created_at, following_at, moved_at, standing, standing_at,"             \
    " rejoin_epoch, rejoin_seq, rejoined_at, tried_at, failed_tries, unanswered_at, try_text"
#define LETTERS "ttttiiiiiIIiIItiiiIIiITii"
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
    out->following_at = next_i64(r);
    out->moved_at = next_i64(r);
    next_enum(r, edge_standing_parse, "standing of an edge", &out->standing);
    out->standing_at = next_i64(r);
    out->rejoin.epoch = next_i64(r);
    out->rejoin.seq = next_i64(r);
    out->rejoined_at = next_i64(r);
    out->tried_at = next_i64(r);
    out->failed_tries = next_i64(r);
    out->unanswered_at = next_i64(r);
    out->try_text = next_text(r);
    out->head_epoch = next_i64(r);
    out->head_seq = next_i64(r);
}

DEFINE_READ_ONE(edge)
DEFINE_READ_ALL(edge, edge_list)

static const struct query put = {
    .name = "edge.put",
    .sql = "INSERT INTO edge (id, name, grp, addresses, http_port, https_port, is_in_rotation,"
           " ack_epoch, ack_seq, polled_at, acked_at, created_at, standing, standing_at)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $12)"
           " ON CONFLICT (name) DO UPDATE SET grp = excluded.grp, addresses = excluded.addresses,"
           " http_port = excluded.http_port, https_port = excluded.https_port",
    .params = "ttttiiiiiIIit",
    .cols = "",
};

bool edge_store_put(struct db *db, const struct edge *edge, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    return db_exec(db, &put, NULL, err, QT(edge->id), QT(edge->name), QT(edge->group),
                   QT(text_list_json(mem, edge->addresses)), QI(edge->http_port),
                   QI(edge->https_port), QI(edge->is_in_rotation), QI(edge->ack_epoch),
                   QI(edge->ack_seq), QI0(edge->polled_at), QI0(edge->acked_at),
                   QI(edge->created_at), QT(edge_standing_name(edge->standing)));
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

static const struct query ack = {
    .name = "edge.ack",
    .sql = "UPDATE edge SET ack_epoch = $2, ack_seq = $3, acked_at = $4, polled_at = $4,"
           " moved_at = CASE WHEN ack_epoch = $2 AND ack_seq = $3 THEN moved_at ELSE $4 END,"
           " following_at = CASE WHEN polled_at >= $5 THEN COALESCE(following_at, $4) ELSE $4 END"
           " WHERE id = $1",
    .params = "tiiii",
    .cols = "",
};

bool edge_store_ack(struct db *db, const char *id, int64_t epoch, int64_t seq, int64_t now,
                    struct err *err)
{
    return db_exec_one(db, &ack, err, QT(id), QI(epoch), QI(seq), QI(now),
                       QI(now - EDGE_FOLLOWING_MS));
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

static const struct query set_try = {
    .name = "edge.set_try",
    .sql = "UPDATE edge SET tried_at = $2, failed_tries = $3, unanswered_at = $4, try_text = $5"
           " WHERE id = $1",
    .params = "tiiIT",
    .cols = "",
};

bool edge_store_set_try(struct db *db, const struct edge *edge, struct err *err)
{
    return db_exec_one(db, &set_try, err, QT(edge->id), QI(edge->tried_at), QI(edge->failed_tries),
                       QI0(edge->unanswered_at), QT(edge->try_text));
}

/* `column` is no later than $2. */
#define NOT_LATER(column) #column " = CASE WHEN " #column " > $2 THEN $2 ELSE " #column " END"
#define POLLS             NOT_LATER(polled_at) ", " NOT_LATER(acked_at) ", " NOT_LATER(moved_at)
#define TRIES             NOT_LATER(tried_at) ", " NOT_LATER(unanswered_at)
#define STANDING          NOT_LATER(standing_at) ", " NOT_LATER(rejoined_at)

static const struct query clock_back = {
    .name = "edge.clock_back",
    .sql = "UPDATE edge SET " POLLS ", " TRIES ", " STANDING
           ", " NOT_LATER(following_at) " WHERE id = $1",
    .params = "ti",
    .cols = "",
};

bool edge_store_clock_back(struct db *db, const char *id, int64_t now, struct err *err)
{
    return db_exec_one(db, &clock_back, err, QT(id), QI(now));
}

static const struct query move = {
    .name = "edge.move",
    .sql = "UPDATE edge SET standing = $2, standing_at = $3, rejoin_epoch = $4, rejoin_seq = $5,"
           " rejoined_at = $6 WHERE id = $1 AND standing = $7",
    .params = "ttiiiIt",
    .cols = "",
};

bool edge_store_move(struct db *db, const struct edge *edge, enum edge_standing from,
                     struct err *err)
{
    return db_exec_one(db, &move, err, QT(edge->id), QT(edge_standing_name(edge->standing)),
                       QI(edge->standing_at), QI(edge->rejoin.epoch), QI(edge->rejoin.seq),
                       QI0(edge->rejoined_at), QT(edge_standing_name(from)));
}

/* The newest version of each record only, so that `seq` is the order of the last changes. */
static const struct query behind = {
    .name = "edge.behind",
    .sql = "SELECT (SELECT COUNT(*) FROM edge_record WHERE grp = $1 AND seq > $2),"
           " COALESCE((SELECT rev FROM edge_record WHERE grp = $1 AND seq > $2"
           " ORDER BY seq LIMIT 1), 0)",
    .params = "ti",
    .cols = "ii",
};

bool edge_store_behind(struct db *db, const struct edge *edge, struct edge_behind *out,
                       struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    bool is_same = edge->ack_epoch == edge->head_epoch;
    const struct row *row;

    *out = (struct edge_behind){0};
    if (edge->head_epoch == 0 || (is_same && edge->ack_seq >= edge->head_seq))
        return true;
    if (!db_one(mem, db, &behind, &row, err, QT(edge->group), QI(is_same ? edge->ack_seq : 0)))
        return false;
    *out = (struct edge_behind){.records = row_i64(row, 0), .since = row_i64(row, 1)};
    return true;
}

static const struct query *const all[] = {&put,          &get,     &find, &list,   &ack,
                                          &set_rotation, &set_try, &move, &behind, &clock_back};
const struct query_list edge_queries = {"edge_store.c", all, ARRAY_LEN(all)};
