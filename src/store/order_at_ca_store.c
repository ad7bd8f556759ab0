/* SPDX-License-Identifier: Apache-2.0 */
#include "store/order_at_ca_store.h"

#include "base/name_table.h"
#include "store/record.h"

#define COLUMNS "url, ca, ca_account_id, domain_id, issuance_id, state, created_at"
#define LETTERS "tttttti"

#define X(id, name) [ORDER_AT_CA_##id] = name,
static const char *const states[ORDER_AT_CA_STATE_COUNT] = {ORDER_AT_CA_STATES(X)};
#undef X

DEFINE_NAME_PARSE(order_at_ca_state_parse, enum order_at_ca_state, states)

static void read_record(struct reader *r, struct order_at_ca *out)
{
    out->url = next_text(r);
    out->ca = next_text(r);
    out->ca_account_id = next_text(r);
    out->domain_id = next_text(r);
    out->issuance_id = next_text(r);
    next_enum(r, order_at_ca_state_parse, "state of an order at a CA", &out->state);
    out->created_at = next_i64(r);
}

DEFINE_READ_ALL(order_at_ca, order_at_ca_list)

static const struct query put = {
    .name = "order_at_ca.put",
    .sql = "INSERT INTO order_at_ca (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7)"
           " ON CONFLICT (url) DO UPDATE"
           " SET issuance_id = excluded.issuance_id, state = excluded.state",
    .params = LETTERS,
    .cols = "",
};

bool order_at_ca_store_put(struct db *db, const struct order_at_ca *order, struct err *err)
{
    return db_exec(db, &put, NULL, err, QT(order->url), QT(order->ca), QT(order->ca_account_id),
                   QT(order->domain_id), QT(order->issuance_id), QT(states[order->state]),
                   QI(order->created_at));
}

static const struct query ending = {
    .name = "order_at_ca.ending",
    .sql = "SELECT " COLUMNS " FROM order_at_ca WHERE domain_id = $1 AND state = 'ending'"
           " ORDER BY created_at, url LIMIT $2",
    .params = "ti",
    .cols = LETTERS,
};

bool order_at_ca_store_ending(struct arena *mem, struct db *db, const char *domain_id,
                              struct order_at_ca_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &ending, &rows, err, QT(domain_id), QI(ORDER_AT_CA_BATCH)) &&
           read_all(mem, &rows, out, err);
}

static const struct query blocks = {
    .name = "order_at_ca.blocks",
    .sql = "SELECT COUNT(*) FROM issuance_name mine WHERE mine.issuance_id = $1 AND (EXISTS"
           " (SELECT 1 FROM issuance_name other"
           " JOIN order_at_ca ON order_at_ca.issuance_id = other.issuance_id"
           " WHERE other.name = mine.name AND order_at_ca.ca = $2 AND order_at_ca.state = 'ending')"
           " OR EXISTS (SELECT 1 FROM name_leaving WHERE name_leaving.name = mine.name))",
    .params = "tt",
    .cols = "i",
};

bool order_at_ca_store_blocks(struct db *db, const char *issuance_id, const char *ca, bool *out,
                              struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row;

    if (!db_one(mem, db, &blocks, &row, err, QT(issuance_id), QT(ca)))
        return false;
    *out = row_i64(row, 0) > 0;
    return true;
}

static const struct query held = {
    .name = "order_at_ca.held",
    .sql = "SELECT " COLUMNS " FROM order_at_ca WHERE domain_id = $1 AND state = 'held'"
           " ORDER BY created_at DESC, url LIMIT $2",
    .params = "ti",
    .cols = LETTERS,
};

bool order_at_ca_store_held(struct arena *mem, struct db *db, const char *domain_id,
                            struct order_at_ca_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &held, &rows, err, QT(domain_id), QI(ORDER_AT_CA_BATCH)) &&
           read_all(mem, &rows, out, err);
}

