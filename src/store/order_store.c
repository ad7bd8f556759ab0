/* SPDX-License-Identifier: Apache-2.0 */
#include "store/order_store.h"

#include "store/record.h"

#define COLUMNS                                                                                    \
    "id, partner_id, account_id, domain_id, subscription_id, state, ca, country,"                  \
    " state_or_province, city, is_auto_renew, created_at, placed_at, fulfilled_at, cancelled_at"
#define LETTERS "ttttTttTTTiiIII"
#define SELECT  "SELECT " COLUMNS " FROM cert_order"

static void read_record(struct reader *r, struct cert_order *out)
{
    out->id = next_text(r);
    out->partner_id = next_text(r);
    out->account_id = next_text(r);
    out->domain_id = next_text(r);
    out->subscription_id = next_text(r);
    next_enum(r, order_state_parse, "state of an order", &out->state);
    out->ca = next_text(r);
    out->country = next_text(r);
    out->state_or_province = next_text(r);
    out->city = next_text(r);
    out->is_auto_renew = next_bool(r);
    out->created_at = next_i64(r);
    out->placed_at = next_i64(r);
    out->fulfilled_at = next_i64(r);
    out->cancelled_at = next_i64(r);
}

DEFINE_READ_ONE(cert_order)
DEFINE_READ_PAGE(cert_order, order_list)

static const struct query add = {
    .name = "order.add",
    .sql = "INSERT INTO cert_order (" COLUMNS ")"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    .params = LETTERS,
    .cols = "",
};

bool order_store_add(struct db *db, const struct cert_order *order, struct err *err)
{
    return db_exec(db, &add, NULL, err, QT(order->id), QT(order->partner_id), QT(order->account_id),
                   QT(order->domain_id), QT(order->subscription_id),
                   QT(order_state_name(order->state)), QT(order->ca), QT(order->country),
                   QT(order->state_or_province), QT(order->city), QI(order->is_auto_renew),
                   QI(order->created_at), QI0(order->placed_at), QI0(order->fulfilled_at),
                   QI0(order->cancelled_at));
}

static const struct query get = {
    .name = "order.get",
    .sql = SELECT " WHERE id = $1 AND " SQL_SCOPE(2, 3),
    .params = "tTT",
    .cols = LETTERS,
};

bool order_store_get(struct arena *mem, struct db *db, const struct scope *scope, const char *id,
                     const struct cert_order **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QT(id), SCOPE_ARGS(scope)) &&
           read_one(mem, row, out, err);
}

static const struct query latest = {
    .name = "order.latest",
    .sql = SELECT " WHERE domain_id = $1 AND " SQL_SCOPE(2, 3) " ORDER BY id DESC LIMIT 1",
    .params = "tTT",
    .cols = LETTERS,
};

bool order_store_latest(struct arena *mem, struct db *db, const struct scope *scope,
                        const char *domain_id, const struct cert_order **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &latest, &row, err, QT(domain_id), SCOPE_ARGS(scope)) &&
           read_one(mem, row, out, err);
}

static const struct query list[LIST_BY_COUNT] = {LIST_BY_TENANT_AND(
    "domain_id", "order.list", SELECT, LIST_TAIL(" AND ($6 IS NULL OR state = $6)"), "T", LETTERS)};

bool order_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                      const struct order_filter *filter, struct order_list *out, struct err *err)
{
    const char *state = filter->state ? order_state_name(*filter->state) : NULL;
    struct rows rows;

    return db_each(mem, db, &list[list_by(scope, filter->domain_id)], &rows, err,
                   LIST_ARGS(scope, filter->domain_id, &filter->page), QT(state)) &&
           read_page(mem, &rows, &filter->page, out, err);
}

static const struct query move = {
    .name = "order.move",
    .sql = "UPDATE cert_order SET state = $5,"
           " placed_at = CASE WHEN $5 = 'placed' THEN $6 ELSE placed_at END,"
           " fulfilled_at = CASE WHEN $5 = 'fulfilled' THEN $6 ELSE fulfilled_at END,"
           " cancelled_at = CASE WHEN $5 = 'cancelled' THEN $6 ELSE cancelled_at END"
           " WHERE id = $1 AND " SQL_SCOPE(2, 3) " AND state = $4",
    .params = "tTTtti",
    .cols = "",
};

bool order_store_move(struct db *db, const struct scope *scope, const struct cert_order *order,
                      enum order_state to, int64_t now, struct err *err)
{
    return db_exec_one(db, &move, err, QT(order->id), SCOPE_ARGS(scope),
                       QT(order_state_name(order->state)), QT(order_state_name(to)), QI(now));
}

static const struct query set_subscription = {
    .name = "order.set_subscription",
    .sql = "UPDATE cert_order SET subscription_id = $2"
           " WHERE id = $1 AND subscription_id IS NULL",
    .params = "tt",
    .cols = "",
};

bool order_store_set_subscription(struct db *db, const char *id, const char *subscription_id,
                                  struct err *err)
{
    return db_exec_one(db, &set_subscription, err, QT(id), QT(subscription_id));
}

static const struct query *const all[] = {
    &add, &get, &latest, LISTED_BY_TENANT_AND_PARENT(list), &move, &set_subscription};
const struct query_list order_queries = {"order_store.c", all, ARRAY_LEN(all)};
