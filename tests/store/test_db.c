/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

/* One table with a column of each type. */
static void open_things(struct fixture *f)
{
    struct db *tx;

    fixture_open(f);
    MUST(f, db_tx_begin(f->db, &tx, &f->err));
    MUST(f, db_script(tx,
                      "CREATE TABLE parent (id TEXT PRIMARY KEY) STRICT;"
                      "CREATE TABLE thing (id TEXT PRIMARY KEY, n INTEGER, b BLOB, word TEXT,"
                      " parent TEXT REFERENCES parent (id)) STRICT;"
                      "CREATE UNIQUE INDEX uq_thing_n ON thing (n, word)",
                      &f->err));
    MUST(f, db_tx_commit(&tx, &f->err));
}

static const struct query add = {
    .name = "thing.add",
    .sql = "INSERT INTO thing (b, n, id) VALUES ($3, $2, $1)",
    .params = "tIB",
    .cols = "",
};
static const struct query add_child = {
    .name = "thing.add_child",
    .sql = "INSERT INTO thing (id, parent) VALUES ($1, $2)",
    .params = "tt",
    .cols = "",
};
static const struct query add_word = {
    .name = "thing.add_word",
    .sql = "INSERT INTO thing (id, n, word) VALUES ($1, $2, $3)",
    .params = "tit",
    .cols = "",
};
static const struct query get = {
    .name = "thing.get",
    .sql = "SELECT id, n, b, word FROM thing WHERE id = $1",
    .params = "t",
    .cols = "tIBT",
};
static const struct query get_as_text = {
    .name = "thing.get_as_text",
    .sql = "SELECT n FROM thing WHERE id = $1",
    .params = "t",
    .cols = "t",
};
static const struct query get_not_null = {
    .name = "thing.get_not_null",
    .sql = "SELECT n FROM thing WHERE id = $1",
    .params = "t",
    .cols = "i",
};
static const struct query all = {
    .name = "thing.all",
    .sql = "SELECT id FROM thing ORDER BY id",
    .params = "",
    .cols = "t",
};
static const struct query set = {
    .name = "thing.set",
    .sql = "UPDATE thing SET n = $2 WHERE id = $1",
    .params = "ti",
    .cols = "",
};
static const struct query bump = {
    .name = "thing.bump",
    .sql = "UPDATE thing SET n = n + 1 WHERE id = $1 RETURNING n",
    .params = "t",
    .cols = "i",
};
static const struct query fill = {
    .name = "thing.fill",
    .sql = "INSERT INTO thing (id, b) VALUES ($1, zeroblob(4000000))",
    .params = "t",
    .cols = "",
};

static const char *const ids[] = {"a", "b", ""};

static void test_types(void **state)
{
    (void)state;
    struct fixture f;
    const struct row *row;

    open_things(&f);
    MUST(&f, db_exec(f.db, &add, NULL, &f.err, QT("a"), QI(INT64_MIN), QB(SLICE_LIT("\0\1"))));
    MUST(&f, db_exec(f.db, &add, NULL, &f.err, QT("b"), QNULL, QB((struct slice){0})));
    MUST(&f, db_exec(f.db, &add, NULL, &f.err, QT(""), QI0(0), QB(SLICE_LIT(""))));
    MUST(&f, db_one(f.mem, f.db, &get, &row, &f.err, QT(ids[0])));
    ok(strcmp(row_text(row, 0), "a") == 0 && row_i64(row, 1) == INT64_MIN, "text and integer");
    ok(slice_eq(row_bytes(row, 2), SLICE_LIT("\0\1")), "octets with a zero");
    ok(!row_is_null(row, 0) && row_is_null(row, 3) && !row_text(row, 3), "NULL text");
    MUST(&f, db_one(f.mem, f.db, &get, &row, &f.err, QT(ids[1])));
    ok(row_is_null(row, 1) && row_i64(row, 1) == 0, "NULL integer");
    ok(row_is_null(row, 2) && !row_bytes(row, 2).data, "NULL octets");
    MUST(&f, db_one(f.mem, f.db, &get, &row, &f.err, QT(ids[2])));
    ok(strcmp(row_text(row, 0), "") == 0 && row_is_null(row, 1), "empty text is not NULL");
    ok(!row_is_null(row, 2) && row_bytes(row, 2).len == 0 && row_bytes(row, 2).data,
       "empty octets are not NULL");
    MUST(&f, db_one(f.mem, f.db, &get, &row, &f.err, QT("c")));
    ok(!row, "no row");
    fixture_close(&f);
    all_ok();
}

