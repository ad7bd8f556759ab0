/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How each query of the store finds its rows, on both engines: by an index, without sorting, so
 * that it costs the same in a store of a hundred thousand domains. Those that do not are listed,
 * with the reason.
 */
#include <sqlite3.h>

#include "base/buf.h"
#include "postgres.h"
#include "store/schema.h"

#define SQL_MAX  8192
#define PLAN_MAX 65536

enum { SCANS = 1, SORTS = 2 };

/* clang-format off */
static const struct {
    const char *name;
    int allowed;
    const char *why;
} reasons[] = {
    {"account.list.all", SORTS, "what the operator's search by name finds"},
    {"admission_line.tidy", SCANS, "only what is under way has lines"},
    {"certificate.current", SORTS, "those of one domain"},
    {"certificate.due", SORTS, "no more than the limit of each way of being due"},
    {"certificate.ended", SORTS, "those of one domain"},
    {"certificate_end.taken_off_at", SORTS, "those of one domain"},
    {"certificate.without_job", SCANS, "of all live ones, each is looked at"},
    {"claim.unproven_below", SCANS, "when a wildcard is proven for the first time"},
    {"dns_value.leaving", SORTS, "those of one domain"},
    {"dns_value.of", SORTS, "those of one issuance"},
    {"domain.list.all", SORTS, "what the operator's search by name finds"},
    {"edge.list", SCANS, "edges are few"},
    {"edge_report.list", SCANS, "edges are few"},
    {"edge_withdrawal.list", SORTS, "those of one domain"},
    {"issuance.waiting", SCANS, "those that wait for edges, by the index of these"},
    {"issued.names_since", SORTS, "those of one domain"},
    {"issued.shares", SCANS, "counts all live ones, in an index, for the operator"},
    {"job.next", SCANS, "in the order of the index, to the first that is free"},
    {"job.release", SCANS, "when a worker begins or ends"},
    {"lost_certificate.count", SCANS, "those that a restore lost"},
    {"notice.list", SCANS, "notices are few"},
    {"order_at_ca.ending", SORTS, "those of one domain"},
    {"order_at_ca.held", SORTS, "those of one domain"},
    {"order_at_ca.leaving_names", SORTS, "those of one domain"},
    {"overview.count.all", SCANS, "counts all domains, in an index, for the operator"},
    {"rate_spent.tidy", SCANS, "only what is under way has spent"},
    {"renewal.ask_all", SCANS, "changes all of them, after a restore"},
    {"vantage.list", SCANS, "edges are few"},
    {"watch.clock_back", SCANS, "changes all of them, when the clock was set back"},
    {"watch.due_in_turn", SCANS | SORTS, "steps from partner to partner, and sorts a few of each"},
    {"watch.next", SCANS, "the first of the index"},
};
/* clang-format on */

static bool was_needed[ARRAY_LEN(reasons)];

static int allowed_to(const struct query *q, int does)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (strcmp(reasons[i].name, q->name) == 0) {
            was_needed[i] = was_needed[i] || (does & reasons[i].allowed);
            return reasons[i].allowed;
        }
    return 0;
}

static void judge(const struct query *q, const char *engine, int does, const char *plan)
{
    int too_much = does & ~allowed_to(q, does);

    ok(!(too_much & SCANS), "%s on %s reads all rows:\n%s", q->name, engine, plan);
    ok(!(too_much & SORTS), "%s on %s sorts:\n%s", q->name, engine, plan);
}

static void each_query(void (*look)(void *arg, const struct query *q), void *arg)
{
    size_t count;
    const struct query_list *const *lists = store_queries(&count);

    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < lists[i]->count; k++)
            look(arg, lists[i]->queries[k]);
}

/* ---- SQLite ---- */

/* Not a table: a constant, or the rows of a subquery, which was looked at itself. */
static bool is_made(struct buf *plan, const char *what)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *before = buf_cstr(plan);

    return strcmp(what, "CONSTANT ROW") == 0 ||
           (before && strstr(before, arena_printf(mem, "  CO-ROUTINE %s\n", what)));
}

