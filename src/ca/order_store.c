/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/order_store.h"

#define COLUMNS                                                                                    \
    "id, account_id, status, names, error, csr, serial, created_at, expires_at, profile, replaces"
#define TYPES "iittTBTiitT"

struct ca_ids ca_ids_read(struct arena *mem, const struct rows *rows)
{
    int64_t *items = arena_array_of(mem, rows->count + 1, int64_t);

    for (size_t i = 0; i < rows->count; i++)
        items[i] = row_i64(rows->row[i], 0);
    return (struct ca_ids){.items = items, .count = rows->count};
}

static bool read_row(struct arena *mem, const struct row *row, const struct ca_order **out,
                     struct err *err)
{
    struct ca_order *order;

    *out = NULL;
    if (!row)
        return true;
    order = arena_new_of(mem, struct ca_order);
    *order = (struct ca_order){
        .id = row_i64(row, 0),
        .account_id = row_i64(row, 1),
        .names = ca_names_split(mem, row_text(row, 3)),
        .error = row_text(row, 4),
        .csr = row_bytes(row, 5),
        .serial = row_text(row, 6),
        .created_at = row_i64(row, 7),
        .expires_at = row_i64(row, 8),
        .profile = row_text(row, 9),
        .replaces = row_text(row, 10),
    };
    if (!ca_status_read(row_text(row, 2), &order->status, err))
        return false;
    *out = order;
    return true;
}

static const struct query get = {
    .name = "ca_order.get",
    .sql = "SELECT " COLUMNS " FROM acme_order WHERE id = $1",
    .params = "i",
    .cols = TYPES,
};

bool ca_order_get(struct arena *mem, struct db *db, int64_t id, const struct ca_order **out,
                  struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QI(id)) && read_row(mem, row, out, err);
}

static const struct query find_open = {
    .name = "ca_order.find_open",
    .sql = "SELECT " COLUMNS " FROM acme_order WHERE account_id = $1 AND names = $2"
           " AND status IN ('pending', 'ready') AND expires_at > $3 AND profile = $4"
           " ORDER BY id DESC LIMIT 1",
    .params = "itit",
    .cols = TYPES,
};

bool ca_order_find_open(struct arena *mem, struct db *db, const struct ca_claim *claim,
                        const struct ca_order **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &find_open, &row, err, QI(claim->account_id),
                  QT(ca_names_text(mem, &claim->names)), QI(claim->at), QT(claim->profile)) &&
           read_row(mem, row, out, err);
}

static const struct query replacing = {
    .name = "ca_order.replacing",
    .sql = "SELECT id FROM acme_order WHERE replaces = $1 AND (status IN ('processing', 'valid')"
           " OR (status IN ('pending', 'ready') AND expires_at > $2)) LIMIT 1",
    .params = "ti",
    .cols = "i",
};

bool ca_order_is_replacing(struct arena *mem, struct db *db, const char *replaces, int64_t at,
                           bool *out, struct err *err)
{
    const struct row *row;

    if (!db_one(mem, db, &replacing, &row, err, QT(replaces), QI(at)))
        return false;
    *out = row != NULL;
    return true;
}

static const struct query add = {
    .name = "ca_order.add",
    .sql = "INSERT INTO acme_order (account_id, status, names, created_at, expires_at, profile,"
           " replaces) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
    .params = "ittiitT",
    .cols = "i",
};

bool ca_order_add(struct arena *mem, struct db *db, const struct ca_order *order, int64_t *id,
                  struct err *err)
{
    const struct row *row;

    if (!db_one(mem, db, &add, &row, err, QI(order->account_id), QT(ca_status_name(order->status)),
                QT(ca_names_text(mem, &order->names)), QI(order->created_at), QI(order->expires_at),
                QT(order->profile), QT(order->replaces)))
        return false;
    *id = row_i64(row, 0);
    return true;
}

static const struct query need = {
    .name = "ca_order.need",
    .sql = "INSERT INTO order_authorization (order_id, authorization_id) VALUES ($1, $2)",
    .params = "ii",
    .cols = "",
};

bool ca_order_need(struct db *db, int64_t id, int64_t authorization_id, struct err *err)
{
    return db_exec(db, &need, NULL, err, QI(id), QI(authorization_id));
}

static const struct query needs = {
    .name = "ca_order.needs",
    .sql = "SELECT authorization_id FROM order_authorization WHERE order_id = $1"
           " ORDER BY authorization_id",
    .params = "i",
    .cols = "i",
};

