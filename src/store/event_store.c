/* SPDX-License-Identifier: Apache-2.0 */
#include "store/event_store.h"

#include "store/overview_store.h"
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
                   QT(event->text), QT(event->data)) &&
           (!event->domain_id || overview_store_touch(db, event->domain_id, err));
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

/* `after` is for the events before it, in a list that begins with the last. */
#define TAIL_DOWN                                                                                  \
    " AND seq < COALESCE((SELECT seq FROM event WHERE id = $4), 9223372036854775807)"              \
    " ORDER BY seq DESC LIMIT $5"

static const struct query latest[LIST_BY_COUNT] = {
    LIST_BY_TENANT_AND("domain_id", "event.latest", SELECT, TAIL_DOWN, "", LETTERS)};

bool event_store_latest(struct arena *mem, struct db *db, const struct scope *scope,
                        const struct event_filter *filter, struct event_list *out, struct err *err)
{
    struct event_list newest;
    struct event *turned;
    struct rows rows;

    if (!db_each(mem, db, &latest[list_by(scope, filter->domain_id)], &rows, err,
                 LIST_ARGS(scope, filter->domain_id, &filter->page)) ||
        !read_page(mem, &rows, &filter->page, &newest, err))
        return false;
    turned = arena_array_of(mem, newest.count, struct event);
    for (size_t i = 0; i < newest.count; i++)
        turned[i] = newest.items[newest.count - 1 - i];
    *out = newest;
    out->items = turned;
    return true;
}

static const struct query head = {
    .name = "event.head",
    .sql = "SELECT COALESCE(MAX(seq), 0) FROM event",
    .params = "",
    .cols = "i",
};

bool event_store_head(struct db *db, int64_t *out, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row;

    if (!db_one(mem, db, &head, &row, err, QNONE))
        return false;
    *out = row_i64(row, 0);
    return true;
}

static const struct query moved_domains = {
    .name = "event.moved_domains",
    .sql = "SELECT domain_id, MAX(seq) FROM (SELECT domain_id, seq FROM event WHERE seq > $1"
           " ORDER BY seq LIMIT $2) AS latest GROUP BY domain_id",
    .params = "ii",
    .cols = "Ti",
};

bool event_store_moved_domains(struct arena *mem, struct db *db, int64_t *seq,
                               struct text_list *out, struct err *err)
{
    struct rows rows;
    const char **ids;
    size_t count = 0;

    if (!db_each(mem, db, &moved_domains, &rows, err, QI(*seq), QI(EVENTS_LOOKED_AT)))
        return false;
    ids = arena_array_of(mem, rows.count, const char *);
    for (size_t i = 0; i < rows.count; i++) {
        if (!row_is_null(rows.row[i], 0))
            ids[count++] = row_text(rows.row[i], 0);
        if (row_i64(rows.row[i], 1) > *seq)
            *seq = row_i64(rows.row[i], 1);
    }
    *out = (struct text_list){.items = ids, .count = count};
    return true;
}

static const struct query *const all[] = {&add, LISTED_BY_TENANT_AND_PARENT(list),
                                          LISTED_BY_TENANT_AND_PARENT(latest), &head,
                                          &moved_domains};
const struct query_list event_queries = {"event_store.c", all, ARRAY_LEN(all)};
