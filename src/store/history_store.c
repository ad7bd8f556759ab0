/* SPDX-License-Identifier: Apache-2.0 */
#include "store/history_store.h"

#include "store/record.h"

#define COLUMNS "id, partner_id, account_id, domain_id, name, at, dns_state, code, title, seen"
#define LETTERS "tttttitTTt"
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
}

DEFINE_READ_ONE(name_change)
DEFINE_READ_PAGE(name_change, name_change_list)

static const struct query add = {
    .name = "history.add",
    .sql =
        "INSERT INTO name_history (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
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
                   QT(change->dns_state), QT(change->code), QT(change->title), QT(change->seen)) &&
           db_exec(db, &drop, NULL, err, QT(change->domain_id), QI(HISTORY_MAX));
}

static const struct query last = {
    .name = "history.last",
    .sql = SELECT " WHERE domain_id = $1 AND name = $2 ORDER BY seq DESC LIMIT 1",
    .params = "tt",
    .cols = LETTERS,
};

bool history_store_last(struct arena *mem, struct db *db, const char *domain_id, const char *name,
                        const struct name_change **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &last, &row, err, QT(domain_id), QT(name)) &&
           read_one(mem, row, out, err);
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

static const struct query *const all[] = {&add, &drop, &last, &list};
const struct query_list history_queries = {"history_store.c", all, ARRAY_LEN(all)};
