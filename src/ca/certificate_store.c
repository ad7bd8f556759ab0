/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/certificate_store.h"

#include "ca/crl_store.h"
#include "ca/reason.h"

static const struct query add_issuer = {
    .name = "ca_issuer.add",
    .sql = "INSERT INTO issuer (id, chain_pem, alternate_pem, created_at) VALUES ($1, $2, $3, $4)"
           " ON CONFLICT (id) DO NOTHING",
    .params = "ttTi",
    .cols = "",
};

bool ca_issuer_add(struct db *db, const struct ca_issuer *issuer, struct err *err)
{
    return db_exec(db, &add_issuer, NULL, err, QT(issuer->id), QT(issuer->chain_pem),
                   QT(issuer->alternate_pem), QI(issuer->created_at));
}

/* All that begin with it. */
static const struct query get_issuer = {
    .name = "ca_issuer.get",
    .sql = "SELECT id, chain_pem, alternate_pem, created_at FROM issuer"
           " WHERE id BETWEEN $1 AND $1 || 'g'",
    .params = "t",
    .cols = "ttTi",
};

bool ca_issuer_get(struct arena *mem, struct db *db, const char *id, struct ca_issuer *out,
                   struct err *err)
{
    const struct row *row;

    if (strlen(id) < CA_ISSUER_SHORT_LEN)
        return err_set(err, ERR_NOT_FOUND, "\"%s\" is not the id of an issuer", id);
    if (!db_one(mem, db, &get_issuer, &row, err, QT(id)))
        return false;
    if (!row)
        return err_set(err, ERR_NOT_FOUND, "issuer %s is not in the database", id);
    *out = (struct ca_issuer){
        .id = row_text(row, 0),
        .chain_pem = row_text(row, 1),
        .alternate_pem = row_text(row, 2),
        .created_at = row_i64(row, 3),
    };
    return true;
}

static const struct query add = {
    .name = "ca_issued.add",
    .sql = "INSERT INTO certificate (serial, order_id, account_id, issuer_id, names, der, key_hash,"
           " not_before, not_after, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    .params = "tiittbtiii",
    .cols = "",
};

bool ca_issued_add(struct arena *mem, struct db *db, const struct ca_issued *issued,
                   struct err *err)
{
    return db_exec(db, &add, NULL, err, QT(issued->serial), QI(issued->order_id),
                   QI(issued->account_id), QT(issued->issuer_id),
                   QT(ca_names_text(mem, &issued->names)), QB(issued->der), QT(issued->key_hash),
                   QI(issued->not_before), QI(issued->not_after), QI(issued->created_at));
}

static const struct query get = {
    .name = "ca_issued.get",
    .sql = "SELECT serial, order_id, account_id, issuer_id, names, der, key_hash, not_before,"
           " not_after, created_at, revoked_at, revocation_reason, renew_at FROM certificate"
           " WHERE serial = $1",
    .params = "t",
    .cols = "tiittbtiiiIII",
};

bool ca_issued_get(struct arena *mem, struct db *db, const char *serial,
                   const struct ca_issued **out, struct err *err)
{
    struct ca_issued *issued;
    const struct row *row;

    if (!db_one(mem, db, &get, &row, err, QT(serial)))
        return false;
    *out = NULL;
    if (!row)
        return true;
    issued = arena_new_of(mem, struct ca_issued);
    *issued = (struct ca_issued){
        .serial = row_text(row, 0),
        .order_id = row_i64(row, 1),
        .account_id = row_i64(row, 2),
        .issuer_id = row_text(row, 3),
        .names = ca_names_split(mem, row_text(row, 4)),
        .der = row_bytes(row, 5),
        .key_hash = row_text(row, 6),
        .not_before = row_i64(row, 7),
        .not_after = row_i64(row, 8),
        .created_at = row_i64(row, 9),
        .revoked_at = row_i64(row, 10),
        .revocation_reason = row_i64(row, 11),
        .renew_at = row_i64(row, 12),
    };
    *out = issued;
    return true;
}

