/* SPDX-License-Identifier: Apache-2.0 */
#include "store/watch_store.h"

#include "store/record.h"

#define COLUMNS                                                                                    \
    "domain_id, cared_at, look_at, woken_at, changed_at, parent_at, changes_tat, servers, facts"
#define LETTERS "tiiiiiitt"

static void read_record(struct reader *r, struct domain_watch *out)
{
    out->domain_id = next_text(r);
    out->cared_at = next_i64(r);
    out->look_at = next_i64(r);
    out->woken_at = next_i64(r);
    out->changed_at = next_i64(r);
    out->parent_at = next_i64(r);
    out->changes_tat = next_i64(r);
    out->servers = next_text(r);
    out->facts = next_text(r);
}

DEFINE_READ_ONE(domain_watch)
DEFINE_READ_ALL(domain_watch, domain_watch_list)

#define SOONER(at)                                                                                 \
    "CASE WHEN domain_watch.look_at < " at " THEN domain_watch.look_at ELSE " at " END"

static const struct query care = {
    .name = "watch.care",
    .sql = "INSERT INTO domain_watch (" COLUMNS ", partner_id)"
           " SELECT id, $2, $3, $4, 0, 0, 0, '', '', partner_id FROM domain WHERE id = $1"
           " ON CONFLICT (domain_id) DO UPDATE SET cared_at = $2, look_at = " SOONER(
               "$3") ","
                     " woken_at = CASE WHEN domain_watch.woken_at < $4 THEN $4"
                     " ELSE domain_watch.woken_at END",
    .params = "tiii",
    .cols = "",
};

bool watch_store_care(struct db *db, const struct domain_watch *watch, struct err *err)
{
    return db_exec(db, &care, NULL, err, QT(watch->domain_id), QI(watch->cared_at),
                   QI(watch->look_at), QI(watch->woken_at));
}

static const struct query get = {
    .name = "watch.get",
    .sql = "SELECT " COLUMNS " FROM domain_watch WHERE domain_id = $1",
    .params = "t",
    .cols = LETTERS,
};

bool watch_store_get(struct arena *mem, struct db *db, const char *domain_id,
                     const struct domain_watch **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QT(domain_id)) && read_one(mem, row, out, err);
}

static const struct query due = {
    .name = "watch.due",
    .sql = "SELECT " COLUMNS " FROM domain_watch WHERE look_at <= $1 ORDER BY look_at LIMIT $2",
    .params = "ii",
    .cols = LETTERS,
};

bool watch_store_due(struct arena *mem, struct db *db, int64_t now, int64_t most,
                     struct domain_watch_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &due, &rows, err, QI(now), QI(most)) && read_all(mem, &rows, out, err);
}

/* A step to each partner that has any, then the first of each by the index. */
static const struct query due_in_turn = {
    .name = "watch.due_in_turn",
    .sql =
        "SELECT " COLUMNS " FROM (WITH RECURSIVE partner_of (id) AS (SELECT MIN(partner_id)"
        " FROM domain_watch UNION ALL SELECT (SELECT MIN(partner_id) FROM domain_watch"
        " WHERE partner_id > partner_of.id) FROM partner_of WHERE partner_of.id IS NOT NULL)"
        " SELECT " COLUMNS ", ROW_NUMBER() OVER (PARTITION BY partner_id ORDER BY look_at) AS turn"
        " FROM partner_of JOIN domain_watch ON domain_id IN (SELECT d.domain_id FROM"
        " domain_watch d WHERE d.partner_id = partner_of.id AND d.look_at <= $1"
        " ORDER BY d.look_at LIMIT $2)) turns ORDER BY turn, look_at LIMIT $3",
    .params = "iii",
    .cols = LETTERS,
};

bool watch_store_due_in_turn(struct arena *mem, struct db *db, int64_t now, int64_t each,
                             int64_t most, struct domain_watch_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &due_in_turn, &rows, err, QI(now), QI(each), QI(most)) &&
           read_all(mem, &rows, out, err);
}

