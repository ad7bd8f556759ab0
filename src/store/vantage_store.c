/* SPDX-License-Identifier: Apache-2.0 */
#include "store/vantage_store.h"

#include "store/record.h"

static void read_record(struct reader *r, struct vantage_offer *out)
{
    out->edge_id = next_text(r);
    out->edge = next_text(r);
    out->region = next_text(r);
    out->addresses = next_list(r);
    out->offered_at = next_i64(r);
    out->silent_at = next_i64(r);
    out->asked = next_i64(r);
}

#define SELECT                                                                                     \
    "SELECT edge_id, name, region, addresses, offered_at, silent_at,"                              \
    " (SELECT COUNT(*) FROM vantage_answer"                                                        \
    "  WHERE vantage_answer.edge_id = vantage.edge_id AND asked_at >= $1)"                         \
    " FROM vantage JOIN edge ON edge.id = edge_id"

DEFINE_READ_ONE(vantage_offer)
DEFINE_READ_ALL(vantage_offer, vantage_offer_list)

static const struct query offer = {
    .name = "vantage.offer",
    .sql = "INSERT INTO vantage (edge_id, region, offered_at, silent_at) VALUES ($1, $2, $3, 0)"
           " ON CONFLICT (edge_id) DO UPDATE SET region = excluded.region,"
           " offered_at = excluded.offered_at",
    .params = "tti",
    .cols = "",
};

bool vantage_store_offer(struct db *db, const char *edge_id, const char *region, int64_t now,
                         struct err *err)
{
    return db_exec(db, &offer, NULL, err, QT(edge_id), QT(region), QI(now));
}

static const struct query list = {
    .name = "vantage.list",
    .sql = SELECT " WHERE grp = $2 AND offered_at >= $3 LIMIT 200",
    .params = "iti",
    .cols = "ttttiii",
};

bool vantage_store_list(struct arena *mem, struct db *db, const char *group,
                        struct vantage_since since, struct vantage_offer_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &list, &rows, err, QI(since.asked), QT(group), QI(since.offered)) &&
           read_all(mem, &rows, out, err);
}

static const struct query get = {
    .name = "vantage.get",
    .sql = SELECT " WHERE edge_id = $2",
    .params = "it",
    .cols = "ttttiii",
};

bool vantage_store_get(struct arena *mem, struct db *db, const char *edge_id, int64_t asked_since,
                       const struct vantage_offer **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QI(asked_since), QT(edge_id)) &&
           read_one(mem, row, out, err);
}

static const struct query silent = {
    .name = "vantage.silent",
    .sql = "UPDATE vantage SET silent_at = $2 WHERE edge_id = $1",
    .params = "ti",
    .cols = "",
};

bool vantage_store_silent(struct db *db, const char *edge_id, int64_t now, struct err *err)
{
    return db_exec(db, &silent, NULL, err, QT(edge_id), QI(now));
}

static const struct query *const all[] = {&offer, &list, &get, &silent};
const struct query_list vantage_queries = {"vantage_store.c", all, ARRAY_LEN(all)};
