/* SPDX-License-Identifier: Apache-2.0 */
#include "store/history_store.h"

#include "store/record.h"

#define COLUMNS                                                                                    \
    "id, partner_id, account_id, domain_id, name, at, dns_state, code, title, seen, varies"
#define LETTERS "tttttitTTti"
#define SELECT  "SELECT " COLUMNS " FROM name_history"

static void read_record(struct reader *r, struct name_change *out)
{
    out->id = next_text(r);
    out->partner_id = next_text(r);
    out->account_id = next_text(r);
    out->domain_id = next_text(r);
    out->name = next_text(r);
    out->at = next_i64(r);
    out->dns_state = next_text(r);
    out->code = next_text(r);
    out->title = next_text(r);
    out->seen = next_text(r);
    out->varies = next_i64(r) != 0;
}

DEFINE_READ_ALL(name_change, name_change_list)
DEFINE_PAGE_OF(name_change, name_change_list)

static const struct query add = {
    .name = "history.add",
    .sql = "INSERT INTO name_history (" COLUMNS
           ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    .params = LETTERS,
    .cols = "",
};

static const struct query drop = {
    .name = "history.drop",
    .sql = "DELETE FROM name_history WHERE domain_id = $1 AND seq <= (SELECT seq FROM name_history"
           " WHERE domain_id = $1 ORDER BY seq DESC LIMIT 1 OFFSET $2)",
    .params = "ti",
    .cols = "",
};

bool history_store_add(struct db *db, const struct name_change *change, struct err *err)
{
    return db_exec(db, &add, NULL, err, QT(change->id), QT(change->partner_id),
                   QT(change->account_id), QT(change->domain_id), QT(change->name), QI(change->at),
                   QT(change->dns_state), QT(change->code), QT(change->title), QT(change->seen),
                   QI(change->varies)) &&
           db_exec(db, &drop, NULL, err, QT(change->domain_id), QI(HISTORY_MAX));
}

static const struct query latest = {
    .name = "history.latest",
    .sql = SELECT " WHERE domain_id = $1 AND name = $2 ORDER BY seq DESC LIMIT $3",
    .params = "tti",
    .cols = LETTERS,
};

bool history_store_latest(struct arena *mem, struct db *db, const struct history_of_name *of,
                          struct name_change_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &latest, &rows, err, QT(of->domain_id), QT(of->name), QI(of->most)) &&
           read_all(mem, &rows, out, err);
}

static const struct query list = LIST_QUERY(
    "history.list", SELECT, LIST_IN_PARENT("domain_id"),
    " AND seq < COALESCE((SELECT seq FROM name_history WHERE id = $4), 9223372036854775807)"
    " AND name >= $6 AND name < $7 ORDER BY seq DESC LIMIT $5",
    "tt", LETTERS);

bool history_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                        const struct history_filter *filter, struct name_change_list *out,
                        struct err *err)
{
    struct prefix_range range = prefix_range(mem, filter->name_prefix);
    struct rows rows;

    return db_each(mem, db, &list, &rows, err, LIST_ARGS(scope, filter->domain_id, &filter->page),
                   QT(range.from), QT(range.to)) &&
           read_page(mem, &rows, &filter->page, out, err);
}

static const struct query *const all[] = {&add, &drop, &latest, &list};
const struct query_list history_queries = {"history_store.c", all, ARRAY_LEN(all)};
