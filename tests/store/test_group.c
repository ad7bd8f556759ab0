/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "db/turn.h"
#include "db/writer.h"
#include "fixture.h"

#define THREADS    8
#define ROUNDS     40
#define A_WHILE_US 30000 /* in which what must not happen would */

static const struct query add = {
    .name = "entry.add",
    .sql = "INSERT INTO entry (id) VALUES ($1)",
    .params = "t",
    .cols = "",
};
static const struct query fill = {
    .name = "entry.fill",
    .sql = "INSERT INTO entry (id, b) VALUES ($1, zeroblob(4000000))",
    .params = "t",
    .cols = "",
};
static const struct query bump = {
    .name = "tally.bump",
    .sql = "UPDATE tally SET n = n + 1",
    .params = "",
    .cols = "",
};
static const struct query sums = {
    .name = "sums",
    .sql = "SELECT n, (SELECT count(*) FROM entry) FROM tally",
    .params = "",
    .cols = "ii",
};

static void open_tally(struct fixture *f)
{
    struct db *tx;

    fixture_open(f);
    MUST(f, db_tx_begin(f->db, &tx, &f->err));
    MUST(f, db_script(tx,
                      "CREATE TABLE entry (id TEXT PRIMARY KEY, b BLOB) STRICT;"
                      "CREATE TABLE tally (n INTEGER) STRICT; INSERT INTO tally VALUES (0)",
                      &f->err));
    MUST(f, db_tx_commit(&tx, &f->err));
}

static int64_t count_entries(struct fixture *f, int64_t *tally)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row;

    MUST(f, db_one(mem, f->db, &sums, &row, &f->err, QNONE));
    if (tally)
        *tally = row_i64(row, 0);
    return row_i64(row, 1);
}

struct writer_thread {
    struct db *db;
    int number;
    int rolled_back, failed;
};

/* Two rows and the tally in each transaction; every fifth is rolled back. */
static bool write_once(struct writer_thread *t, struct arena *mem, int round, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const char *id = arena_printf(mem, "%d-%d", t->number, round);

    if (!db_tx_begin(t->db, &tx, err) || !db_exec(tx, &add, NULL, err, QT(id)) ||
        !db_exec(tx, &bump, NULL, err, QNONE) ||
        !db_exec(tx, &add, NULL, err, QT(arena_printf(mem, "%s-again", id))))
        return false;
    if (round % 5 == 4) {
        t->rolled_back++;
        return true;
    }
    return db_tx_commit(&tx, err);
}

