/* SPDX-License-Identifier: Apache-2.0 */
#include "store/account_store.h"

#include <assert.h>

#include "store/sorted.h"

#define COLUMNS "id, partner_id, name, email, country, state, city, created_at"
#define LETTERS "ttttTTTi"
#define SELECT  "SELECT " COLUMNS " FROM account"

static void read_record(struct reader *r, struct account *out)
{
    out->id = next_text(r);
    out->partner_id = next_text(r);
    out->name = next_text(r);
    out->email = next_text(r);
    out->country = next_text(r);
    out->state = next_text(r);
    out->city = next_text(r);
    out->created_at = next_i64(r);
}

DEFINE_READ_ONE(account)
DEFINE_READ_PAGE(account, account_list)
DEFINE_SORTED_PAGE_OF(account, account_list)

static const struct query add = {
    .name = "account.add",
    .sql = "INSERT INTO account (" COLUMNS ", name_key, email_key, partner_key)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,"
           " COALESCE((SELECT name_key FROM partner WHERE id = $2), ''))",
    .params = "ttttTTTitt",
    .cols = "",
};

bool account_store_add(struct db *db, const struct account *account, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    return db_exec(db, &add, NULL, err, QT(account->id), QT(account->partner_id), QT(account->name),
                   QT(account->email), QT(account->country), QT(account->state), QT(account->city),
                   QI(account->created_at), QT(fold_name(mem, account->name)),
                   QT(fold_name(mem, account->email)));
}

static const struct query get = {
    .name = "account.get",
    .sql = SELECT " WHERE id = $1 AND ($2 IS NULL OR partner_id = $2) AND ($3 IS NULL OR id = $3)",
    .params = "tTT",
    .cols = LETTERS,
};

bool account_store_get(struct arena *mem, struct db *db, const struct scope *scope, const char *id,
                       const struct account **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QT(id), SCOPE_ARGS(scope)) &&
           read_one(mem, row, out, err);
}

#define TAIL LIST_TAIL(" AND name_key >= $6 AND name_key < $7")

static const struct query list[LIST_BY_PARENT] = {
    [LIST_ALL] = LIST_QUERY("account.list.all", SELECT, "1 = 1", TAIL, "tt", LETTERS),
    [LIST_BY_PARTNER] =
        LIST_QUERY("account.list.of_partner", SELECT, "partner_id = $1", TAIL, "tt", LETTERS),
    [LIST_BY_ACCOUNT] =
        LIST_QUERY("account.list.of_account", SELECT, "id = $2 AND ($1 IS NULL OR partner_id = $1)",
                   TAIL, "tt", LETTERS),
};

/* All of them go by id; by the range of names they would be sorted for each page. */
static const struct query every =
    LIST_QUERY("account.list.every", SELECT, "1 = 1", LIST_TAIL(""), "tt", LETTERS);

bool account_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                        const struct account_filter *filter, struct account_list *out,
                        struct err *err)
{
    const char *prefix = filter->name_prefix ? fold_name(mem, filter->name_prefix) : NULL;
    struct prefix_range range = prefix_range(mem, prefix);
    enum list_by by = list_by(scope, NULL);
    struct rows rows;

    return db_each(mem, db, by == LIST_ALL && !prefix ? &every : &list[by], &rows, err,
                   LIST_ARGS(scope, NULL, &filter->page), QT(range.from), QT(range.to)) &&
           read_page(mem, &rows, &filter->page, out, err);
}

#define SORTED_ACCOUNTS(of, where, names, key)                                                     \
    SORTED("account.sorted." of, SELECT, where names, key ", id", "$7, $8", key " DESC, id DESC",  \
           "", LETTERS)
#define SORTED_BY(of, names, key)                                                                  \
    {                                                                                              \
        [LIST_ALL] = SORTED_ACCOUNTS(of ".all", "1 = 1", names, key),                              \
        [LIST_BY_PARTNER] = SORTED_ACCOUNTS(of ".of_partner", "partner_id = $1", names, key),      \
        [LIST_BY_ACCOUNT] = SORTED_ACCOUNTS(                                                       \
            of ".of_account", "id = $2 AND ($1 IS NULL OR partner_id = $1)", names, key)           \
    }
#define OTHER_NAMES SORT_OTHER_NAMES("name_key")
static const struct query sorted[ACCOUNT_SORT_COUNT][SORT_BY_SCOPES][SORT_DIRECTIONS] = {
    [ACCOUNT_BY_NAME] = SORTED_BY("by_name", SORT_NAMES("name_key"), "name_key"),
    [ACCOUNT_BY_EMAIL] = SORTED_BY("by_email", OTHER_NAMES, "email_key"),
    [ACCOUNT_BY_PARTNER] = {[LIST_ALL] =
                                SORTED_ACCOUNTS("by_partner", "1 = 1", OTHER_NAMES, "partner_key")},
};

static const struct query key_of = {
    .name = "account.key_of",
    .sql = "SELECT name_key, email_key, partner_key FROM account"
           " WHERE id = $1 AND ($2 IS NULL OR partner_id = $2) AND ($3 IS NULL OR id = $3)",
    .params = "tTT",
    .cols = "ttt",
};

static bool find_bound(struct arena *mem, struct db *db, const struct scope *scope,
                       const struct account_sorting *sorting, struct sort_bound *out,
                       struct err *err)
{
    const struct sort_page *page = &sorting->page;
    const struct row *row;

    *out = sort_beginning(page);
    if (!page->after)
        return true;
    if (!db_one(mem, db, &key_of, &row, err, QT(page->after), SCOPE_ARGS(scope)))
        return false;
    if (!row)
        return sort_refuse_after(page, err);
    *out = (struct sort_bound){.text = row_text(row, (size_t)sorting->sort), .id = page->after};
    return true;
}

bool account_store_sorted(struct arena *mem, struct db *db, const struct scope *scope,
                          const struct account_sorting *sorting, struct account_list *out,
                          struct err *err)
{
    const char *prefix = sorting->name_prefix ? fold_name(mem, sorting->name_prefix) : NULL;
    const struct query *query =
        &sorted[sorting->sort][list_by(scope, NULL)][sort_direction(&sorting->page)];
    const struct prefix_range range = prefix_range(mem, prefix);
    struct sort_bound bound;
    struct rows rows;

    assert(sorting->sort != ACCOUNT_BY_PARTNER || scope->kind == SCOPE_PLATFORM);
    return find_bound(mem, db, scope, sorting, &bound, err) &&
           db_each(mem, db, query, &rows, err, SORT_ARGS(scope, &sorting->page, range, bound)) &&
           read_sorted(mem, &rows, &sorting->page, out, err);
}

static const struct query *const all[] = {&add,
                                          &get,
                                          &key_of,
                                          &every,
                                          LISTED_BY_TENANT(list),
                                          SORTED_OF_TENANT(sorted[ACCOUNT_BY_NAME]),
                                          SORTED_OF_TENANT(sorted[ACCOUNT_BY_EMAIL]),
                                          SORTED_BOTH(sorted[ACCOUNT_BY_PARTNER][LIST_ALL])};
const struct query_list account_queries = {"account_store.c", all, ARRAY_LEN(all)};