static void test_rows(void **state)
{
    (void)state;
    struct fixture f;
    const struct row *row = NULL;
    struct rows rows;
    int64_t changed = -1;

    open_things(&f);
    MUST(&f, db_each(f.mem, f.db, &all, &rows, &f.err, QNONE));
    ok(rows.count == 0, "no rows");
    for (int i = 0; i < 100; i++)
        MUST(&f, db_exec(f.db, &add, NULL, &f.err, QT(arena_printf(f.mem, "%02d", i)), QI(i),
                         QB((struct slice){0})));
    MUST(&f, db_each(f.mem, f.db, &all, &rows, &f.err, QNONE));
    ok(rows.count == 100 && strcmp(row_text(rows.row[99], 0), "99") == 0, "all rows, in order");
    ok(!db_one(f.mem, f.db, &all, &row, &f.err, QNONE) && f.err.code == ERR_STORE && !row,
       "one row expected: %s", f.err.text);
    MUST(&f, db_exec(f.db, &set, &changed, &f.err, QT("07"), QI(700)));
    ok(changed == 1, "one changed");
    MUST(&f, db_exec(f.db, &set, &changed, &f.err, QT("x"), QI(700)));
    ok(changed == 0, "none changed");
    ok(!db_exec_one(f.db, &set, &f.err, QT("x"), QI(1)) && f.err.code == ERR_LOST_RACE &&
           strcmp(f.err.text, "thing.set: changed or gone meanwhile") == 0,
       "lost race: %s", f.err.text);
    MUST(&f, db_one(f.mem, f.db, &bump, &row, &f.err, QT("07")));
    ok(row_i64(row, 0) == 701, "RETURNING on the pool is a write");
    fixture_close(&f);
    all_ok();
}

static void test_errors(void **state)
{
    (void)state;
    struct fixture f;
    struct err *err = &f.err;
    const struct row *row;

    open_things(&f);
    MUST(&f, db_exec(f.db, &add_word, NULL, err, QT("a"), QI(1), QT("w")));
    ok(!db_exec(f.db, &add, NULL, err, QT("a"), QI(2), QB((struct slice){0})) &&
           err->code == ERR_CONFLICT && strcmp(err->field, "thing.id") == 0,
       "primary key: %s (%s)", err->text, err->field);
    ok(!db_exec(f.db, &add_word, NULL, err, QT("b"), QI(1), QT("w")) && err->code == ERR_CONFLICT &&
           strcmp(err->field, "thing.n") == 0 &&
           strcmp(err->text, "thing.add_word: there is one already (thing.n, thing.word)") == 0,
       "unique index: %s (%s)", err->text, err->field);
    ok(!db_exec(f.db, &add_child, NULL, err, QT("b"), QT("nobody")) && err->code == ERR_CONFLICT &&
           strcmp(err->field, "foreign_key") == 0,
       "reference: %s (%s)", err->text, err->field);
    ok(!db_one(f.mem, f.db, &get_as_text, &row, err, QT("a")) && err->code == ERR_STORE &&
           strcmp(err->text, "could not run thing.get_as_text: column 1 has an unexpected type") ==
               0,
       "type of a column: %s", err->text);
    MUST(&f, db_exec(f.db, &add, NULL, err, QT("n"), QNULL, QB((struct slice){0})));
    ok(!db_one(f.mem, f.db, &get_not_null, &row, err, QT("n")) && err->code == ERR_STORE,
       "NULL where none may be: %s", err->text);
    fixture_close(&f);
    all_ok();
}

static void test_tx(void **state)
{
    (void)state;
    struct fixture f;
    const struct row *row;

    open_things(&f);
    {
        AUTO(db_tx_endp) struct db *tx = NULL;

        MUST(&f, db_tx_begin(f.db, &tx, &f.err));
        MUST(&f, db_exec(tx, &add, NULL, &f.err, QT("a"), QI(1), QB((struct slice){0})));
        MUST(&f, db_one(f.mem, tx, &get, &row, &f.err, QT("a")));
        ok(row != NULL && db_is_tx(tx) && !db_is_tx(f.db), "a transaction sees its own rows");
        MUST(&f, db_one(f.mem, f.db, &get, &row, &f.err, QT("a")));
        ok(!row, "nobody else does");
        ok(!db_exec(tx, &add, NULL, &f.err, QT("a"), QI(2), QB((struct slice){0})),
           "a statement fails");
        MUST(&f, db_exec(tx, &set, NULL, &f.err, QT("a"), QI(3)));
    }
    MUST(&f, db_one(f.mem, f.db, &get, &row, &f.err, QT("a")));
    ok(!row, "what is not committed is gone");
    {
        AUTO(db_tx_endp) struct db *tx = NULL;

        MUST(&f, db_tx_begin(f.db, &tx, &f.err));
        MUST(&f, db_exec(tx, &add, NULL, &f.err, QT("a"), QI(1), QB((struct slice){0})));
        ok(!db_exec(tx, &add, NULL, &f.err, QT("a"), QI(2), QB((struct slice){0})),
           "a statement fails");
        MUST(&f, db_tx_commit(&tx, &f.err));
        ok(!tx, "a committed transaction is no handle any more");
    }
    MUST(&f, db_one(f.mem, f.db, &get, &row, &f.err, QT("a")));
    ok(row && row_i64(row, 1) == 1, "what succeeded in it is stored");
    fixture_close(&f);
    all_ok();
}

