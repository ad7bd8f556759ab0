/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "fixture.h"
#include "store/setting_store.h"

#define PROCESSES 3
#define THREADS   2
#define BUSY_MS   900

/* In memory that all processes share. */
struct shared {
    atomic_int written[PROCESSES];
    atomic_bool has_turn;
};

static struct shared *share(void)
{
    struct shared *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(shared != MAP_FAILED);
    return shared;
}

struct busy {
    struct db *db;
    int64_t end_ms;
    atomic_int *written;
};

static void *write_on(void *arg)
{
    struct busy *busy = arg;
    char value[32];
    struct err err;

    while (clock_boot_ms() < busy->end_ms) { /* the same value again would cost no fsync */
        snprintf(value, sizeof(value), "%d", (int)*busy->written);
        *busy->written += setting_store_put(busy->db, "x", value, &err);
    }
    return NULL;
}

static int be_busy(const char *path, atomic_int *written)
{
    struct busy busy = {.end_ms = clock_boot_ms() + BUSY_MS, .written = written};
    pthread_t threads[THREADS];
    struct err err;

    if (!db_open_sqlite(path, 1, &busy.db, &err))
        return 1;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, write_on, &busy);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    db_close(busy.db);
    return 0;
}

/* Processes that never pause: each gets its share. */
static void test_fair(void **state)
{
    (void)state;
    struct fixture f;
    struct shared *shared = share();
    pid_t children[PROCESSES];
    int total = 0, status;

    fixture_open_migrated(&f);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit(be_busy(f.path, &shared->written[i]));
    }
    for (int i = 0; i < PROCESSES; i++) {
        waitpid(children[i], &status, 0);
        ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "process %d ended well", i);
        total += shared->written[i];
    }
    for (int i = 0; i < PROCESSES; i++)
        ok(shared->written[i] * 2 * PROCESSES >= total, "process %d got %d of %d", i,
           (int)shared->written[i], total);
    munmap(shared, sizeof(*shared));
    fixture_close(&f);
    all_ok();
}

static void hold_turn(const char *path, struct shared *shared)
{
    struct db *db, *tx;
    struct err err;

    if (!db_open_sqlite(path, 1, &db, &err) || !db_tx_begin(db, &tx, &err) ||
        !setting_store_put(tx, "killed", "y", &err))
        return;
    shared->has_turn = true;
    pause();
}

/* kill -9 in the middle of a transaction: the next process goes on at once. */
static void test_killed(void **state)
{
    (void)state;
    struct fixture f;
    struct shared *shared = share();
    const char *value;
    pid_t child;

    fixture_open_migrated(&f);
    child = fork();
    if (child == 0) {
        hold_turn(f.path, shared);
        _exit(1);
    }
    while (!shared->has_turn && waitpid(child, NULL, WNOHANG) == 0)
        usleep(1000);
    ok(shared->has_turn, "it is inside of its transaction");
    kill(child, SIGKILL);
    MUST(&f, setting_store_put(f.db, "next", "y", &f.err));
    waitpid(child, NULL, 0);
    MUST(&f, setting_store_get(f.mem, f.db, "killed", &value, &f.err));
    ok(!value, "nothing of it is stored");
    munmap(shared, sizeof(*shared));
    fixture_close(&f);
    all_ok();
}

static unsigned place_of(struct fixture *f, struct db *db)
{
    unsigned place = 0;

    MUST(f, db_take_place(db, &place, &f->err));
    return place;
}

/* Two workers of one host never have the same name; the next one takes the place of a dead one. */
static void test_places(void **state)
{
    (void)state;
    struct fixture f;
    struct db *others[DB_PLACES_MAX];
    unsigned place;

    fixture_open_migrated(&f);
    ok(place_of(&f, f.db) == 1, "the first");
    for (unsigned i = 1; i < DB_PLACES_MAX; i++) {
        MUST(&f, db_open_sqlite(f.path, 1, &others[i], &f.err));
        place = place_of(&f, others[i]);
        ok(place == i + 1, "%u after %u", place, i);
    }
    MUST(&f, db_open_sqlite(f.path, 1, &others[0], &f.err));
    ok(!db_take_place(others[0], &place, &f.err) && f.err.code == ERR_CONFIG &&
           strstr(f.err.text, "64 workers"),
       "one too many: %s", f.err.text);
    db_close(others[7]);
    ok(place_of(&f, others[0]) == 8, "one that was left");
    for (unsigned i = 0; i < DB_PLACES_MAX; i++)
        if (i != 7)
            db_close(others[i]);
    fixture_close(&f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fair),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
