/* SPDX-License-Identifier: Apache-2.0 */
#include "store/partner_share_store.h"

#include "store/record.h"

static const struct query get = {
    .name = "partner_share.get",
    .sql = "SELECT weight, waiting_max, orders_per_hour, checks_per_min, requests_per_min"
           " FROM partner_share WHERE partner_id = $1",
    .params = "t",
    .cols = "iiiii",
};

bool partner_share_store_get(struct arena *mem, struct db *db, const char *partner_id,
                             struct partner_share *out, struct err *err)
{
    const struct row *row;

    if (!db_one(mem, db, &get, &row, err, QT(partner_id)))
        return false;
    *out = (struct partner_share){.partner_id = partner_id,
                                  .weight = 1,
                                  .checks_per_min = PARTNER_CAP_CONFIGURED,
                                  .requests_per_min = PARTNER_CAP_CONFIGURED};
    if (row) {
        out->weight = row_i64(row, 0);
        out->waiting_max = row_i64(row, 1);
        out->orders_per_hour = row_i64(row, 2);
        out->checks_per_min = row_i64(row, 3);
        out->requests_per_min = row_i64(row, 4);
    }
    return true;
}

static const struct query put = {
    .name = "partner_share.put",
    .sql = "INSERT INTO partner_share (partner_id, weight, waiting_max, orders_per_hour,"
           " checks_per_min, requests_per_min)"
           " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (partner_id) DO UPDATE SET"
           " weight = excluded.weight, waiting_max = excluded.waiting_max,"
           " orders_per_hour = excluded.orders_per_hour,"
           " checks_per_min = excluded.checks_per_min,"
           " requests_per_min = excluded.requests_per_min",
    .params = "tiiiii",
    .cols = "",
};

bool partner_share_store_put(struct db *db, const struct partner_share *share, struct err *err)
{
    return db_exec(db, &put, NULL, err, QT(share->partner_id), QI(share->weight),
                   QI(share->waiting_max), QI(share->orders_per_hour), QI(share->checks_per_min),
                   QI(share->requests_per_min));
}

static const struct query waiting = {
    .name = "partner_share.waiting",
    .sql = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM cert_order"
           " WHERE partner_id = $1 AND state = 'placed' LIMIT $2) AS placed",
    .params = "ti",
    .cols = "i",
};

bool partner_share_store_waiting(struct db *db, const char *partner_id, int64_t most, int64_t *out,
                                 struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row;

    if (!db_one(mem, db, &waiting, &row, err, QT(partner_id), QI(most)))
        return false;
    *out = row_i64(row, 0);
    return true;
}

static const struct query *const all[] = {&get, &put, &waiting};
const struct query_list partner_share_queries = {"partner_share_store.c", all, ARRAY_LEN(all)};