static void look_sqlite(void *arg, const struct query *q)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *sql = arena_printf(mem, "EXPLAIN QUERY PLAN %s", q->sql);
    struct buf plan = buf_new(mem, PLAN_MAX);
    sqlite3_stmt *stmt = NULL;
    int does = 0;

    if (!ok(sqlite3_prepare_v2(arg, sql, -1, &stmt, NULL) == SQLITE_OK, "%s: %s", q->name,
            sqlite3_errmsg(arg)))
        return;
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(stmt, 3);

        does |= strncmp(step, "SCAN ", 5) == 0 && !is_made(&plan, step + 5) ? SCANS : 0;
        does |= strstr(step, "TEMP B-TREE FOR ORDER BY") ? SORTS : 0;
        buf_printf(&plan, "  %s\n", step);
    }
    sqlite3_finalize(stmt);
    judge(q, "SQLite", does, buf_cstr(&plan));
}

static void test_sqlite(void **state)
{
    (void)state;
    struct fixture f;
    sqlite3 *sqlite;

    fixture_open_migrated(&f);
    assert_int_equal(sqlite3_open(f.path, &sqlite), SQLITE_OK);
    each_query(look_sqlite, sqlite);
    sqlite3_close(sqlite);
    fixture_close(&f);
    all_ok();
}

/* ---- PostgreSQL ---- */

/* With nothing in the tables it would read them all; it is told what reading and sorting cost in
 * large ones. What it does all the same, it must. */
static const char *const costly[] = {"SET enable_seqscan = off", "SET enable_sort = off",
                                     "SET plan_cache_mode = force_generic_plan"};

static bool prepare(PGconn *pg, const struct query *q)
{
    enum { OID_BYTEA = 17, OID_INT8 = 20, OID_TEXT = 25 };
    Oid types[DB_PARAMS_MAX];
    size_t count = strlen(q->params);

    for (size_t i = 0; i < count; i++)
        types[i] = strchr("tT", q->params[i])   ? OID_TEXT
                   : strchr("iI", q->params[i]) ? OID_INT8
                                                : OID_BYTEA;
    postgres_run(pg, q->name, "DEALLOCATE ALL");
    AUTO(PGresult_freep)
    PGresult *prepared = PQprepare(pg, "looked_at", q->pg ? q->pg : q->sql, (int)count, types);
    return ok(PQresultStatus(prepared) == PGRES_COMMAND_OK, "%s: %s", q->name, PQerrorMessage(pg));
}

static void look_postgres(void *arg, const struct query *q)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct buf sql = buf_new(mem, SQL_MAX), plan = buf_new(mem, PLAN_MAX);
    int does = 0;

    if (!prepare(arg, q))
        return;
    buf_str(&sql, "EXPLAIN (COSTS OFF) EXECUTE looked_at");
    for (size_t i = 0; i < strlen(q->params); i++)
        buf_str(&sql, i == 0 ? "(NULL" : ", NULL");
    buf_str(&sql, *q->params ? ")" : "");
    AUTO(PGresult_freep) PGresult *told = PQexec(arg, buf_cstr(&sql));
    if (!ok(PQresultStatus(told) == PGRES_TUPLES_OK, "%s: %s", q->name, PQerrorMessage(arg)))
        return;
    for (int i = 0; i < PQntuples(told); i++) {
        const char *step = PQgetvalue(told, i, 0);

        does |= strstr(step, "Seq Scan on ") ? SCANS : 0;
        does |= strstr(step, "Sort Key: ") ? SORTS : 0;
        buf_printf(&plan, "  %s\n", step);
    }
    judge(q, "PostgreSQL", does, buf_cstr(&plan));
}

static void test_postgres(void **state)
{
    (void)state;
    struct fixture f = {.mem = arena_new()};
    AUTO(PGconn_freep) PGconn *pg = postgres_open_migrated(&f);

    for (size_t i = 0; i < ARRAY_LEN(costly); i++)
        postgres_run(pg, costly[i], costly[i]);
    each_query(look_postgres, pg);
    arena_free(f.mem);
    all_ok();
}

/* ---- the list of reasons ---- */

static void test_needed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        ok(was_needed[i], "%s needs its reason no more", reasons[i].name);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sqlite),
                                       cmocka_unit_test(test_postgres),
                                       cmocka_unit_test(test_needed)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
