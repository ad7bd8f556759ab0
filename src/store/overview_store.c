/* SPDX-License-Identifier: Apache-2.0 */
#include "store/overview_store.h"

#include "base/clock.h"
#include "store/sorted.h"

#define NO_TERM (INT64_C(1) << 53) /* later than any */

#define COLUMNS                                                                                    \
    "domain_id, partner_id, account_id, name, badge, who_acts, need_rank, need_at, is_ordered,"    \
    " term_end_at, due_at, version"
#define LETTERS "ttttttiiiiii"
#define SELECT  "SELECT " COLUMNS " FROM domain_overview"

static void read_record(struct reader *r, struct overview *out)
{
    int64_t need;

    out->domain_id = next_text(r);
    out->partner_id = next_text(r);
    out->account_id = next_text(r);
    out->name = next_text(r);
    next_enum(r, badge_parse, "badge", &out->badge);
    next_enum(r, who_acts_parse, "who acts", &out->who_acts);
    need = next_i64(r);
    if (need < 0 || need >= OVERVIEW_NEED_COUNT)
        reader_refuse(r, "need", "unknown");
    out->need = (enum overview_need)need;
    out->need_at = next_i64(r);
    out->is_ordered = next_bool(r);
    out->term_end_at = next_i64(r);
    if (out->term_end_at == NO_TERM)
        out->term_end_at = 0;
    out->due_at = next_i64(r);
    out->version = next_i64(r);
}

DEFINE_READ_ONE(overview)
DEFINE_READ_PAGE(overview, overview_list)
DEFINE_SORTED_PAGE_OF(overview, overview_list)

static const struct query add = {
    .name = "overview.add",
    .sql = "INSERT INTO domain_overview (domain_id, partner_id, account_id, name, badge,"
           " badge_rank, who_acts, need_rank, need_at, is_ordered, term_end_at, due_at, version)"
           " VALUES ($1, $2, $3, $4, $5, $6, 'nobody', 0, 0, 0, $7, 0, 0)",
    .params = "tttttii",
    .cols = "",
};

bool overview_store_add(struct db *db, const struct domain *domain, struct err *err)
{
    return db_exec(db, &add, NULL, err, QT(domain->id), QT(domain->partner_id),
                   QT(domain->account_id), QT(domain->name), QT(badge_name(BADGE_NOT_SECURED)),
                   QI(badge_rank(BADGE_NOT_SECURED)), QI(NO_TERM));
}

static const struct query touch = {
    .name = "overview.touch",
    .sql = "UPDATE domain_overview SET due_at = $2, version = version + 1 WHERE domain_id = $1",
    .params = "ti",
    .cols = "",
};

/* Of an issuance under way the line is out of date already, mostly: then no index is written. */
static const struct query touch_due = {
    .name = "overview.touch_due",
    .sql = "UPDATE domain_overview SET version = version + 1 WHERE domain_id = $1 AND due_at <= $2",
    .params = "ti",
    .cols = "",
};

bool overview_store_touch(struct db *db, const char *domain_id, struct err *err)
{
    int64_t now = clock_now(), changed;

    return db_exec(db, &touch_due, &changed, err, QT(domain_id), QI(now)) &&
           (changed || db_exec(db, &touch, NULL, err, QT(domain_id), QI(now)));
}

static const struct query clock_back = {
    .name = "overview.clock_back",
    .sql = "UPDATE domain_overview SET due_at = $1 WHERE due_at > $1 AND due_at <= $1 + $2",
    .params = "ii",
    .cols = "",
};

bool overview_store_clock_back(struct db *db, int64_t now, int64_t step_ms, struct err *err)
{
    return db_exec(db, &clock_back, NULL, err, QI(now), QI(step_ms));
}

static const struct query remove_one = {
    .name = "overview.remove",
    .sql = "DELETE FROM domain_overview WHERE domain_id = $1",
    .params = "t",
    .cols = "",
};

bool overview_store_remove(struct db *db, const char *domain_id, struct err *err)
{
    return db_exec(db, &remove_one, NULL, err, QT(domain_id));
}

#define DUE(of, where)                                                                             \
    {                                                                                              \
        .name = of, .sql = SELECT " WHERE " where " AND due_at <= $4 ORDER BY due_at LIMIT $3",    \
        .params = "TTii", .cols = LETTERS                                                          \
    }