static void *write_many(void *arg)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct writer_thread *t = arg;
    struct err err;

    for (int i = 0; i < ROUNDS; i++)
        t->failed += !write_once(t, mem, i, &err);
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    struct fixture f;
    struct writer_thread t[THREADS];
    pthread_t threads[THREADS];
    int64_t tally = 0, expected = 0, entries;

    open_tally(&f);
    for (int i = 0; i < THREADS; i++) {
        t[i] = (struct writer_thread){.db = f.db, .number = i};
        pthread_create(&threads[i], NULL, write_many, &t[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ok(t[i].failed == 0, "thread %d: none failed", i);
        expected += ROUNDS - t[i].rolled_back;
    }
    entries = count_entries(&f, &tally);
    ok(entries == 2 * expected && tally == expected,
       "%lld transactions, each whole, none of the rolled back ones: tally %lld",
       (long long)expected, (long long)tally);
    fixture_close(&f);
    all_ok();
}

/* A thread that begins, writes `id`, waits for `go_on`, and then does `how`. */
struct member {
    struct db *db;
    const char *id;
    enum { MEMBER_COMMIT, MEMBER_ROLL_BACK, MEMBER_FILL } how;
    atomic_bool has_begun, go_on, has_ended;
    atomic_int tid;
    bool is_stored, is_filled;
    struct err err;
    pthread_t thread;
};

static void *be_member(void *arg)
{
    struct member *m = arg;
    AUTO(db_tx_endp) struct db *tx = NULL;

    m->tid = gettid();
    if (db_tx_begin(m->db, &tx, &m->err) && db_exec(tx, &add, NULL, &m->err, QT(m->id))) {
        m->has_begun = true;
        while (!m->go_on)
            usleep(1000);
        if (m->how == MEMBER_FILL)
            m->is_filled = db_exec(tx, &fill, NULL, &m->err, QT("fill"));
        if (m->how == MEMBER_COMMIT)
            m->is_stored = db_tx_commit(&tx, &m->err);
    }
    m->has_ended = true;
    return NULL;
}

static void start_member(struct member *m)
{
    pthread_create(&m->thread, NULL, be_member, m);
}

static void await(const atomic_bool *flag)
{
    while (!*flag)
        usleep(1000);
}

/* Until the kernel has it asleep: it has come to where it waits, however slow the machine. */
static void await_sleep(const struct member *m)
{
    char path[64], text[256] = "";

    while (!strstr(text, ") S ")) {
        FILE *file;

        usleep(1000);
        snprintf(path, sizeof(path), "/proc/self/task/%d/stat", m->tid);
        file = m->tid ? fopen(path, "r") : NULL;
        if (file && !fgets(text, sizeof(text), file))
            *text = '\0';
        if (file)
            fclose(file);
    }
}

/* `first` commits while `second` waits for the turn: it must not return before the group's COMMIT.
 */
static void run_pair(struct fixture *f, struct member *first, struct member *second)
{
    start_member(first);
    await(&first->has_begun);
    start_member(second);
    await_sleep(second);
    ok(!second->has_begun, "the second waits for its turn");
    first->go_on = true;
    await(&second->has_begun);
    usleep(A_WHILE_US);
    ok(!first->has_ended, "the first waits for the group");
    ok(count_entries(f, NULL) == 0, "and nothing of it is visible");
    second->go_on = true;
    pthread_join(first->thread, NULL);
    pthread_join(second->thread, NULL);
}

static void test_group(void **state)
{
    (void)state;
    struct fixture f;

    open_tally(&f);
    struct member first = {.db = f.db, .id = "1"}, second = {.db = f.db, .id = "2"};

    run_pair(&f, &first, &second);
    ok(first.is_stored && second.is_stored && count_entries(&f, NULL) == 2, "both are stored");
    fixture_close(&f);
    all_ok();
}

/* Returns when the first was about to commit; the others do so one after another. */
static int64_t run_group(struct fixture *f, size_t count)
{
    struct member members[WRITER_PACE_TURNS];
    int64_t began_at;

    for (size_t i = 0; i < count; i++) {
        members[i] =
            (struct member){.db = f->db, .id = arena_printf(f->mem, "%zu", i), .go_on = i > 0};
        start_member(&members[i]);
        if (i == 0)
            await(&members[i].has_begun);
        else
            await_sleep(&members[i]);
    }
    began_at = clock_boot_ms();
    members[0].go_on = true;
    for (size_t i = 0; i < count; i++)
        pthread_join(members[i].thread, NULL);
    return began_at;
}

static void test_pace(void **state)
{
    (void)state;
    struct fixture f;
    AUTO(db_tx_endp) struct db *tx = NULL;
    int64_t took;

    open_tally(&f);
    took = -run_group(&f, WRITER_PACE_TURNS);
    MUST(&f, db_tx_begin(f.db, &tx, &f.err));
    took += clock_boot_ms();
    ok(took >= WRITER_PACE_MS, "the next group begins after %lld ms", (long long)took);
    db_tx_endp(&tx);
    fixture_close(&f);
    all_ok();
}

static void test_member_rolls_back(void **state)
{
    (void)state;
    struct fixture f;

    open_tally(&f);
    struct member first = {.db = f.db, .id = "1"};
    struct member second = {.db = f.db, .id = "2", .how = MEMBER_ROLL_BACK};

    run_pair(&f, &first, &second);
    ok(first.is_stored && count_entries(&f, NULL) == 1, "the first is stored, the second is not");
    fixture_close(&f);
    all_ok();
}

static void test_group_lost(void **state)
{
    (void)state;
    struct fixture f;
    struct db *tx;

    open_tally(&f);
    MUST(&f, db_tx_begin(f.db, &tx, &f.err));
    MUST(&f, db_script(tx, "PRAGMA max_page_count = 100", &f.err));
    MUST(&f, db_tx_commit(&tx, &f.err));
    struct member first = {.db = f.db, .id = "1"};
    struct member second = {.db = f.db, .id = "2", .how = MEMBER_FILL};

    run_pair(&f, &first, &second);
    ok(!second.is_filled && second.err.code == ERR_FULL, "the disk is full: %s", second.err.text);
    ok(!first.is_stored && first.err.code == ERR_FULL &&
           strcmp(first.err.text, "could not commit, nothing is stored: could not run entry.fill: "
                                  "the disk that holds latchkey.db is full") == 0,
       "and the first is told: %s", first.err.text);
    ok(count_entries(&f, NULL) == 0, "nothing is stored");
    fixture_close(&f);
    all_ok();
}

/* The COMMIT itself fails, since the files may not grow: in a process of its own. */
static int commit_on_full_disk(const char *path)
{
    struct rlimit limit = {0, RLIM_INFINITY};
    struct db *db = NULL, *tx;
    struct err err;

    signal(SIGXFSZ, SIG_IGN);
    if (!db_open_sqlite(path, 1, &db, &err) || !db_tx_begin(db, &tx, &err) ||
        !db_exec(tx, &add, NULL, &err, QT("1")))
        return 1;
    setrlimit(RLIMIT_FSIZE, &limit);
    if (db_tx_commit(&tx, &err) || err.code != ERR_BUSY)
        return 2;
    if (!strstr(err.text, "could not commit, nothing is stored: could not run commit: "))
        return 3;
    limit.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &limit);
    if (!db_exec(db, &add, NULL, &err, QT("2")))
        return 4;
    db_close(db);
    return 0;
}

