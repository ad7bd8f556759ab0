/* SPDX-License-Identifier: Apache-2.0 */
#include "db/migrate.h"
#include "fixture.h"
#include "store/schema.h"

#define FILE_OF(name, text)                                                                        \
    {                                                                                              \
        name, (const unsigned char *)(text), sizeof(text) - 1                                      \
    }

static const struct embedded_file good[] = {
    FILE_OF("0001_first.sql", "CREATE TABLE a (id {text} PRIMARY KEY, n {int}) {strict};"),
    FILE_OF("0002_second.sql", "CREATE TABLE b (seq {identity}, x {bytes}, y {bool}) {strict};"),
};
static const struct embedded_file altered[] = {
    FILE_OF("0001_first.sql", "CREATE TABLE a (id {text} PRIMARY KEY) {strict};"),
    FILE_OF("0002_second.sql", "CREATE TABLE b (seq {identity}, x {bytes}, y {bool}) {strict};"),
};
static const struct embedded_file renamed[] = {
    FILE_OF("0001_other.sql", "CREATE TABLE a (id {text} PRIMARY KEY, n {int}) {strict};"),
    FILE_OF("0002_second.sql", "CREATE TABLE b (seq {identity}, x {bytes}, y {bool}) {strict};"),
};
static const struct embedded_file broken[] = {
    FILE_OF("0001_first.sql", "CREATE TABLE a (id {text} PRIMARY KEY, n {int}) {strict};"),
    FILE_OF("0002_broken.sql", "CREATE TABLE c (id {text}) {strict}; CREATE TABLE a (id {text});"),
};
static const struct embedded_file unknown[] = {
    FILE_OF("0001_unknown.sql", "CREATE TABLE a (id {words});"),
};

static const struct query tables = {
    .name = "tables",
    .sql = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('a', 'b', 'c')",
    .params = "",
    .cols = "i",
};

static int64_t count_tables(struct fixture *f)
{
    const struct row *row;

    MUST(f, db_one(f->mem, f->db, &tables, &row, &f->err, QNONE));
    return row_i64(row, 0);
}

static void test_forward(void **state)
{
    (void)state;
    struct fixture f;
    size_t applied;

    fixture_open(&f);
    ok(!db_migrate_check(f.db, good, 2, &f.err) &&
           strcmp(f.err.text,
                  "the database lacks migration 0001_first.sql: run `latchkey migrate`") == 0,
       "an empty database: %s", f.err.text);
    MUST(&f, db_migrate(f.db, good, 1, &applied, &f.err));
    ok(applied == 1 && count_tables(&f) == 1, "the first");
    ok(!db_migrate_check(f.db, good, 2, &f.err) &&
           strstr(f.err.text, "lacks migration 0002_second.sql"),
       "one is missing: %s", f.err.text);
    MUST(&f, db_migrate(f.db, good, 2, &applied, &f.err));
    ok(applied == 1 && count_tables(&f) == 2, "the second");
    MUST(&f, db_migrate(f.db, good, 2, &applied, &f.err));
    ok(applied == 0, "none");
    MUST(&f, db_migrate_check(f.db, good, 2, &f.err));
    fixture_close(&f);
    all_ok();
}

static const struct {
    const struct embedded_file *files;
    size_t count;
    const char *text;
} refused[] = {
    {good, 1,
     "the database is newer than this program: it has migration 0002_second.sql, the newest one "
     "known here is 0001_first.sql"},
    {altered, 2, "migration 0001_first.sql was altered after it was applied"},
    {renamed, 2, "the database has migration 0001_first.sql where this program has 0001_other.sql"},
};

static void test_refused(void **state)
{
    (void)state;
    struct fixture f;

    fixture_open(&f);
    MUST(&f, db_migrate(f.db, good, 2, NULL, &f.err));
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        ok(!db_migrate(f.db, refused[i].files, refused[i].count, NULL, &f.err) &&
               f.err.code == ERR_STORE &&
               strncmp(f.err.text, refused[i].text, strlen(refused[i].text)) == 0,
           "migrate: %s", f.err.text);
        ok(!db_migrate_check(f.db, refused[i].files, refused[i].count, &f.err) &&
               f.err.code == ERR_STORE &&
               strncmp(f.err.text, refused[i].text, strlen(refused[i].text)) == 0,
           "check: %s", f.err.text);
    }
    fixture_close(&f);
    all_ok();
}

static void test_broken(void **state)
{
    (void)state;
    struct fixture f;

    fixture_open(&f);
    ok(!db_migrate(f.db, broken, 2, NULL, &f.err) && f.err.code == ERR_STORE &&
           strcmp(f.err.text, "migration 0002_broken.sql: could not run a script: table a already "
                              "exists") == 0,
       "broken: %s", f.err.text);
    ok(count_tables(&f) == 1, "the first stays, the second leaves nothing");
    ok(!db_migrate_check(f.db, good, 2, &f.err) &&
           strstr(f.err.text, "lacks migration 0002_second.sql"),
       "it is not recorded: %s", f.err.text);
    fixture_close(&f);
    fixture_open(&f);
    ok(!db_migrate(f.db, unknown, 1, NULL, &f.err) && f.err.code == ERR_STORE &&
           strstr(f.err.text, "unknown placeholder in a migration: {words}"),
       "placeholder: %s", f.err.text);
    fixture_close(&f);
    all_ok();
}

static void test_own(void **state)
{
    (void)state;
    struct fixture f;
    size_t applied;

    fixture_open(&f);
    MUST(&f, store_migrate(f.db, &applied, &f.err));
    ok(applied == store_migrations_count, "all of the product's own");
    MUST(&f, store_migrate_check(f.db, &f.err));
    fixture_close(&f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