static const struct query due[LIST_BY_PARENT] = {
    [LIST_ALL] = DUE("overview.due.all", "1 = 1"),
    [LIST_BY_PARTNER] = DUE("overview.due.of_partner", "partner_id = $1"),
    [LIST_BY_ACCOUNT] = DUE("overview.due.of_account", LIST_IN_ACCOUNT),
};

bool overview_store_due(struct arena *mem, struct db *db, const struct scope *scope,
                        const struct overview_due *which, struct overview_list *out,
                        struct err *err)
{
    const struct page page = {.limit = which->limit};
    struct rows rows;

    return db_each(mem, db, &due[list_by(scope, NULL)], &rows, err, SCOPE_ARGS(scope),
                   QI(page_limit(&page) + 1), QI(which->now)) &&
           read_page(mem, &rows, &page, out, err);
}

static const struct query save = {
    .name = "overview.save",
    .sql = "UPDATE domain_overview SET badge = $1, badge_rank = $2, who_acts = $3, need_rank = $4,"
           " need_at = $5, is_ordered = $6, term_end_at = $7, due_at = $8"
           " WHERE domain_id = $9 AND version = $10",
    .params = "titiiiiiti",
    .cols = "",
};

bool overview_store_save(struct db *db, const struct overview *o, struct err *err)
{
    return db_exec(db, &save, NULL, err, QT(badge_name(o->badge)), QI(badge_rank(o->badge)),
                   QT(who_acts_name(o->who_acts)), QI(o->need), QI(o->need_at), QI(o->is_ordered),
                   QI(o->term_end_at ? o->term_end_at : NO_TERM), QI(o->due_at), QT(o->domain_id),
                   QI(o->version));
}

#define COUNTS(of, where)                                                                          \
    {                                                                                              \
        .name = of,                                                                                \
        .sql = "SELECT badge_rank, COUNT(*) FROM domain_overview WHERE " where                     \
               " GROUP BY badge_rank",                                                             \
        .params = "TT", .cols = "ii"                                                               \
    }
static const struct query counts_by[LIST_BY_PARENT] = {
    [LIST_ALL] = COUNTS("overview.count.all", "1 = 1"),
    [LIST_BY_PARTNER] = COUNTS("overview.count.of_partner", "partner_id = $1"),
    [LIST_BY_ACCOUNT] = COUNTS("overview.count.of_account", LIST_IN_ACCOUNT),
};

bool overview_store_count(struct arena *mem, struct db *db, const struct scope *scope,
                          int64_t counts[BADGE_COUNT], struct err *err)
{
    struct rows rows;

    if (!db_each(mem, db, &counts_by[list_by(scope, NULL)], &rows, err, SCOPE_ARGS(scope)))
        return false;
    for (int kind = 0; kind < BADGE_COUNT; kind++) {
        counts[kind] = 0;
        for (size_t i = 0; i < rows.count; i++)
            if (row_i64(rows.row[i], 0) == badge_rank((enum badge_kind)kind))
                counts[kind] = row_i64(rows.row[i], 1);
    }
    return true;
}

#define NEEDS(of, where)                                                                           \
    {                                                                                              \
        .name = of,                                                                                \
        .sql = SELECT " WHERE " where " AND need_rank > 0"                                         \
                      " ORDER BY need_rank, need_at, domain_id LIMIT $3",                          \
        .params = "TTi", .cols = LETTERS                                                           \
    }
static const struct query needs[LIST_BY_PARENT] = {
    [LIST_ALL] = NEEDS("overview.needs.all", "1 = 1"),
    [LIST_BY_PARTNER] = NEEDS("overview.needs.of_partner", "partner_id = $1"),
    [LIST_BY_ACCOUNT] = NEEDS("overview.needs.of_account", LIST_IN_ACCOUNT),
};

bool overview_store_needs(struct arena *mem, struct db *db, const struct scope *scope,
                          int64_t limit, struct overview_list *out, struct err *err)
{
    const struct page page = {.limit = limit};
    struct rows rows;

    return db_each(mem, db, &needs[list_by(scope, NULL)], &rows, err, SCOPE_ARGS(scope),
                   QI(page_limit(&page) + 1)) &&
           read_page(mem, &rows, &page, out, err);
}

