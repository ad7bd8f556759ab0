/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/challenge_store.h"

#define COLUMNS "id, authorization_id, type, status, error, record, validated_at"
#define TYPES   "iittTTI"

static bool read_type(const char *text, enum ca_challenge_type *out, struct err *err)
{
    return ca_challenge_parse(text, out) ||
           err_set(err, ERR_STORE, "\"%s\" is no type of challenge", text);
}

static bool read_row(struct arena *mem, const struct row *row, const struct ca_challenge **out,
                     struct err *err)
{
    struct ca_challenge *challenge;

    *out = NULL;
    if (!row)
        return true;
    challenge = arena_new_of(mem, struct ca_challenge);
    *challenge = (struct ca_challenge){
        .id = row_i64(row, 0),
        .authorization_id = row_i64(row, 1),
        .error = row_text(row, 4),
        .record = row_text(row, 5),
        .validated_at = row_i64(row, 6),
    };
    if (!read_type(row_text(row, 2), &challenge->type, err))
        return err_wrap(err, "challenge %lld", (long long)challenge->id);
    if (!ca_status_read(row_text(row, 3), &challenge->status, err))
        return false;
    *out = challenge;
    return true;
}

static const struct query get = {
    .name = "ca_challenge.get",
    .sql = "SELECT " COLUMNS " FROM challenge WHERE id = $1",
    .params = "i",
    .cols = TYPES,
};

bool ca_challenge_get(struct arena *mem, struct db *db, int64_t id, const struct ca_challenge **out,
                      struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QI(id)) && read_row(mem, row, out, err);
}

static const struct query of = {
    .name = "ca_challenge.of",
    .sql = "SELECT " COLUMNS " FROM challenge WHERE authorization_id = $1",
    .params = "i",
    .cols = TYPES,
};

bool ca_challenge_of(struct arena *mem, struct db *db, int64_t authorization_id,
                     const struct ca_challenge **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &of, &row, err, QI(authorization_id)) && read_row(mem, row, out, err);
}

static const struct query old = {
    .name = "ca_challenge.old",
    .sql = "SELECT a.name, c.type FROM order_authorization n"
           " JOIN acme_authorization a ON a.id = n.authorization_id"
           " JOIN challenge c ON c.authorization_id = a.id"
           " WHERE n.order_id = $1 AND c.status = 'valid' AND c.validated_at < $2",
    .params = "ii",
    .cols = "tt",
};

bool ca_challenge_old(struct arena *mem, struct db *db, int64_t order_id, int64_t before,
                      struct ca_proved_list *out, struct err *err)
{
    struct ca_proved *list;
    struct rows rows;

    if (!db_each(mem, db, &old, &rows, err, QI(order_id), QI(before)))
        return false;
    list = arena_array_of(mem, rows.count + 1, struct ca_proved);
    for (size_t i = 0; i < rows.count; i++) {
        list[i].name = row_text(rows.row[i], 0);
        if (!read_type(row_text(rows.row[i], 1), &list[i].method, err))
            return err_wrap(err, "order %lld", (long long)order_id);
    }
    *out = (struct ca_proved_list){list, rows.count};
    return true;
}

static const struct query start = {
    .name = "ca_challenge.start",
    .sql = "INSERT INTO challenge (authorization_id, type, status) VALUES ($1, $2, 'processing')"
           " ON CONFLICT (authorization_id) DO NOTHING RETURNING id",
    .params = "it",
    .cols = "i",
};

bool ca_challenge_start(struct arena *mem, struct db *db, int64_t authorization_id,
                        enum ca_challenge_type type, int64_t *id, struct err *err)
{
    const struct row *row;

    if (!db_one(mem, db, &start, &row, err, QI(authorization_id), QT(ca_challenge_name(type))))
        return false;
    if (!row)
        return err_set(err, ERR_LOST_RACE,
                       "a challenge of authorization %lld has been taken up before",
                       (long long)authorization_id);
    *id = row_i64(row, 0);
    return true;
}

static const struct query finish = {
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

    return db_exec_one(db, &finish, err, QI(id), QT(ca_status_name(status)), QT(error), QT(record),
                       QI(at));
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

static const struct query *const all[] = {&get, &of, &old, &start, &finish, &processing};
const struct query_list ca_challenge_queries = {"challenge_store.c", all, ARRAY_LEN(all)};
