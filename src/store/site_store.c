/* SPDX-License-Identifier: Apache-2.0 */
#include "store/site_store.h"

#include <assert.h>

#include "store/sorted.h"

#define COLUMNS                                                                                    \
    "id, partner_id, account_id, name, origin_id, is_https_on, canonical, created_at, updated_at"
#define LETTERS "tttttitii"
#define SELECT  "SELECT " COLUMNS " FROM site"

static void read_record(struct reader *r, struct site *out)
{
    out->id = next_text(r);
    out->partner_id = next_text(r);
    out->account_id = next_text(r);
    out->name = next_text(r);
    out->origin_id = next_text(r);
    out->is_https_on = next_bool(r);
    out->canonical = next_text(r);
    out->created_at = next_i64(r);
    out->updated_at = next_i64(r);
}

DEFINE_READ_ONE(site)
DEFINE_READ_PAGE(site, site_list)
DEFINE_SORTED_PAGE_OF(site, site_list)

static const struct query add = {
    .name = "site.add",
    .sql = "INSERT INTO site (" COLUMNS ", name_key)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    .params = LETTERS "t",
    .cols = "",
};

bool site_store_add(struct db *db, const struct site *site, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    return db_exec(db, &add, NULL, err, QT(site->id), QT(site->partner_id), QT(site->account_id),
                   QT(site->name), QT(site->origin_id), QI(site->is_https_on), QT(site->canonical),
                   QI(site->created_at), QI(site->updated_at), QT(fold_name(mem, site->name)));
}

static const struct query get = {
    .name = "site.get",
    .sql = SELECT " WHERE id = $1 AND " SQL_SCOPE(2, 3),
    .params = "tTT",
    .cols = LETTERS,
};

bool site_store_get(struct arena *mem, struct db *db, const struct scope *scope, const char *id,
                    const struct site **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QT(id), SCOPE_ARGS(scope)) &&
           read_one(mem, row, out, err);
}

static const struct query list[LIST_BY_PARENT] = {LIST_BY_TENANT(
    "site.list", SELECT, LIST_TAIL(" AND name_key >= $6 AND name_key < $7"), "tt", LETTERS)};

bool site_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                     const struct site_filter *filter, struct site_list *out, struct err *err)
{
    const char *prefix = filter->name_prefix ? fold_name(mem, filter->name_prefix) : NULL;
    struct prefix_range range = prefix_range(mem, prefix);
    struct rows rows;

    return db_each(mem, db, &list[list_by(scope, NULL)], &rows, err,
                   LIST_ARGS(scope, NULL, &filter->page), QT(range.from), QT(range.to)) &&
           read_page(mem, &rows, &filter->page, out, err);
}

#define SORTED_SITES(of, names, keys, behind, down)                                                \
    SORTED("site.sorted." of, SELECT, LIST_IN_ACCOUNT names, keys, behind, down, "", LETTERS)
static const struct query sorted[SITE_SORT_COUNT][SORT_DIRECTIONS] = {
    [SITE_BY_NAME] = SORTED_SITES("by_name", SORT_NAMES("name_key"), "name_key, id", "$7, $8",
                                  "name_key DESC, id DESC"),
    [SITE_BY_HTTPS] =
        SORTED_SITES("by_https", SORT_OTHER_NAMES("name_key"), "is_https_on, name_key, id",
                     "$6, $7, $8", "is_https_on DESC, name_key DESC, id DESC"),
};

static bool find_bound(struct arena *mem, struct db *db, const struct scope *scope,
                       const struct sort_page *page, struct sort_bound *out, struct err *err)
{
    const struct site *last;

    *out = sort_beginning(page);
    if (!page->after)
        return true;
    if (!site_store_get(mem, db, scope, page->after, &last, err))
        return false;
    if (!last)
        return sort_refuse_after(page, err);
    *out = (struct sort_bound){last->is_https_on, fold_name(mem, last->name), last->id};
    return true;
}

bool site_store_sorted(struct arena *mem, struct db *db, const struct scope *scope,
                       const struct site_sorting *sorting, struct site_list *out, struct err *err)
{
    const char *prefix = sorting->name_prefix ? fold_name(mem, sorting->name_prefix) : NULL;
    const struct query *query = &sorted[sorting->sort][sort_direction(&sorting->page)];
    const struct prefix_range range = prefix_range(mem, prefix);
    struct sort_bound bound;
    struct rows rows;

    assert(scope->kind == SCOPE_ACCOUNT);
    return find_bound(mem, db, scope, &sorting->page, &bound, err) &&
           db_each(mem, db, query, &rows, err, SORT_ARGS(scope, &sorting->page, range, bound)) &&
           read_sorted(mem, &rows, &sorting->page, out, err);
}

static const struct query save = {
    .name = "site.save",
    .sql = "UPDATE site SET name = $5, name_key = $6, origin_id = $7, is_https_on = $8,"
           " canonical = $9, updated_at = $10"
           " WHERE id = $1 AND " SQL_SCOPE(2, 3) " AND updated_at = $4",
    .params = "tTTitttiti",
    .cols = "",
};

bool site_store_save(struct db *db, const struct scope *scope, const struct site *site,
                     int64_t seen_at, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    assert(site->updated_at > seen_at);
    return db_exec_one(db, &save, err, QT(site->id), SCOPE_ARGS(scope), QI(seen_at), QT(site->name),
                       QT(fold_name(mem, site->name)), QT(site->origin_id), QI(site->is_https_on),
                       QT(site->canonical), QI(site->updated_at));
}

static const struct query *const all[] = {&add,
                                          &get,
                                          LISTED_BY_TENANT(list),
                                          SORTED_BOTH(sorted[SITE_BY_NAME]),
                                          SORTED_BOTH(sorted[SITE_BY_HTTPS]),
                                          &save};
const struct query_list site_queries = {"site_store.c", all, ARRAY_LEN(all)};
