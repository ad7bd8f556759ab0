/* SPDX-License-Identifier: Apache-2.0 */
#include "store/partner_store.h"

#include "store/record.h"

static void read_record(struct reader *r, struct partner *out)
{
    out->id = next_text(r);
    out->name = next_text(r);
    out->brand = next_text(r);
    out->created_at = next_i64(r);
}

DEFINE_READ_ONE(partner)
DEFINE_READ_PAGE(partner, partner_list)

static const struct query add = {
    .name = "partner.add",
    .sql = "INSERT INTO partner (id, name, brand, created_at) VALUES ($1, $2, $3, $4)",
    .params = "ttti",
    .cols = "",
};

bool partner_store_add(struct db *db, const struct partner *partner, struct err *err)
{
    return db_exec(db, &add, NULL, err, QT(partner->id), QT(partner->name), QT(partner->brand),
                   QI(partner->created_at));
}

/* A scope of an account that does not name its partner sees none. */
static const char *visible_id(const struct scope *scope)
{
    const char *id = scope_partner_id(scope);

    return id || scope->kind == SCOPE_PLATFORM ? id : "";
}

static const struct query get = {
    .name = "partner.get",
    .sql = "SELECT id, name, brand, created_at FROM partner"
           " WHERE id = $1 AND ($2 IS NULL OR id = $2)",
    .params = "tT",
    .cols = "ttti",
};

bool partner_store_get(struct arena *mem, struct db *db, const struct scope *scope, const char *id,
                       const struct partner **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QT(id), QT(visible_id(scope))) &&
           read_one(mem, row, out, err);
}

static const struct query list = {
    .name = "partner.list",
    .sql = "SELECT id, name, brand, created_at FROM partner"
           " WHERE id > $1 AND ($2 IS NULL OR id = $2) ORDER BY id LIMIT $3",
    .params = "tTi",
    .cols = "ttti",
};

bool partner_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                        const struct page *page, struct partner_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &list, &rows, err, QT(page->after ? page->after : ""),
                   QT(visible_id(scope)), QI(page_limit(page) + 1)) &&
           read_page(mem, &rows, page, out, err);
}

static const struct query *const all[] = {&add, &get, &list};
const struct query_list partner_queries = {"partner_store.c", all, ARRAY_LEN(all)};
