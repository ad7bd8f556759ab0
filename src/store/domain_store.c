/* SPDX-License-Identifier: Apache-2.0 */
#include "store/domain_store.h"

#include "store/overview_store.h"
#include "store/record.h"

#define COLUMNS                                                                                    \
    "id, partner_id, account_id, site_id, name, registered_domain, is_removed, created_at"
#define LETTERS "tttTttii"
#define SELECT  "SELECT " COLUMNS " FROM domain"

static void read_record(struct reader *r, struct domain *out)
{
    out->id = next_text(r);
    out->partner_id = next_text(r);
    out->account_id = next_text(r);
    out->site_id = next_text(r);
    out->name = next_text(r);
    out->registered_domain = next_text(r);
    out->is_removed = next_bool(r);
    out->created_at = next_i64(r);
}

DEFINE_READ_ONE(domain)
DEFINE_READ_PAGE(domain, domain_list)

static const struct query add = {
    .name = "domain.add",
    .sql = "INSERT INTO domain (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    .params = LETTERS,
    .cols = "",
};

bool domain_store_add(struct db *db, const struct domain *domain, struct err *err)
{
    return db_exec(db, &add, NULL, err, QT(domain->id), QT(domain->partner_id),
                   QT(domain->account_id), QT(domain->site_id), QT(domain->name),
                   QT(domain->registered_domain), QI(domain->is_removed), QI(domain->created_at)) &&
           (domain->is_removed || overview_store_add(db, domain, err));
}

static const struct query get = {
    .name = "domain.get",
    .sql = SELECT " WHERE id = $1 AND " SQL_SCOPE(2, 3),
    .params = "tTT",
    .cols = LETTERS,
};

bool domain_store_get(struct arena *mem, struct db *db, const struct scope *scope, const char *id,
                      const struct domain **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QT(id), SCOPE_ARGS(scope)) &&
           read_one(mem, row, out, err);
}

static const struct query list[LIST_BY_COUNT] = {LIST_BY_TENANT_AND(
    "site_id", "domain.list", SELECT,
    LIST_TAIL(" AND name >= $6 AND name < $7 AND ($8 = 1 OR is_removed = 0)"), "tti", LETTERS)};

/* All of them go by id; by the range of names they would be sorted for each page. */
static const struct query every =
    LIST_QUERY("domain.list.every", SELECT, "1 = 1", LIST_TAIL(" AND ($8 = 1 OR is_removed = 0)"),
               "tti", LETTERS);

bool domain_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                       const struct domain_filter *filter, struct domain_list *out, struct err *err)
{
    struct prefix_range range = prefix_range(mem, filter->name_prefix);
    enum list_by by = list_by(scope, filter->site_id);
    struct rows rows;

    return db_each(mem, db, by == LIST_ALL && !filter->name_prefix ? &every : &list[by], &rows, err,
                   LIST_ARGS(scope, filter->site_id, &filter->page), QT(range.from), QT(range.to),
                   QI(filter->with_removed)) &&
           read_page(mem, &rows, &filter->page, out, err);
}

static const struct query version = {
    .name = "domain.version",
    .sql = "SELECT (SELECT MAX(seq) FROM event WHERE domain_id = $1),"
           " (SELECT version FROM issuance WHERE domain_id = $1 ORDER BY id DESC LIMIT 1),"
           " (SELECT MAX(checked_at) FROM domain_name WHERE domain_id = $1)"
           " FROM domain WHERE id = $1 AND " SQL_SCOPE(2, 3),
    .params = "tTT",
    .cols = "III",
};

bool domain_store_version(struct arena *mem, struct db *db, const struct scope *scope,
                          const char *id, const char **out, struct err *err)
{
    const struct row *row;

    if (!db_one(mem, db, &version, &row, err, QT(id), SCOPE_ARGS(scope)))
        return false;
    *out = row ? arena_printf(mem, "%lld.%lld.%lld", (long long)row_i64(row, 0),
                              (long long)row_i64(row, 1), (long long)row_i64(row, 2))
               : NULL;
    return true;
}

static const struct query remove_one = {
    .name = "domain.remove",
    .sql = "UPDATE domain SET is_removed = 1, site_id = NULL"
           " WHERE id = $1 AND " SQL_SCOPE(2, 3) " AND is_removed = 0",
    .params = "tTT",
    .cols = "",
};

bool domain_store_remove(struct db *db, const struct scope *scope, const char *id, struct err *err)
{
    return db_exec_one(db, &remove_one, err, QT(id), SCOPE_ARGS(scope)) &&
           overview_store_remove(db, id, err);
}

static const struct query *const all[] = {
    &add, &get, &every, LISTED_BY_TENANT_AND_PARENT(list), &version, &remove_one};
const struct query_list domain_queries = {"domain_store.c", all, ARRAY_LEN(all)};