static const struct query leave_name = {
    .name = "order_at_ca.leave_name",
    .sql = "INSERT INTO name_leaving (name, domain_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
    .params = "tt",
    .cols = "",
};

bool order_at_ca_store_leave_name(struct db *db, const char *domain_id, const char *name,
                                  struct err *err)
{
    return db_exec(db, &leave_name, NULL, err, QT(name), QT(domain_id));
}

static const struct query leaving_names = {
    .name = "order_at_ca.leaving_names",
    .sql = "SELECT name FROM name_leaving WHERE domain_id = $1 ORDER BY name LIMIT $2",
    .params = "ti",
    .cols = "t",
};

bool order_at_ca_store_leaving_names(struct arena *mem, struct db *db, const char *domain_id,
                                     struct text_list *out, struct err *err)
{
    struct rows rows;
    const char **names;

    if (!db_each(mem, db, &leaving_names, &rows, err, QT(domain_id), QI(ORDER_AT_CA_BATCH)))
        return false;
    names = arena_array_of(mem, rows.count, const char *);
    for (size_t i = 0; i < rows.count; i++)
        names[i] = row_text(rows.row[i], 0);
    *out = (struct text_list){.items = names, .count = rows.count};
    return true;
}

static const struct query name_left = {
    .name = "order_at_ca.name_left",
    .sql = "DELETE FROM name_leaving WHERE name = $1 AND domain_id = $2",
    .params = "tt",
    .cols = "",
};

bool order_at_ca_store_name_left(struct db *db, const char *domain_id, const char *name,
                                 struct err *err)
{
    return db_exec(db, &name_left, NULL, err, QT(name), QT(domain_id));
}

static const struct query end_issuance = {
    .name = "order_at_ca.end_issuance",
    .sql = "UPDATE order_at_ca SET state = 'ending' WHERE issuance_id = $1",
    .params = "t",
    .cols = "",
};

bool order_at_ca_store_end_issuance(struct db *db, const char *issuance_id, struct err *err)
{
    return db_exec(db, &end_issuance, NULL, err, QT(issuance_id));
}

static const struct query end_domain = {
    .name = "order_at_ca.end_domain",
    .sql = "UPDATE order_at_ca SET state = 'ending' WHERE domain_id = $1",
    .params = "t",
    .cols = "",
};

bool order_at_ca_store_end_domain(struct db *db, const char *domain_id, struct err *err)
{
    return db_exec(db, &end_domain, NULL, err, QT(domain_id));
}

static const struct query placed_at = {
    .name = "order_at_ca.placed_at",
    .sql = "SELECT created_at FROM order_at_ca WHERE url = $1",
    .params = "t",
    .cols = "i",
};

bool order_at_ca_store_placed_at(struct db *db, const char *url, int64_t *out, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row;

    if (!db_one(mem, db, &placed_at, &row, err, QT(url)))
        return false;
    *out = row ? row_i64(row, 0) : 0;
    return true;
}

static const struct query remove_one = {
    .name = "order_at_ca.remove",
    .sql = "DELETE FROM order_at_ca WHERE url = $1",
    .params = "t",
    .cols = "",
};

bool order_at_ca_store_remove(struct db *db, const char *url, struct err *err)
{
    return db_exec(db, &remove_one, NULL, err, QT(url));
}

static const struct query forget = {
    .name = "order_at_ca.forget",
    .sql = "DELETE FROM order_at_ca WHERE created_at < $1 AND state = 'held'",
    .params = "i",
    .cols = "",
};

bool order_at_ca_store_forget(struct db *db, int64_t before, struct err *err)
{
    return db_exec(db, &forget, NULL, err, QI(before));
}

static const struct query *const all[] = {&put,        &ending,     &blocks,        &end_issuance,
                                          &end_domain, &placed_at,  &remove_one,    &forget,
                                          &held,       &leave_name, &leaving_names, &name_left};
const struct query_list order_at_ca_queries = {"order_at_ca_store.c", all, ARRAY_LEN(all)};