bool ca_order_needs(struct arena *mem, struct db *db, int64_t id, struct ca_ids *out,
                    struct err *err)
{
    struct rows rows;

    if (!db_each(mem, db, &needs, &rows, err, QI(id)))
        return false;
    *out = ca_ids_read(mem, &rows);
    return true;
}

static const struct query ready_by = {
    .name = "ca_order.ready_by",
    .sql = "UPDATE acme_order SET status = 'ready' WHERE status = 'pending' AND id IN"
           " (SELECT order_id FROM order_authorization WHERE authorization_id = $1)"
           " AND NOT EXISTS (SELECT 1 FROM order_authorization oa"
           " JOIN acme_authorization a ON a.id = oa.authorization_id"
           " WHERE oa.order_id = acme_order.id AND a.status <> 'valid')",
    .params = "i",
    .cols = "",
};

bool ca_order_ready_by(struct db *db, int64_t authorization_id, struct err *err)
{
    return db_exec(db, &ready_by, NULL, err, QI(authorization_id));
}

static const struct query invalid_by = {
    .name = "ca_order.invalid_by",
    .sql = "UPDATE acme_order SET status = 'invalid' WHERE status IN ('pending', 'ready')"
           " AND id IN (SELECT order_id FROM order_authorization WHERE authorization_id = $1)",
    .params = "i",
    .cols = "",
};

bool ca_order_invalid_by(struct db *db, int64_t authorization_id, struct err *err)
{
    return db_exec(db, &invalid_by, NULL, err, QI(authorization_id));
}

static const struct query finalize = {
    .name = "ca_order.finalize",
    .sql = "UPDATE acme_order SET status = 'processing', csr = $2 WHERE id = $1"
           " AND status = 'ready'",
    .params = "ib",
    .cols = "",
};

bool ca_order_finalize(struct db *db, int64_t id, struct slice csr, struct err *err)
{
    return db_exec_one(db, &finalize, err, QI(id), QB(csr));
}

static const struct query complete = {
    .name = "ca_order.complete",
    .sql = "UPDATE acme_order SET status = 'valid', serial = $2 WHERE id = $1"
           " AND status = 'processing'",
    .params = "it",
    .cols = "",
};

bool ca_order_complete(struct db *db, int64_t id, const char *serial, struct err *err)
{
    return db_exec_one(db, &complete, err, QI(id), QT(serial));
}

static const struct query fail = {
    .name = "ca_order.fail",
    .sql = "UPDATE acme_order SET status = 'invalid', error = $2 WHERE id = $1"
           " AND status = 'processing'",
    .params = "it",
    .cols = "",
};

bool ca_order_fail(struct db *db, int64_t id, const char *error, struct err *err)
{
    return db_exec_one(db, &fail, err, QI(id), QT(error));
}

static const struct query processing = {
    .name = "ca_order.processing",
    .sql = "SELECT id FROM acme_order WHERE status = 'processing' AND id > $1 ORDER BY id"
           " LIMIT $2",
    .params = "ii",
    .cols = "i",
};

bool ca_order_processing(struct arena *mem, struct db *db, int64_t after_id, struct ca_ids *out,
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
    "(SELECT id FROM acme_order WHERE status IN ('pending', 'ready', 'invalid')"                   \
    " AND expires_at < $1 AND id < (SELECT max(id) FROM acme_order) ORDER BY expires_at LIMIT $2)"

static const struct query tidy_needs = {
    .name = "ca_order.tidy_needs",
    .sql = "DELETE FROM order_authorization WHERE order_id IN " ENDED,
    .params = "ii",
    .cols = "",
};

static const struct query tidy = {
    .name = "ca_order.tidy",
    .sql = "DELETE FROM acme_order WHERE id IN " ENDED,
    .params = "ii",
    .cols = "",
};

bool ca_order_tidy(struct db *tx, int64_t before, int64_t limit, int64_t *count, struct err *err)
{
    return db_exec(tx, &tidy_needs, NULL, err, QI(before), QI(limit)) &&
           db_exec(tx, &tidy, count, err, QI(before), QI(limit));
}

static const struct query *const all[] = {
    &get,        &find_open, &replacing, &add,  &need,       &needs,      &ready_by,
    &invalid_by, &finalize,  &complete,  &fail, &processing, &tidy_needs, &tidy,
};
const struct query_list ca_order_queries = {"order_store.c", all, ARRAY_LEN(all)};
