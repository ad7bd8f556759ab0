/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Every query of every store file is prepared on both engines. Which files there are, and which
 * queries each has, is read from the sources, so that none can be left out.
 *
 * usage: test_store_queries SOURCE_FOLDER (with LATCHKEY_TEST_POSTGRES set, see with-postgres)
 */
#include <ctype.h>
#include <dirent.h>
#include <sqlite3.h>

#include "base/buf.h"
#include "db/migrate.h"
#include "postgres.h"
#include "store/schema.h"

#define SOURCE_MAX (1024 * 1024)

/* From the catalogue of PostgreSQL. */
enum { OID_BYTEA = 17, OID_INT8 = 20, OID_TEXT = 25 };

static const char *source_folder;

/* The store's lists and the migrations' own. */
static const struct query_list *list_at(size_t i)
{
    size_t count;
    const struct query_list *const *lists = store_queries(&count);

    if (i < count)
        return lists[i];
    return i == count ? &migrate_queries : NULL;
}

static char letter_at(const char *letters, size_t i)
{
    return (char)tolower((unsigned char)letters[i]);
}

static void prepare_sqlite(sqlite3 *sqlite, const struct query *q)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(sqlite, q->sql, -1, &stmt, NULL);

    if (!ok(code == SQLITE_OK, "%s on SQLite: %s", q->name, sqlite3_errmsg(sqlite)))
        return;
    ok((size_t)sqlite3_column_count(stmt) == strlen(q->cols), "%s: %d columns, declared \"%s\"",
       q->name, sqlite3_column_count(stmt), q->cols);
    for (int i = 1; i <= sqlite3_bind_parameter_count(stmt); i++) {
        const char *name = sqlite3_bind_parameter_name(stmt, i);
        int64_t number = 0;

        ok(name && name[0] == '$' &&
               slice_i64(slice_str(name + 1), 1, (int64_t)strlen(q->params), &number),
           "%s: parameter %s is declared", q->name, name ? name : "?");
    }
    ok(sqlite3_stmt_readonly(stmt) == (strncmp(q->sql, "SELECT ", 7) == 0),
       "%s: a SELECT and nothing else only reads", q->name);
    sqlite3_finalize(stmt);
}

static void test_sqlite(void **state)
{
    (void)state;
    struct fixture f;
    const struct query_list *list;
    sqlite3 *sqlite;

    fixture_open_migrated(&f);
    assert_int_equal(sqlite3_open(f.path, &sqlite), SQLITE_OK);
    for (size_t i = 0; (list = list_at(i)); i++)
        for (size_t k = 0; k < list->count; k++)
            prepare_sqlite(sqlite, list->queries[k]);
    sqlite3_close(sqlite);
    fixture_close(&f);
    all_ok();
}

static Oid oid_of(char letter)
{
    return letter == 't' ? OID_TEXT : letter == 'i' ? OID_INT8 : OID_BYTEA;
}

static void describe_postgres(PGconn *pg, const struct query *q)
{
    AUTO(PGresult_freep) PGresult *about = PQdescribePrepared(pg, "");
    int columns = PQnfields(about);

    if (!ok((size_t)columns == strlen(q->cols), "%s: %d columns, declared \"%s\"", q->name, columns,
            q->cols))
        return;
    for (int i = 0; i < columns; i++)
        ok(PQftype(about, i) == oid_of(letter_at(q->cols, (size_t)i)),
           "%s: column %d has type %u, declared \"%s\"", q->name, i + 1, PQftype(about, i),
           q->cols);
}

static void prepare_postgres(PGconn *pg, const struct query *q)
{
    AUTO(PGresult_freep) PGresult *prepared = NULL;
    Oid types[DB_PARAMS_MAX];
    size_t count = strlen(q->params);

    for (size_t i = 0; i < count; i++)
        types[i] = oid_of(letter_at(q->params, i));
    prepared = PQprepare(pg, "", q->pg ? q->pg : q->sql, (int)count, types);
    if (ok(PQresultStatus(prepared) == PGRES_COMMAND_OK, "%s on PostgreSQL: %s", q->name,
           PQerrorMessage(pg)))
        describe_postgres(pg, q);
}

