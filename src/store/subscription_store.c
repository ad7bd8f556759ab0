/* SPDX-License-Identifier: Apache-2.0 */
#include "store/subscription_store.h"

#include "store/record.h"

#define COLUMNS                                                                                    \
    "id, partner_id, account_id, domain_id, order_id, state, term_start_at, term_end_at,"          \
    " is_auto_renew, created_at"
#define LETTERS  "ttttttiiii"
#define SELECT   "SELECT " COLUMNS " FROM subscription"
#define IS_GOING "state IN ('active', 'expiring', 'grace')"

static void read_record(struct reader *r, struct subscription *out)
{
    out->id = next_text(r);
    out->partner_id = next_text(r);
    out->account_id = next_text(r);
    out->domain_id = next_text(r);
    out->order_id = next_text(r);
    next_enum(r, subscription_state_parse, "state of a subscription", &out->state);
    out->term_start_at = next_i64(r);
    out->term_end_at = next_i64(r);
    out->is_auto_renew = next_bool(r);
    out->created_at = next_i64(r);
}

DEFINE_READ_ONE(subscription)
DEFINE_READ_PAGE(subscription, subscription_list)

static const struct query add = {
    .name = "subscription.add",
    .sql = "INSERT INTO subscription (" COLUMNS ")"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    .params = LETTERS,
    .cols = "",
};

bool subscription_store_add(struct db *db, const struct subscription *subscription, struct err *err)
{
    return db_exec(db, &add, NULL, err, QT(subscription->id), QT(subscription->partner_id),
                   QT(subscription->account_id), QT(subscription->domain_id),
                   QT(subscription->order_id), QT(subscription_state_name(subscription->state)),
                   QI(subscription->term_start_at), QI(subscription->term_end_at),
                   QI(subscription->is_auto_renew), QI(subscription->created_at));
}

static const struct query get = {
    .name = "subscription.get",
    .sql = SELECT " WHERE id = $1 AND " SQL_SCOPE(2, 3),
    .params = "tTT",
    .cols = LETTERS,
};

bool subscription_store_get(struct arena *mem, struct db *db, const struct scope *scope,
                            const char *id, const struct subscription **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QT(id), SCOPE_ARGS(scope)) &&
           read_one(mem, row, out, err);
}

static const struct query current = {
    .name = "subscription.current",
    .sql = SELECT " WHERE domain_id = $1 AND " SQL_SCOPE(2, 3) " AND " IS_GOING,
    .params = "tTT",
    .cols = LETTERS,
};

bool subscription_store_current(struct arena *mem, struct db *db, const struct scope *scope,
                                const char *domain_id, const struct subscription **out,
                                struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &current, &row, err, QT(domain_id), SCOPE_ARGS(scope)) &&
           read_one(mem, row, out, err);
}

static const struct query list[LIST_BY_COUNT] = {
    LIST_BY_TENANT_AND("domain_id", "subscription.list", SELECT,
                       LIST_TAIL(" AND ($6 IS NULL OR state = $6)"), "T", LETTERS)};

bool subscription_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                             const struct subscription_filter *filter,
                             struct subscription_list *out, struct err *err)
{
    const char *state = filter->state ? subscription_state_name(*filter->state) : NULL;
    struct rows rows;

    return db_each(mem, db, &list[list_by(scope, filter->domain_id)], &rows, err,
                   LIST_ARGS(scope, filter->domain_id, &filter->page), QT(state)) &&
           read_page(mem, &rows, &filter->page, out, err);
}

static const struct query move = {
    .name = "subscription.move",
    .sql = "UPDATE subscription SET state = $5"
           " WHERE id = $1 AND " SQL_SCOPE(2, 3) " AND state = $4",
    .params = "tTTtt",
    .cols = "",
};

bool subscription_store_move(struct db *db, const struct scope *scope, const char *id,
                             enum subscription_state from, enum subscription_state to,
                             struct err *err)
{
    return db_exec_one(db, &move, err, QT(id), SCOPE_ARGS(scope), QT(subscription_state_name(from)),
                       QT(subscription_state_name(to)));
}

static const struct query set_auto_renew = {
    .name = "subscription.set_auto_renew",
    .sql = "UPDATE subscription SET is_auto_renew = $4"
           " WHERE id = $1 AND " SQL_SCOPE(2, 3) " AND " IS_GOING,
    .params = "tTTi",
    .cols = "",
};

bool subscription_store_set_auto_renew(struct db *db, const struct scope *scope, const char *id,
                                       bool is_auto_renew, struct err *err)
{
    return db_exec_one(db, &set_auto_renew, err, QT(id), SCOPE_ARGS(scope), QI(is_auto_renew));
}

static const struct query *const all[] = {
    &add, &get, &current, LISTED_BY_TENANT_AND_PARENT(list), &move, &set_auto_renew};
const struct query_list subscription_queries = {"subscription_store.c", all, ARRAY_LEN(all)};