static const struct query has = {
    .name = "ca_issued.has",
    .sql = "SELECT created_at FROM certificate WHERE names = $1 AND created_at > $2 LIMIT 1",
    .params = "ti",
    .cols = "i",
};

bool ca_issued_has(struct arena *mem, struct db *db, const struct ca_names *names, int64_t since,
                   bool *out, struct err *err)
{
    const struct row *row;

    if (!db_one(mem, db, &has, &row, err, QT(ca_names_text(mem, names)), QI(since)))
        return false;
    *out = row != NULL;
    return true;
}

static const struct query revoke = {
    .name = "ca_issued.revoke",
    .sql = "UPDATE certificate SET revoked_at = $2, revocation_reason = $3 WHERE serial = $1"
           " AND revoked_at IS NULL",
    .params = "tii",
    .cols = "",
};

bool ca_issued_revoke(struct db *db, const char *serial, int64_t reason, int64_t at,
                      struct err *err)
{
    return db_exec_one(db, &revoke, err, QT(serial), QI(at), QI(reason)) &&
           ca_crl_outdate(db, serial, err);
}

static const struct query revoke_all = {
    .name = "ca_issued.revoke_all",
    .sql = "UPDATE certificate SET revoked_at = $1, revocation_reason = $2 WHERE not_after > $1"
           " AND revoked_at IS NULL AND ($3 IS NULL OR account_id = $3)",
    .params = "iiI",
    .cols = "",
};

bool ca_issued_revoke_all(struct db *db, int64_t account_id, int64_t reason, int64_t at,
                          int64_t *count, struct err *err)
{
    return db_exec(db, &revoke_all, count, err, QI(at), QI(reason), QI0(account_id)) &&
           ca_crl_outdate_all(db, err);
}

static const struct query compromise = {
    .name = "ca_issued.compromise",
    .sql = "UPDATE certificate SET revoked_at = coalesce(revoked_at, $2), revocation_reason = $3"
           " WHERE serial = $1 AND revocation_reason IS NOT $3",
    .params = "tii",
    .cols = "",
};

bool ca_issued_compromise(struct db *db, const char *serial, int64_t at, struct err *err)
{
    return db_exec_one(db, &compromise, err, QT(serial), QI(at), QI(CA_REASON_KEY_COMPROMISE)) &&
           ca_crl_outdate(db, serial, err);
}

static const struct query revoke_key = {
    .name = "ca_issued.revoke_key",
    .sql = "UPDATE certificate SET revoked_at = $2, revocation_reason = $3 WHERE key_hash = $1"
           " AND revoked_at IS NULL AND not_after > $2",
    .params = "tii",
    .cols = "",
};

bool ca_issued_revoke_key(struct db *db, const char *key_hash, int64_t at, int64_t *count,
                          struct err *err)
{
    return db_exec(db, &revoke_key, count, err, QT(key_hash), QI(at),
                   QI(CA_REASON_KEY_COMPROMISE)) &&
           (*count == 0 || ca_crl_outdate_all(db, err));
}

static const struct query renew = {
    .name = "ca_issued.renew",
    .sql = "UPDATE certificate SET renew_at = $2 WHERE serial = $1",
    .params = "ti",
    .cols = "",
};

bool ca_issued_renew(struct db *db, const char *serial, int64_t at, struct err *err)
{
    return db_exec_one(db, &renew, err, QT(serial), QI(at));
}

static const struct query renew_all = {
    .name = "ca_issued.renew_all",
    .sql = "UPDATE certificate SET renew_at = $1 WHERE not_after > $1",
    .params = "i",
    .cols = "",
};

bool ca_issued_renew_all(struct db *db, int64_t at, int64_t *count, struct err *err)
{
    return db_exec(db, &renew_all, count, err, QI(at));
}

static const struct query *const all[] = {&add_issuer, &get_issuer, &add,        &get,
                                          &has,        &revoke,     &revoke_all, &compromise,
                                          &revoke_key, &renew,      &renew_all};
const struct query_list ca_issued_queries = {"certificate_store.c", all, ARRAY_LEN(all)};
