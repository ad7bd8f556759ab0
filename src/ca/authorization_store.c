/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/authorization_store.h"

#define CHALLENGE_COLUMNS "id, authorization_id, type, token, status, error, record, validated_at"
#define CHALLENGE_TYPES   "iitttTTI"

#define COLUMNS "id, account_id, name, status, created_at, expires_at, profile"
#define TYPES   "iittiit"

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
           " profile) VALUES ($1, $2, 'pending', $3, $4, $5) RETURNING id",
    .params = "itiit",
    .cols = "i",
};

bool ca_authorization_add(struct arena *mem, struct db *db,
                          const struct ca_authorization *authorization, int64_t *id,
                          struct err *err)
{
    const struct row *row;

    if (!db_one(mem, db, &add, &row, err, QI(authorization->account_id), QT(authorization->name),
                QI(authorization->created_at), QI(authorization->expires_at),
                QT(authorization->profile)))
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

static bool read_challenge(const struct row *row, struct ca_challenge *out, struct err *err)
{
    *out = (struct ca_challenge){
        .id = row_i64(row, 0),
        .authorization_id = row_i64(row, 1),
        .type = row_text(row, 2),
        .token = row_text(row, 3),
        .error = row_text(row, 5),
        .record = row_text(row, 6),
        .validated_at = row_i64(row, 7),
    };
    return ca_status_read(row_text(row, 4), &out->status, err);
}

static const struct query get_challenge = {
    .name = "ca_challenge.get",
    .sql = "SELECT " CHALLENGE_COLUMNS " FROM challenge WHERE id = $1",
    .params = "i",
    .cols = CHALLENGE_TYPES,
};

bool ca_challenge_get(struct arena *mem, struct db *db, int64_t id, const struct ca_challenge **out,
                      struct err *err)
{
    struct ca_challenge *challenge = arena_new_of(mem, struct ca_challenge);
    const struct row *row;

    if (!db_one(mem, db, &get_challenge, &row, err, QI(id)))
        return false;
    if (row && !read_challenge(row, challenge, err))
        return false;
    *out = row ? challenge : NULL;
    return true;
}

static const struct query list_challenges = {
    .name = "ca_challenge.list",
    .sql = "SELECT " CHALLENGE_COLUMNS " FROM challenge WHERE authorization_id = $1 ORDER BY id",
    .params = "i",
    .cols = CHALLENGE_TYPES,
};

bool ca_challenge_list(struct arena *mem, struct db *db, int64_t authorization_id,
                       struct ca_challenges *out, struct err *err)
{
    struct ca_challenge *items;
    struct rows rows;

    if (!db_each(mem, db, &list_challenges, &rows, err, QI(authorization_id)))
        return false;
    items = arena_array_of(mem, rows.count + 1, struct ca_challenge);
    for (size_t i = 0; i < rows.count; i++) {
        if (!read_challenge(rows.row[i], &items[i], err))
            return false;
    }
    *out = (struct ca_challenges){.items = items, .count = rows.count};
    return true;
}

static const struct query add_challenge = {
    .name = "ca_challenge.add",
    .sql = "INSERT INTO challenge (authorization_id, type, token, status)"
           " VALUES ($1, $2, $3, 'pending')",
    .params = "itt",
    .cols = "",
};

bool ca_challenge_add(struct db *db, int64_t authorization_id, const char *type, const char *token,
                      struct err *err)
{
    return db_exec(db, &add_challenge, NULL, err, QI(authorization_id), QT(type), QT(token));
}

static const struct query start_challenge = {
    .name = "ca_challenge.start",
    .sql = "UPDATE challenge SET status = 'processing' WHERE id = $1 AND status = 'pending'",
    .params = "i",
    .cols = "",
};

bool ca_challenge_start(struct db *db, int64_t id, struct err *err)
{
    return db_exec_one(db, &start_challenge, err, QI(id));
}

static const struct query finish_challenge = {
    .name = "ca_challenge.finish",
    .sql = "UPDATE challenge SET status = $2, error = $3, record = $4, validated_at = $5"
           " WHERE id = $1 AND status = 'processing'",
    .params = "itTTi",
    .cols = "",
};

bool ca_challenge_finish(struct db *db, int64_t id, const char *error, const char *record,
                         int64_t at, struct err *err)
{
    enum ca_status status = error ? CA_STATUS_INVALID : CA_STATUS_VALID;

    return db_exec_one(db, &finish_challenge, err, QI(id), QT(ca_status_name(status)), QT(error),
                       QT(record), QI(at));
}

static const struct query processing = {
    .name = "ca_challenge.processing",
    .sql = "SELECT id FROM challenge WHERE status = 'processing' AND id > $1 ORDER BY id LIMIT $2",
    .params = "ii",
    .cols = "i",
};

bool ca_challenge_processing(struct arena *mem, struct db *db, int64_t after_id, struct ca_ids *out,
                             struct err *err)
{
    struct rows rows;

    if (!db_each(mem, db, &processing, &rows, err, QI(after_id), QI(CA_ORDER_PAGE)))
        return false;
    *out = ca_ids_read(mem, &rows);
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
    &get,           &find_valid,      &add,
    &validate,      &invalidate,      &deactivate,
    &has_valid,     &get_challenge,   &list_challenges,
    &add_challenge, &start_challenge, &finish_challenge,
    &processing,    &tidy_challenges, &tidy_needs,
    &tidy,
};
const struct query_list ca_authorization_queries = {"authorization_store.c", all, ARRAY_LEN(all)};
