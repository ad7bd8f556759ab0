/* SPDX-License-Identifier: Apache-2.0 */
#include "store/certificate_end_store.h"

#include <assert.h>

#include "store/record.h"

static const struct query ask_revoked = {
    .name = "certificate_end.ask_revoked",
    .sql = "UPDATE certificate SET revoke_reason = $4"
           " WHERE id = $1 AND " SQL_SCOPE(2, 3) " AND revoked_at IS NULL",
    .params = "tTTt",
    .cols = "",
};

bool certificate_end_store_ask_revoked(struct db *db, const struct scope *scope, const char *id,
                                       const char *reason, struct err *err)
{
    return db_exec_one(db, &ask_revoked, err, QT(id), SCOPE_ARGS(scope), QT(reason));
}

static const struct query end = {
    .name = "certificate_end.set_ended",
    .sql = "UPDATE certificate SET state = 'revoked', ended_at = $2"
           " WHERE id = $1 AND state = 'live'",
    .params = "ti",
    .cols = "",
};

bool certificate_end_store_set_ended(struct db *db, const char *id, int64_t now, struct err *err)
{
    return db_exec_one(db, &end, err, QT(id), QI(now));
}

/* One that was cancelled, and that its CA has revoked then, ends with that. */
static const struct query taken_off_at = {
    .name = "certificate_end.taken_off_at",
    .sql = "SELECT CASE WHEN state = 'revoked' AND (revoked_at IS NULL OR ended_at < revoked_at)"
           " THEN ended_at ELSE 0 END FROM certificate WHERE domain_id = $1"
           " ORDER BY created_at DESC, id DESC LIMIT 1",
    .params = "t",
    .cols = "i",
};

bool certificate_end_store_taken_off_at(struct db *db, const char *domain_id, int64_t *out,
                                        struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row;

    if (!db_one(mem, db, &taken_off_at, &row, err, QT(domain_id)))
        return false;
    *out = row ? row_i64(row, 0) : 0;
    return true;
}

static const struct query set_revoked = {
    .name = "certificate_end.set_revoked",
    .sql = "UPDATE certificate SET state = 'revoked', revoked_at = COALESCE(revoked_at, $2),"
           " ended_at = COALESCE(ended_at, $2) WHERE id = $1",
    .params = "ti",
    .cols = "",
};

bool certificate_end_store_set_revoked(struct db *db, const char *id, int64_t now, struct err *err)
{
    return db_exec_one(db, &set_revoked, err, QT(id), QI(now));
}

static const struct query destroy_key = {
    .name = "certificate_end.destroy_key",
    .sql = "UPDATE certificate SET sealed_key = $2 WHERE id = $1",
    .params = "tb",
    .cols = "",
};

static const struct query destroy_issuance_key = {
    .name = "certificate_end.destroy_issuance_key",
    .sql = "UPDATE issuance SET sealed_key = NULL, version = version + 1"
           " WHERE id = (SELECT issuance_id FROM certificate WHERE id = $1)"
           " AND certificate_id = $1",
    .params = "t",
    .cols = "",
};

bool certificate_end_store_destroy_key(struct db *tx, const char *id, struct err *err)
{
    assert(db_is_tx(tx));
    return db_exec_one(tx, &destroy_key, err, QT(id), QB(SLICE_LIT(""))) &&
           db_exec(tx, &destroy_issuance_key, NULL, err, QT(id));
}

#define CANCEL                                                                                     \
    "UPDATE certificate SET sealed_key = $2,"                                                      \
    " state = CASE WHEN state IN ('issued', 'live') THEN 'cancelled' ELSE state END"

static const struct query cancel = {
    .name = "certificate_end.cancel",
    .sql = CANCEL " WHERE id = $1",
    .params = "tb",
    .cols = "",
};

bool certificate_end_store_cancel(struct db *db, const char *id, struct err *err)
{
    return db_exec(db, &cancel, NULL, err, QT(id), QB(SLICE_LIT("")));
}

static const struct query cancel_all = {
    .name = "certificate_end.cancel_all",
    .sql = CANCEL " WHERE domain_id = $1",
    .params = "tb",
    .cols = "",
};

bool certificate_end_store_cancel_all(struct db *db, const char *domain_id, struct err *err)
{
    return db_exec(db, &cancel_all, NULL, err, QT(domain_id), QB(SLICE_LIT("")));
}

static const struct query *const all[] = {&ask_revoked, &end,         &taken_off_at,
                                          &set_revoked, &destroy_key, &destroy_issuance_key,
                                          &cancel,      &cancel_all};
const struct query_list certificate_end_queries = {"certificate_end_store.c", all, ARRAY_LEN(all)};
