/* SPDX-License-Identifier: Apache-2.0 */
#include "store/edge_report_store.h"

#include "store/record.h"

#define COLUMNS "edge_id, at, trouble, unknown_count, unknown_hosts, kept_count, kept_hosts"
#define LETTERS "tiTitit"
#define SELECT  "SELECT " COLUMNS " FROM edge_report"

static void read_record(struct reader *r, struct edge_report *out)
{
    out->edge_id = next_text(r);
    out->at = next_i64(r);
    out->trouble = next_text(r);
    out->unknown_count = next_i64(r);
    out->unknown_hosts = next_list(r);
    out->kept_count = next_i64(r);
    out->kept_hosts = next_list(r);
}

DEFINE_READ_ONE(edge_report)
DEFINE_READ_ALL(edge_report, edge_report_list)

static const struct query put = {
    .name = "edge_report.put",
    .sql = "INSERT INTO edge_report (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7)"
           " ON CONFLICT (edge_id) DO UPDATE SET at = excluded.at, trouble = excluded.trouble,"
           " unknown_count = excluded.unknown_count, unknown_hosts = excluded.unknown_hosts,"
           " kept_count = excluded.kept_count, kept_hosts = excluded.kept_hosts",
    .params = LETTERS,
    .cols = "",
};

bool edge_report_store_put(struct db *db, const struct edge_report *report, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    return db_exec(db, &put, NULL, err, QT(report->edge_id), QI(report->at), QT(report->trouble),
                   QI(report->unknown_count), QT(text_list_json(mem, report->unknown_hosts)),
                   QI(report->kept_count), QT(text_list_json(mem, report->kept_hosts)));
}

static const struct query get = {
    .name = "edge_report.get",
    .sql = SELECT " WHERE edge_id = $1",
    .params = "t",
    .cols = LETTERS,
};

bool edge_report_store_get(struct arena *mem, struct db *db, const char *edge_id,
                           const struct edge_report **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QT(edge_id)) && read_one(mem, row, out, err);
}

static const struct query list = {
    .name = "edge_report.list",
    .sql = SELECT " WHERE $1 IS NULL OR edge_id IN (SELECT id FROM edge WHERE grp = $1)"
                  " ORDER BY edge_id",
    .params = "T",
    .cols = LETTERS,
};

bool edge_report_store_list(struct arena *mem, struct db *db, const char *group,
                            struct edge_report_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &list, &rows, err, QT(group)) && read_all(mem, &rows, out, err);
}

static const struct query *const all[] = {&put, &get, &list};
const struct query_list edge_report_queries = {"edge_report_store.c", all, ARRAY_LEN(all)};