/* An inner transaction is undone alone, and with the outer one. */
static void test_inner(void **state)
{
    struct fixture f;
    struct rows rows;
    (void)state;

    open_things(&f);
    for (int i = 0; i < 2; i++) {
        AUTO(db_tx_endp) struct db *outer = NULL;
        AUTO(db_tx_endp) struct db *kept = NULL;
        AUTO(db_tx_endp) struct db *undone = NULL;

        MUST(&f, db_tx_begin(f.db, &outer, &f.err));
        MUST(&f, db_exec_one(outer, &add, &f.err, QT("a"), QI(1), QB((struct slice){0})));
        MUST(&f, db_tx_begin(outer, &kept, &f.err));
        MUST(&f, db_exec_one(kept, &add, &f.err, QT("b"), QI(2), QB((struct slice){0})));
        MUST(&f, db_tx_begin(kept, &undone, &f.err));
        MUST(&f, db_exec_one(undone, &add, &f.err, QT("c"), QI(3), QB((struct slice){0})));
        db_tx_endp(&undone);
        MUST(&f, db_tx_commit(&kept, &f.err));
        MUST(&f, db_each(f.mem, outer, &all, &rows, &f.err, QNONE));
        ok(rows.count == 2 && strcmp(row_text(rows.row[1], 0), "b") == 0, "inside: %zu rows",
           rows.count);
        MUST(&f, db_each(f.mem, f.db, &all, &rows, &f.err, QNONE));
        ok(rows.count == 0, "outside before the commit: %zu rows", rows.count);
        if (i == 1)
            MUST(&f, db_tx_commit(&outer, &f.err));
        db_tx_endp(&outer);
        MUST(&f, db_each(f.mem, f.db, &all, &rows, &f.err, QNONE));
        ok(rows.count == (i == 1 ? 2 : 0), "outside after %s: %zu rows",
           i == 1 ? "the commit" : "the end", rows.count);
    }
    fixture_close(&f);
    all_ok();
}

/* The engine rolls a transaction back by itself when the disk is full. */
static void test_full(void **state)
{
    (void)state;
    struct fixture f;
    struct db *tx;
    const struct row *row;

    open_things(&f);
    MUST(&f, db_tx_begin(f.db, &tx, &f.err));
    MUST(&f, db_script(tx, "PRAGMA max_page_count = 100", &f.err));
    MUST(&f, db_exec(tx, &add, NULL, &f.err, QT("a"), QI(1), QB((struct slice){0})));
    ok(!db_exec(tx, &fill, NULL, &f.err, QT("b")) && f.err.code == ERR_FULL &&
           strcmp(f.err.text,
                  "could not run thing.fill: the disk that holds latchkey.db is full") == 0,
       "full: %s", f.err.text);
    ok(!db_exec(tx, &add, NULL, &f.err, QT("c"), QI(1), QB((struct slice){0})) &&
           f.err.code == ERR_FULL,
       "the transaction does not go on: %s", f.err.text);
    ok(!db_tx_commit(&tx, &f.err) && f.err.code == ERR_FULL &&
           strstr(f.err.text, "latchkey.db is full"),
       "nor is it committed: %s", f.err.text);
    MUST(&f, db_one(f.mem, f.db, &get, &row, &f.err, QT("a")));
    ok(!row, "nothing is stored");
    MUST(&f, db_exec(f.db, &add, NULL, &f.err, QT("d"), QI(1), QB((struct slice){0})));
    fixture_close(&f);
    all_ok();
}

