/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/authorization_store.h"

#define COLUMNS "id, account_id, name, status, created_at, expires_at, profile, token"
#define TYPES   "iittiitt"

static bool read_row(struct arena *mem, const struct row *row, const struct ca_authorization **out,
                     struct err *err)
{
    struct ca_authorization *authorization;

    *out = NULL;
    if (!row)
        return true;
    authorization = arena_new_of(mem, struct ca_authorization);
    *authorization = (struct ca_authorization){
        .id = row_i64(row, 0),
        .account_id = row_i64(row, 1),
        .name = row_text(row, 2),
        .created_at = row_i64(row, 4),
        .expires_at = row_i64(row, 5),
        .profile = row_text(row, 6),
        .token = row_text(row, 7),
    };
    if (!ca_status_read(row_text(row, 3), &authorization->status, err))
        return false;
    *out = authorization;
    return true;
}

static const struct query get = {
    .name = "ca_authorization.get",
    .sql = "SELECT " COLUMNS " FROM acme_authorization WHERE id = $1",
    .params = "i",
    .cols = TYPES,
};

bool ca_authorization_get(struct arena *mem, struct db *db, int64_t id,
                          const struct ca_authorization **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QI(id)) && read_row(mem, row, out, err);
}

static const struct query find_valid = {
    .name = "ca_authorization.find_valid",
    .sql = "SELECT " COLUMNS " FROM acme_authorization WHERE account_id = $1 AND name = $2"
           " AND status = 'valid' AND profile = $3 AND expires_at > $4"
           " ORDER BY expires_at DESC LIMIT 1",
    .params = "itti",
    .cols = TYPES,
};

bool ca_authorization_find_valid(struct arena *mem, struct db *db, const struct ca_claim *claim,
                                 const struct ca_authorization **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &find_valid, &row, err, QI(claim->account_id), QT(claim->names.items[0]),
                  QT(claim->profile), QI(claim->at)) &&
           read_row(mem, row, out, err);
}

static const struct query add = {
    .name = "ca_authorization.add",
    .sql = "INSERT INTO acme_authorization (account_id, name, status, created_at, expires_at,"
           " profile, token) VALUES ($1, $2, 'pending', $3, $4, $5, $6) RETURNING id",
    .params = "itiitt",
    .cols = "i",
};

bool ca_authorization_add(struct arena *mem, struct db *db,
                          const struct ca_authorization *authorization, int64_t *id,
                          struct err *err)
{
    const struct row *row;

    if (!db_one(mem, db, &add, &row, err, QI(authorization->account_id), QT(authorization->name),
                QI(authorization->created_at), QI(authorization->expires_at),
                QT(authorization->profile), QT(authorization->token)))
        return false;
    *id = row_i64(row, 0);
    return true;
}

static const struct query validate = {
    .name = "ca_authorization.validate",
    .sql = "UPDATE acme_authorization SET status = 'valid', expires_at = $2 WHERE id = $1"
           " AND status = 'pending'",
    .params = "ii",
    .cols = "",
};

bool ca_authorization_validate(struct db *db, int64_t id, int64_t expires_at, struct err *err)
{
    return db_exec_one(db, &validate, err, QI(id), QI(expires_at));
}

static const struct query invalidate = {
    .name = "ca_authorization.invalidate",
    .sql = "UPDATE acme_authorization SET status = 'invalid' WHERE id = $1 AND status = 'pending'",
    .params = "i",
    .cols = "",
};

bool ca_authorization_invalidate(struct db *db, int64_t id, struct err *err)
{
    return db_exec_one(db, &invalidate, err, QI(id));
}

static const struct query deactivate = {
    .name = "ca_authorization.deactivate",
    .sql = "UPDATE acme_authorization SET status = 'deactivated' WHERE id = $1"
           " AND status IN ('pending', 'valid')",
    .params = "i",
    .cols = "",
};

bool ca_authorization_deactivate(struct db *db, int64_t id, struct err *err)
{
    return db_exec_one(db, &deactivate, err, QI(id));
}

static const struct query has_valid = {
    .name = "ca_authorization.has_valid",
    .sql = "SELECT id FROM acme_authorization WHERE account_id = $1 AND name = $2"
           " AND status = 'valid' AND expires_at > $3 LIMIT 1",
    .params = "iti",
    .cols = "i",
};

bool ca_authorization_count_valid(struct arena *mem, struct db *db, const struct ca_claim *claim,
                                  size_t *out, struct err *err)
{
    size_t count = 0;

    for (size_t i = 0; i < claim->names.count; i++) {
        const struct row *row;

        if (!db_one(mem, db, &has_valid, &row, err, QI(claim->account_id),
                    QT(claim->names.items[i]), QI(claim->at)))
            return false;
        count += row != NULL;
    }
    *out = count;
    return true;
}

/* The newest stays: its id is what the next one is counted from. */
#define ENDED                                                                                      \
    "(SELECT id FROM acme_authorization WHERE expires_at < $1"                                     \
    " AND id < (SELECT max(id) FROM acme_authorization) ORDER BY expires_at LIMIT $2)"

static const struct query tidy_challenges = {
    .name = "ca_authorization.tidy_challenges",
    .sql = "DELETE FROM challenge WHERE authorization_id IN " ENDED,
    .params = "ii",
    .cols = "",
};

static const struct query tidy_needs = {
    .name = "ca_authorization.tidy_needs",
    .sql = "DELETE FROM order_authorization WHERE authorization_id IN " ENDED,
    .params = "ii",
    .cols = "",
};

static const struct query tidy = {
    .name = "ca_authorization.tidy",
    .sql = "DELETE FROM acme_authorization WHERE id IN " ENDED,
    .params = "ii",
    .cols = "",
};

bool ca_authorization_tidy(struct db *tx, int64_t before, int64_t limit, int64_t *count,
                           struct err *err)
{
    return db_exec(tx, &tidy_challenges, NULL, err, QI(before), QI(limit)) &&
           db_exec(tx, &tidy_needs, NULL, err, QI(before), QI(limit)) &&
           db_exec(tx, &tidy, count, err, QI(before), QI(limit));
}

static const struct query *const all[] = {
    &get,       &find_valid,      &add,        &validate, &invalidate, &deactivate,
    &has_valid, &tidy_challenges, &tidy_needs, &tidy,
};
const struct query_list ca_authorization_queries = {"authorization_store.c", all, ARRAY_LEN(all)};
