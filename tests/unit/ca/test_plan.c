/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How SQLite finds the rows of each statement of the CA: by an index or a key, whatever grows in
 * the database. Which statements there are is read from the sources, so that none is left out.
 *
 * usage: test_ca_plan FOLDER_OF_THE_SOURCES
 */
#include <dirent.h>
#include <sqlite3.h>

#include "base/embedded.h"
#include "ca/database.h"
#include "check.h"
#include "db/migrate.h"
#include "store_dir.h"

#define SOURCE_MAX (1024 * 1024)

extern const struct embedded_file ca_migrations[];
extern const size_t ca_migrations_count;

static const char *source_folder;

/* What an operator asks for, about everything there is. */
static const char *const about_everything[] = {
    "ca_account.lose_all", "ca_crl.outdate_all",   "ca_eab.count",       "ca_eab.list",
    "ca_issued.renew_all", "ca_issued.revoke_all", "ca_terms.agree_all", "ca_pause.end",
};

static bool may_scan(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(about_everything); i++) {
        if (strcmp(name, about_everything[i]) == 0)
            return true;
    }
    return false;
}

static void check_step(const struct query *q, const char *step)
{
    bool is_scan = strncmp(step, "SCAN ", 5) == 0 && !strstr(step, "CONSTANT ROW");
    bool is_sort = strstr(step, "TEMP B-TREE") != NULL;

    ok(may_scan(q->name) || (!is_scan && !is_sort), "%s: %s", q->name, step);
}

static void check_plan(sqlite3 *sqlite, const struct query *q)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    sqlite3_stmt *stmt = NULL;

    if (!ok(sqlite3_prepare_v2(sqlite, arena_printf(mem, "EXPLAIN QUERY PLAN %s", q->sql), -1,
                               &stmt, NULL) == SQLITE_OK,
            "%s: %s", q->name, sqlite3_errmsg(sqlite)))
        return;
    while (sqlite3_step(stmt) == SQLITE_ROW)
        check_step(q, (const char *)sqlite3_column_text(stmt, 3));
    sqlite3_finalize(stmt);
}

static void make_database(const char *path)
{
    AUTO(db_closep) struct db *db = NULL;
    struct err err;

    assert_true(db_open_sqlite(path, 1, &db, &err) &&
                db_migrate(db, ca_migrations, ca_migrations_count, NULL, &err));
}

static void test_plans(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *path = store_dir_next(mem);
    const struct query_list *const *lists;
    sqlite3 *sqlite = NULL;
    size_t count;

    (void)state;
    make_database(path);
    assert_int_equal(sqlite3_open_v2(path, &sqlite, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    lists = ca_database_queries(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < lists[i]->count; k++)
            check_plan(sqlite, lists[i]->queries[k]);
    }
    sqlite3_close(sqlite);
    all_ok();
}

static const struct query_list *list_of(const char *file)
{
    size_t count;
    const struct query_list *const *lists = ca_database_queries(&count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(lists[i]->file, file) == 0)
            return lists[i];
    }
    return NULL;
}

static size_t count_queries(struct arena *mem, const char *file)
{
    static const char begin[] = "\nstatic const struct query ";
    char *text = arena_alloc(mem, SOURCE_MAX);
    FILE *source = fopen(arena_printf(mem, "%s/%s", source_folder, file), "r");
    size_t count = 0;

    assert_non_null(source);
    text[fread(text, 1, SOURCE_MAX - 1, source)] = '\0';
    fclose(source);
    for (const char *at = strstr(text, begin); at; at = strstr(at + 1, begin))
        count += at[sizeof(begin) - 1] != '*';
    return count;
}

static void test_complete(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    DIR *dir = opendir(source_folder);
    struct dirent *entry;

    (void)state;
    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        const char *end = strstr(entry->d_name, "_store.c");
        const struct query_list *list;

        if (!end || end[8])
            continue;
        list = list_of(entry->d_name);
        ok(list && list->count == count_queries(mem, entry->d_name), "%s: %zu of %zu queries",
           entry->d_name, list ? list->count : 0, count_queries(mem, entry->d_name));
    }
    closedir(dir);
    all_ok();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_complete),
    };

    if (argc != 2) {
        fputs("usage: test_ca_plan FOLDER_OF_THE_SOURCES\n", stderr);
        return 64;
    }
    source_folder = argv[1];
    return cmocka_run_group_tests(tests, store_dir_make, store_dir_remove);
}