/* Somebody who may read but not write. */
static int write_read_only(const char *path)
{
    struct db *db = NULL;
    struct err err;

    if (geteuid() == 0 && setuid(65534) != 0)
        return 1;
    if (db_open_sqlite(path, 1, &db, &err))
        return 2;
    return err.code == ERR_STORE && strstr(err.text, path) && strstr(err.text, "denied") ? 0 : 3;
}

static int in_child(int (*run)(const char *path), const char *path)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0)
        _exit(run(path));
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

static void test_disk(void **state)
{
    (void)state;
    struct fixture f;
    int code;

    open_tally(&f);
    code = in_child(commit_on_full_disk, f.path);
    ok(code == 0, "a COMMIT on a full disk: %d", code);
    ok(count_entries(&f, NULL) == 1, "the transaction after it is stored, it is not");
    code = in_child(write_read_only, f.path);
    ok(code == 0, "a file of somebody else: %d", code);
    fixture_close(&f);
    all_ok();
}

static int add_from_outside(const char *path)
{
    struct db *db = NULL;
    struct err err;

    if (!db_open_sqlite(path, 1, &db, &err) || !db_exec(db, &add, NULL, &err, QT("outside")))
        return 1;
    db_close(db);
    return 0;
}

static void test_watch(void **state)
{
    (void)state;
    struct fixture f;
    AUTO(db_watch_freep) struct db_watch *watch = NULL;
    bool changed = false;
    int64_t before;

    open_tally(&f);
    MUST(&f, db_watch_new(f.db, &watch, &f.err));
    MUST(&f, db_watch_changed(watch, &changed, &f.err));
    ok(changed, "the first look");
    MUST(&f, db_watch_changed(watch, &changed, &f.err));
    ok(!changed, "nothing since");
    MUST(&f, db_exec(f.db, &add, NULL, &f.err, QT("inside")));
    struct pollfd readable = {.fd = db_watch_fd(watch), .events = POLLIN};
    ok(poll(&readable, 1, 0) == 1, "readable at once after a commit of our own");
    MUST(&f, db_watch_wait(watch, 1000, &changed, &f.err));
    ok(changed && poll(&readable, 1, 0) == 0, "told once");
    before = clock_boot_ms();
    MUST(&f, db_watch_wait(watch, 60, &changed, &f.err));
    ok(!changed && clock_boot_ms() - before >= 60, "waits when nothing happens");
    assert_int_equal(in_child(add_from_outside, f.path), 0);
    MUST(&f, db_watch_wait(watch, 1000, &changed, &f.err));
    ok(changed, "another process");
    db_watch_end(watch);
    before = clock_boot_ms();
    MUST(&f, db_watch_wait(watch, 5000, &changed, &f.err));
    MUST(&f, db_watch_wait(watch, 5000, &changed, &f.err));
    ok(clock_boot_ms() - before < 1000, "ended: no wait any more");
    db_watch_free(watch);
    watch = NULL;
    fixture_close(&f);
    all_ok();
}

/* What a watch waits for: without it another process's commit is only found by looking. */
static void test_turn_watch(void **state)
{
    (void)state;
    struct fixture f;
    struct pollfd told = {.events = POLLIN};

    open_tally(&f);
    told.fd = turn_watch(f.path);
    assert_true(told.fd >= 0);
    ok(poll(&told, 1, 0) == 0, "nothing was committed");
    assert_int_equal(in_child(add_from_outside, f.path), 0);
    ok(poll(&told, 1, 0) == 1, "another process has committed");
    turn_watch_clear(told.fd);
    ok(poll(&told, 1, 0) == 0, "told once");
    MUST(&f, db_exec(f.db, &add, NULL, &f.err, QT("inside")));
    ok(poll(&told, 1, 0) == 1, "this process has committed");
    close(told.fd);
    fixture_close(&f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads),    cmocka_unit_test(test_group),
        cmocka_unit_test(test_pace),       cmocka_unit_test(test_member_rolls_back),
        cmocka_unit_test(test_group_lost), cmocka_unit_test(test_disk),
        cmocka_unit_test(test_watch),      cmocka_unit_test(test_turn_watch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
