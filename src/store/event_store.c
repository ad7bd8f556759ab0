/* SPDX-License-Identifier: Apache-2.0 */
#include "store/event_store.h"

#include "store/record.h"

#define COLUMNS "id, partner_id, account_id, domain_id, subject_id, at, kind, text, data"
#define LETTERS "tTTTtittT"
#define SELECT  "SELECT " COLUMNS " FROM event"

static void read_record(struct reader *r, struct event *out)
{
    out->id = next_text(r);
    out->partner_id = next_text(r);
    out->account_id = next_text(r);
    out->domain_id = next_text(r);
    out->subject_id = next_text(r);
    out->at = next_i64(r);
    out->kind = next_text(r);
    out->text = next_text(r);
    out->data = next_text(r);
}

DEFINE_READ_PAGE(event, event_list)

static const struct query add = {
    .name = "event.add",
    .sql = "INSERT INTO event (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    .params = LETTERS,
    .cols = "",
};

bool event_store_add(struct db *db, const struct event *event, struct err *err)
{
    return db_exec(db, &add, NULL, err, QT(event->id), QT(event->partner_id), QT(event->account_id),
                   QT(event->domain_id), QT(event->subject_id), QI(event->at), QT(event->kind),
                   QT(event->text), QT(event->data));
}

/* By seq, which the engine gives when the row is stored: ids are made earlier, by several
 * processes, so that a smaller one can come later. */
#define TAIL                                                                                       \
    " AND seq > COALESCE((SELECT seq FROM event WHERE id = $4), 0)"                                \
    " AND ($6 IS NULL OR subject_id = $6) ORDER BY seq LIMIT $5"

static const struct query list[LIST_BY_COUNT] = {
    LIST_BY_TENANT_AND("domain_id", "event.list", SELECT, TAIL, "T", LETTERS)};

bool event_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                      const struct event_filter *filter, struct event_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &list[list_by(scope, filter->domain_id)], &rows, err,
                   LIST_ARGS(scope, filter->domain_id, &filter->page), QT(filter->subject_id)) &&
           read_page(mem, &rows, &filter->page, out, err);
}

static const struct query *const all[] = {&add, LISTED_BY_TENANT_AND_PARENT(list)};
const struct query_list event_queries = {"event_store.c", all, ARRAY_LEN(all)};