static void test_open(void **state)
{
    (void)state;
    struct fixture f;
    struct db *db = NULL;
    struct stat info;
    char path[128];
    FILE *file;

    open_things(&f);
    ok(stat(f.path, &info) == 0 && (info.st_mode & 0777) == 0600, "the file is private: %o",
       info.st_mode & 0777u);
    snprintf(path, sizeof(path), "%s-wal", f.path);
    ok(stat(path, &info) == 0 && (info.st_mode & 0777) == 0600, "and so is its log");
    ok(!db_open_sqlite("/nonexistent/x.db", 1, &db, &f.err) && f.err.code == ERR_STORE && !db, "%s",
       f.err.text);
    snprintf(path, sizeof(path), "%s/other", f.dir);
    file = fopen(path, "w");
    for (int i = 0; i < 1000; i++)
        fputs("this is no database\n", file);
    fclose(file);
    ok(!db_open_sqlite(path, 1, &db, &f.err) && f.err.code == ERR_STORE &&
           strstr(f.err.text, "file is not a database"),
       "%s", f.err.text);
    fixture_close(&f);
    all_ok();
}

/* Each ends the process that does it. */
static void forget_argument(struct db *db, struct err *err)
{
    ok(db_exec(db, &set, NULL, err, QT("a")), "not reached");
}

static void swap_arguments(struct db *db, struct err *err)
{
    ok(db_exec(db, &set, NULL, err, QI(1), QT("a")), "not reached");
}

static void add_argument(struct db *db, struct err *err)
{
    ok(db_exec(db, &set, NULL, err, QT("a"), QI(1), QI(2)), "not reached");
}

static void pass_null(struct db *db, struct err *err)
{
    ok(db_exec(db, &set, NULL, err, QT(NULL), QI(1)), "not reached");
}

static void read_as_text(struct db *db, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row;

    if (db_one(mem, db, &get, &row, err, QT("a")))
        row_text(row, 1);
}

static void read_beyond(struct db *db, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row;

    if (db_one(mem, db, &get, &row, err, QT("a")))
        row_is_null(row, 4);
}

static void begin_twice(struct db *db, struct err *err)
{
    struct db *tx;

    ok(db_tx_begin(db, &tx, err) && db_tx_begin(db, &tx, err), "not reached");
}

static const struct {
    const char *what;
    void (*misuse)(struct db *db, struct err *err);
} misuses[] = {
    {"an argument is missing", forget_argument},        {"arguments are swapped", swap_arguments},
    {"there is an argument too many", add_argument},    {"NULL where none may be", pass_null},
    {"an integer is read as text", read_as_text},       {"a column is not there", read_beyond},
    {"a thread begins twice on the pool", begin_twice},
};

static void test_misuse(void **state)
{
    (void)state;
    struct fixture f;

    open_things(&f);
    MUST(&f, db_exec(f.db, &add, NULL, &f.err, QT("a"), QI(1), QB((struct slice){0})));
    for (size_t i = 0; i < ARRAY_LEN(misuses); i++) {
        pid_t child = fork();
        int status = 0;

        if (child == 0) {
            signal(SIGABRT, SIG_DFL);
            (void)!freopen("/dev/null", "w", stderr);
            misuses[i].misuse(f.db, &f.err);
            _exit(0);
        }
        waitpid(child, &status, 0);
        ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "%s: status %d", misuses[i].what,
           status);
    }
    fixture_close(&f);
    all_ok();
}

/* More, one after another, than the fixture has readers. */
#define VIEWS 5

static void test_view(void **state)
{
    (void)state;
    struct fixture f;
    const struct row *row;

    open_things(&f);
    for (int64_t i = 0; i < VIEWS; i++) {
        AUTO(db_view_endp) struct db *view = NULL;
        const char *id = arena_printf(f.mem, "%lld", (long long)i);

        MUST(&f, db_view_begin(f.db, &view, &f.err));
        MUST(&f, db_one(f.mem, view, &get, &row, &f.err, QT(id)));
        ok(!row, "it is not there");
        MUST(&f, db_exec(f.db, &add, NULL, &f.err, QT(id), QI(i), QB((struct slice){0})));
        MUST(&f, db_one(f.mem, view, &get, &row, &f.err, QT(id)));
        ok(!row, "what is stored meanwhile is not in the view");
        MUST(&f, db_one(f.mem, f.db, &get, &row, &f.err, QT(id)));
        ok(row != NULL, "others see it");
        ok(!db_exec(view, &set, NULL, &f.err, QT(id), QI(9)) && f.err.code == ERR_STORE,
           "nothing is written through a view: %s", f.err.text);
        db_view_endp(&view);
        ok(!view, "a view that has ended is no handle any more");
    }
    fixture_close(&f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types), cmocka_unit_test(test_rows),   cmocka_unit_test(test_errors),
        cmocka_unit_test(test_tx),    cmocka_unit_test(test_inner),  cmocka_unit_test(test_full),
        cmocka_unit_test(test_open),  cmocka_unit_test(test_misuse), cmocka_unit_test(test_view),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
