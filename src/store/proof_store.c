/* SPDX-License-Identifier: Apache-2.0 */
#include "store/proof_store.h"

#include "store/record.h"

#define COLUMNS "issuance_id, edge_id, name, address, serial, is_ok, at, detail"
#define LETTERS "ttttTiiT"

static void read_record(struct reader *r, struct edge_proof *out)
{
    out->issuance_id = next_text(r);
    out->edge_id = next_text(r);
    out->name = next_text(r);
    out->address = next_text(r);
    out->serial = next_text(r);
    out->is_ok = next_bool(r);
    out->at = next_i64(r);
    out->detail = next_text(r);
}

DEFINE_READ_ALL(edge_proof, edge_proof_list)

static const struct query put = {
    .name = "proof.put",
    .sql = "INSERT INTO edge_proof (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
           " ON CONFLICT (issuance_id, edge_id, name, address) DO UPDATE SET"
           " serial = excluded.serial, is_ok = excluded.is_ok, at = excluded.at,"
           " detail = excluded.detail",
    .params = LETTERS,
    .cols = "",
};

bool proof_store_put(struct db *db, const struct edge_proof *proof, struct err *err)
{
    return db_exec(db, &put, NULL, err, QT(proof->issuance_id), QT(proof->edge_id), QT(proof->name),
                   QT(proof->address), QT(proof->serial), QI(proof->is_ok), QI(proof->at),
                   QT(proof->detail));
}

static const struct query list = {
    .name = "proof.list",
    .sql = "SELECT " COLUMNS " FROM edge_proof WHERE issuance_id = $1"
           " AND EXISTS (SELECT 1 FROM issuance WHERE id = $1 AND " SQL_SCOPE(
               2, 3) ")"
                     " ORDER BY edge_id, name, address",
    .params = "tTT",
    .cols = LETTERS,
};

bool proof_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                      const char *issuance_id, struct edge_proof_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &list, &rows, err, QT(issuance_id), SCOPE_ARGS(scope)) &&
           read_all(mem, &rows, out, err);
}

static const struct query forget = {
    .name = "proof.forget",
    .sql = "DELETE FROM edge_proof WHERE issuance_id = $1 AND edge_id = $2 AND at < $3",
    .params = "tti",
    .cols = "",
};

bool proof_store_forget(struct db *db, const char *issuance_id, const char *edge_id, int64_t at,
                        struct err *err)
{
    return db_exec(db, &forget, NULL, err, QT(issuance_id), QT(edge_id), QI(at));
}

static const struct query *const all[] = {&put, &list, &forget};
const struct query_list proof_queries = {"proof_store.c", all, ARRAY_LEN(all)};
