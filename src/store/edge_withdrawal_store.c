/* SPDX-License-Identifier: Apache-2.0 */
#include "store/edge_withdrawal_store.h"

#include "store/record.h"

static void read_record(struct reader *r, struct edge_withdrawal *out)
{
    out->domain_id = next_text(r);
    out->key = next_bytes(r);
    out->seq = next_i64(r);
}

DEFINE_READ_ALL(edge_withdrawal, edge_withdrawal_list)

static const struct query add = {
    .name = "edge_withdrawal.add",
    .sql = "INSERT INTO edge_withdrawal (domain_id, key) VALUES ($1, $2)"
           " ON CONFLICT (domain_id, key) DO UPDATE SET seq = NULL",
    .params = "tb",
    .cols = "",
};

bool edge_withdrawal_store_add(struct db *db, const char *domain_id, struct slice key,
                               struct err *err)
{
    return db_exec(db, &add, NULL, err, QT(domain_id), QB(key));
}

static const struct query list = {
    .name = "edge_withdrawal.list",
    .sql = "SELECT domain_id, key, seq FROM edge_withdrawal WHERE domain_id = $1"
           " ORDER BY seq NULLS FIRST, key LIMIT $2",
    .params = "ti",
    .cols = "tbI",
};

bool edge_withdrawal_store_list(struct arena *mem, struct db *db, const char *domain_id,
                                struct edge_withdrawal_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &list, &rows, err, QT(domain_id), QI(EDGE_WITHDRAWAL_BATCH)) &&
           read_all(mem, &rows, out, err);
}

static const struct query put_seq = {
    .name = "edge_withdrawal.put_seq",
    .sql = "UPDATE edge_withdrawal SET seq = $3 WHERE domain_id = $1 AND key = $2",
    .params = "tbi",
    .cols = "",
};

bool edge_withdrawal_store_put_seq(struct db *db, const struct edge_withdrawal *one, int64_t seq,
                                   struct err *err)
{
    return db_exec_one(db, &put_seq, err, QT(one->domain_id), QB(one->key), QI(seq));
}

static const struct query done = {
    .name = "edge_withdrawal.done",
    .sql = "DELETE FROM edge_withdrawal WHERE domain_id = $1 AND seq <= $2",
    .params = "ti",
    .cols = "",
};

bool edge_withdrawal_store_done(struct db *db, const char *domain_id, int64_t seq, struct err *err)
{
    return db_exec(db, &done, NULL, err, QT(domain_id), QI(seq));
}

static const struct query *const all[] = {&add, &list, &put_seq, &done};
const struct query_list edge_withdrawal_queries = {"edge_withdrawal_store.c", all, ARRAY_LEN(all)};