#define LIST(of, filters, keys, behind, down)                                                      \
    SORTED_BY_TENANT("overview.list." of, SELECT, filters " AND ($9 = 0 OR is_ordered = 1)", keys, \
                     behind, down, "ii", LETTERS)

/* `of_badge`: those of one badge, in order of names; $10 is its rank, else 0. */
enum { OF_BADGE = OVERVIEW_SORT_COUNT, ORDER_COUNT };
static const struct query list[ORDER_COUNT][SORT_BY_SCOPES][SORT_DIRECTIONS] = {
    [OVERVIEW_BY_NAME] = LIST("by_name", SORT_NAMES("name"), "name, domain_id", "$7, $8",
                              "name DESC, domain_id DESC"),
    [OVERVIEW_BY_BADGE] = LIST("by_badge", SORT_OTHER_NAMES("name"), "badge_rank, name, domain_id",
                               "$6, $7, $8", "badge_rank DESC, name DESC, domain_id DESC"),
    [OVERVIEW_BY_TERM] = LIST("by_term", SORT_OTHER_NAMES("name"), "term_end_at, domain_id",
                              "$6, $8", "term_end_at DESC, domain_id DESC"),
    [OF_BADGE] = LIST("of_badge", SORT_NAMES("name") " AND badge_rank = $10", "name, domain_id",
                      "$7, $8", "name DESC, domain_id DESC"),
};

static const struct query get = {
    .name = "overview.get",
    .sql = SELECT " WHERE domain_id = $1 AND " SQL_SCOPE(2, 3),
    .params = "tTT",
    .cols = LETTERS,
};

static bool find_bound(struct arena *mem, struct db *db, const struct scope *scope,
                       const struct overview_filter *filter, struct sort_bound *out,
                       struct err *err)
{
    const struct sort_page *page = &filter->page;
    const struct overview *last;
    const struct row *row;

    *out = sort_beginning(page);
    if (!page->after)
        return true;
    if (!db_one(mem, db, &get, &row, err, QT(page->after), SCOPE_ARGS(scope)) ||
        !read_one(mem, row, &last, err))
        return false;
    if (!last)
        return sort_refuse_after(page, err);
    *out = (struct sort_bound){.text = last->name, .id = last->domain_id};
    if (filter->sort == OVERVIEW_BY_BADGE)
        out->number = badge_rank(last->badge);
    else
        out->number = last->term_end_at ? last->term_end_at : NO_TERM;
    return true;
}

bool overview_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                         const struct overview_filter *filter, struct overview_list *out,
                         struct err *err)
{
    const struct prefix_range range = prefix_range(mem, filter->name_prefix);
    const int order = filter->badge ? OF_BADGE : (int)filter->sort;
    const struct query *query = &list[order][list_by(scope, NULL)][sort_direction(&filter->page)];
    struct sort_bound bound;
    struct rows rows;

    return find_bound(mem, db, scope, filter, &bound, err) &&
           db_each(mem, db, query, &rows, err, SORT_ARGS(scope, &filter->page, range, bound),
                   QI(filter->is_ordered_only),
                   QI(filter->badge ? badge_rank(*filter->badge) : 0)) &&
           read_sorted(mem, &rows, &filter->page, out, err);
}

#define BY_SCOPE(by) &by[LIST_ALL], &by[LIST_BY_PARTNER], &by[LIST_BY_ACCOUNT]
static const struct query *const all[] = {&add,
                                          &touch,
                                          &touch_due,
                                          &clock_back,
                                          &remove_one,
                                          &save,
                                          &get,
                                          BY_SCOPE(due),
                                          BY_SCOPE(counts_by),
                                          BY_SCOPE(needs),
                                          SORTED_OF_TENANT(list[OVERVIEW_BY_NAME]),
                                          SORTED_OF_TENANT(list[OVERVIEW_BY_BADGE]),
                                          SORTED_OF_TENANT(list[OVERVIEW_BY_TERM]),
                                          SORTED_OF_TENANT(list[OF_BADGE])};
const struct query_list overview_queries = {"overview_store.c", all, ARRAY_LEN(all)};