static void test_postgres(void **state)
{
    (void)state;
    struct fixture f = {.mem = arena_new()};
    AUTO(PGconn_freep) PGconn *pg = postgres_open_migrated(&f);
    const struct query_list *list;

    for (size_t i = 0; (list = list_at(i)); i++)
        for (size_t k = 0; k < list->count; k++)
            prepare_postgres(pg, list->queries[k]);
    arena_free(f.mem);
    all_ok();
}

static const char *read_source(struct arena *mem, const char *folder, const char *file)
{
    const char *path = arena_printf(mem, "%s/%s/%s", source_folder, folder, file);
    char *text = arena_alloc(mem, SOURCE_MAX);
    FILE *in = fopen(path, "r");

    if (!in)
        fail_msg("could not open %s", path);
    assert_true(fread(text, 1, SOURCE_MAX - 1, in) < SOURCE_MAX - 1);
    fclose(in);
    return text;
}

/* Whether `name` is a whole word of `text`. */
static bool has_word(const char *text, const char *name)
{
    size_t len = strlen(name);

    for (const char *at = strstr(text, name); at; at = strstr(at + 1, name))
        if (!isalnum((unsigned char)at[-1]) && at[-1] != '_' && !isalnum((unsigned char)at[len]) &&
            at[len] != '_')
            return true;
    return false;
}

/* Each `static const struct query NAME` stands in the file's list. */
static size_t check_listed(struct arena *mem, const char *file, const char *source)
{
    static const char begin[] = "static const struct query ";
    const char *listed = strstr(source, "static const struct query *const all[]");
    size_t count = 0;

    if (!ok(listed != NULL, "%s exports a list", file))
        return 0;
    for (const char *at = strstr(source, begin); at; at = strstr(at + 1, begin)) {
        const char *name = at + sizeof(begin) - 1;

        if (*name == '*')
            continue;
        name = arena_strndup(mem, name, strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789"));
        ok(has_word(listed, name), "%s: %s is listed", file, name);
        count++;
    }
    return count;
}

static bool is_list(const char *file)
{
    const struct query_list *list;

    for (size_t i = 0; (list = list_at(i)); i++)
        if (strcmp(list->file, file) == 0)
            return true;
    return false;
}

static void test_complete(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *path = arena_printf(mem, "%s/store", source_folder);
    const struct query_list *list;
    struct dirent *entry;
    size_t count;
    DIR *dir = opendir(path);

    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        const char *end = strstr(entry->d_name, "_store.c");

        if (end && !end[8])
            ok(is_list(entry->d_name), "%s is in store_queries()", entry->d_name);
    }
    closedir(dir);
    for (size_t i = 0; (list = list_at(i)); i++) {
        const char *folder = list == &migrate_queries ? "db" : "store";

        count = check_listed(mem, list->file, read_source(mem, folder, list->file));
        ok(count > 0 && list->count >= count, "%s: %zu queries, %zu listed", list->file, count,
           list->count);
    }
    all_ok();
}

static void test_names(void **state)
{
    (void)state;
    const struct query_list *list, *other;

    for (size_t i = 0; (list = list_at(i)); i++)
        for (size_t k = 0; k < list->count; k++) {
            size_t found = 0;

            for (size_t m = 0; (other = list_at(m)); m++)
                for (size_t n = 0; n < other->count; n++)
                    found += strcmp(other->queries[n]->name, list->queries[k]->name) == 0;
            ok(found == 1, "%s: one query has this name", list->queries[k]->name);
        }
    all_ok();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sqlite),
        cmocka_unit_test(test_postgres),
        cmocka_unit_test(test_complete),
        cmocka_unit_test(test_names),
    };

    if (argc != 2) {
        fputs("usage: test_store_queries SOURCE_FOLDER\n", stderr);
        return 64;
    }
    source_folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
