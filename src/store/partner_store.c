/* SPDX-License-Identifier: Apache-2.0 */
#include "store/partner_store.h"

#include <assert.h>

#include "store/sorted.h"

static void read_record(struct reader *r, struct partner *out)
{
    out->id = next_text(r);
    out->name = next_text(r);
    out->brand = next_text(r);
    out->created_at = next_i64(r);
}

DEFINE_READ_ONE(partner)
DEFINE_READ_PAGE(partner, partner_list)
DEFINE_SORTED_PAGE_OF(partner, partner_list)

static const struct query add = {
    .name = "partner.add",
    .sql = "INSERT INTO partner (id, name, brand, created_at, name_key, brand_key)"
           " VALUES ($1, $2, $3, $4, $5, $6)",
    .params = "tttitt",
    .cols = "",
};

bool partner_store_add(struct db *db, const struct partner *partner, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    return db_exec(db, &add, NULL, err, QT(partner->id), QT(partner->name), QT(partner->brand),
                   QI(partner->created_at), QT(fold_name(mem, partner->name)),
                   QT(fold_name(mem, partner->brand)));
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

#define SORTED_PARTNERS(of, names, key)                                                            \
    SORTED("partner.sorted." of, "SELECT id, name, brand, created_at FROM partner", "1 = 1" names, \
           key ", id", "$7, $8", key " DESC, id DESC", "", "ttti")
static const struct query sorted[PARTNER_SORT_COUNT][SORT_DIRECTIONS] = {
    [PARTNER_BY_NAME] = SORTED_PARTNERS("by_name", SORT_NAMES("name_key"), "name_key"),
    [PARTNER_BY_BRAND] = SORTED_PARTNERS("by_brand", SORT_OTHER_NAMES("name_key"), "brand_key"),
};

static bool find_bound(struct arena *mem, struct db *db, const struct scope *scope,
                       const struct partner_sorting *sorting, struct sort_bound *out,
                       struct err *err)
{
    const struct sort_page *page = &sorting->page;
    const struct partner *last;

    *out = sort_beginning(page);
    if (!page->after)
        return true;
    if (!partner_store_get(mem, db, scope, page->after, &last, err))
        return false;
    if (!last)
        return sort_refuse_after(page, err);
    *out = (struct sort_bound){
        .text = fold_name(mem, sorting->sort == PARTNER_BY_NAME ? last->name : last->brand),
        .id = last->id};
    return true;
}

bool partner_store_sorted(struct arena *mem, struct db *db, const struct scope *scope,
                          const struct partner_sorting *sorting, struct partner_list *out,
                          struct err *err)
{
    const char *prefix = sorting->name_prefix ? fold_name(mem, sorting->name_prefix) : NULL;
    const struct query *query = &sorted[sorting->sort][sort_direction(&sorting->page)];
    const struct prefix_range range = prefix_range(mem, prefix);
    struct sort_bound bound;
    struct rows rows;

    assert(scope->kind == SCOPE_PLATFORM);
    return find_bound(mem, db, scope, sorting, &bound, err) &&
           db_each(mem, db, query, &rows, err, SORT_ARGS(scope, &sorting->page, range, bound)) &&
           read_sorted(mem, &rows, &sorting->page, out, err);
}

static const struct query *const all[] = {&add, &get, &list, SORTED_BOTH(sorted[PARTNER_BY_NAME]),
                                          SORTED_BOTH(sorted[PARTNER_BY_BRAND])};
const struct query_list partner_queries = {"partner_store.c", all, ARRAY_LEN(all)};
