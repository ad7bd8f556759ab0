/* SPDX-License-Identifier: Apache-2.0 */
#include "store/site_store.h"

#include <assert.h>

#include "store/record.h"

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

static const struct query *const all[] = {&add, &get, LISTED_BY_TENANT(list), &save};
const struct query_list site_queries = {"site_store.c", all, ARRAY_LEN(all)};