static const struct query next = {
    .name = "watch.next",
    .sql = "SELECT look_at FROM domain_watch ORDER BY look_at LIMIT 1",
    .params = "",
    .cols = "i",
};

bool watch_store_next(struct db *db, int64_t *out, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row;

    if (!db_one(mem, db, &next, &row, err, QNONE))
        return false;
    *out = row ? row_i64(row, 0) : INT64_MAX;
    return true;
}

static const struct query save = {
    .name = "watch.save",
    .sql = "UPDATE domain_watch SET look_at = CASE WHEN cared_at = $2 THEN $3 ELSE look_at END,"
           " woken_at = $4, changed_at = $5, parent_at = $8, changes_tat = $9, facts = $10,"
           " servers = CASE WHEN servers = $6 THEN $7 ELSE servers END WHERE domain_id = $1",
    .params = "tiiiittiit",
    .cols = "",
};

bool watch_store_save(struct db *db, const struct domain_watch *was, const struct domain_watch *is,
                      struct err *err)
{
    return db_exec(db, &save, NULL, err, QT(was->domain_id), QI(was->cared_at), QI(is->look_at),
                   QI(is->woken_at), QI(is->changed_at), QT(was->servers), QT(is->servers),
                   QI(is->parent_at), QI(is->changes_tat), QT(is->facts));
}

static const struct query set_servers = {
    .name = "watch.set_servers",
    .sql = "UPDATE domain_watch SET servers = $2, look_at = " SOONER("$3") " WHERE domain_id = $1",
    .params = "tti",
    .cols = "",
};

bool watch_store_set_servers(struct db *db, const char *domain_id, const char *servers,
                             int64_t look_at, struct err *err)
{
    return db_exec(db, &set_servers, NULL, err, QT(domain_id), QT(servers), QI(look_at));
}

#define BACK(column) "CASE WHEN " column " > $1 THEN " column " - $2 ELSE " column " END"

static const struct query clock_back =
    {
        .name = "watch.clock_back",
        .sql =
            "UPDATE domain_watch SET cared_at = " BACK("cared_at") ", look_at = " BACK("look_at") ", woken_at = " BACK(
                "woken_at") ", changed_at = " BACK("changed_at") ","
                                                                 " parent_at = " BACK(
                                                                     "parent_at") " WHERE cared_at "
                                                                                  "> $1 OR look_at "
                                                                                  "> $1"
                                                                                  " OR woken_at > "
                                                                                  "$1 OR "
                                                                                  "changed_at > $1 "
                                                                                  "OR parent_at > "
                                                                                  "$1",
        .params = "ii",
        .cols = "",
};

bool watch_store_clock_back(struct db *db, int64_t now, int64_t step_ms, struct err *err)
{
    return db_exec(db, &clock_back, NULL, err, QI(now), QI(step_ms));
}

static const struct query end = {
    .name = "watch.end",
    .sql = "DELETE FROM domain_watch WHERE domain_id = $1",
    .params = "t",
    .cols = "",
};

bool watch_store_end(struct db *db, const char *domain_id, struct err *err)
{
    return db_exec(db, &end, NULL, err, QT(domain_id));
}

/* When they were due is as good as chance. */
static const struct query spread = {
    .name = "watch.spread",
    .sql = "UPDATE domain_watch SET look_at = $2 + (cared_at + look_at) * 7919"
           " % (1 + $3 * (SELECT COUNT(*) FROM domain_watch WHERE look_at < $1))"
           " WHERE look_at < $1 AND cared_at < $1",
    .params = "iii",
    .cols = "",
};

bool watch_store_spread(struct db *db, int64_t late, int64_t now, int64_t apart_ms, struct err *err)
{
    return db_exec(db, &spread, NULL, err, QI(late), QI(now), QI(apart_ms));
}

static const struct query *const all[] = {&care, &get,         &due,        &due_in_turn, &next,
                                          &save, &set_servers, &clock_back, &end,         &spread};
const struct query_list watch_queries = {"watch_store.c", all, ARRAY_LEN(all)};
