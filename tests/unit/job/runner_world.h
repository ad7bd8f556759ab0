/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A store, and a runner of it whose jobs do what a test says. */
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "job/held.h"
#include "store/schema.h"

#define WAIT_MS 5000
#define THREADS 4
#define SUBJECT "iss_test"
#define OTHER   "iss_other"
#define HOUR_MS INT64_C(3600000)

/* What the jobs of a test do, and what they saw. */
static struct world {
    char dir[32];
    struct db *db;
    struct job_runner *runner;
    _Atomic int runs;       /* of any job */
    _Atomic int at_once;    /* running now */
    _Atomic int most;       /* ever at once */
    _Atomic int local;      /* of jobs that ask no CA */
    _Atomic int64_t second; /* clock_now() of the second run */
    _Atomic int gone_on;    /* runs that were held */
    _Atomic int taken;      /* runs that have ended themselves, and then saw OTHER claimed */
    const struct job *job;  /* of the last run */
    bool (*body)(struct world *w, const struct job *job, struct job_result *out, struct err *err);
} world;

static inline bool run(void *arg, struct arena *mem, const struct job *job, struct job_result *out,
                       struct err *err)
{
    struct world *w = arg;
    int now = atomic_fetch_add(&w->at_once, 1) + 1, most = atomic_load(&w->most);
    bool is_done;

    (void)mem;
    while (now > most && !atomic_compare_exchange_weak(&w->most, &most, now))
        continue;
    if (atomic_fetch_add(&w->runs, 1) == 1)
        atomic_store(&w->second, clock_now());
    is_done = w->body(w, job, out, err);
    atomic_fetch_sub(&w->at_once, 1);
    return is_done;
}

static inline void start(void)
{
    struct job_runner_options options = {
        .db = world.db, .owner = "test", .threads = THREADS, .run = {run, run, run}, .arg = &world};
    struct err err = {0};

    if (!job_runner_start(&options, &world.runner, &err))
        fail_msg("%s", err.text);
}

static inline void enqueue(const char *subject, int64_t run_at)
{
    struct err err = {0};

    if (!job_store_enqueue(world.db, job_kind_name(JOB_ISSUE), subject, run_at, &err))
        fail_msg("%s", err.text);
}

static inline bool wait_for_runs(int n)
{
    int64_t end = clock_boot_ms() + WAIT_MS;

    while (atomic_load(&world.runs) < n && clock_boot_ms() < end)
        usleep(1000);
    return atomic_load(&world.runs) >= n;
}

static inline const struct job *find(struct arena *mem, const char *subject)
{
    const struct job *job;
    struct err err = {0};

    if (!job_store_find(mem, world.db, job_kind_name(JOB_ISSUE), subject, &job, &err))
        fail_msg("%s", err.text);
    return job;
}

static inline int open_world(void **state)
{
    char path[64];
    struct err err = {0};

    (void)state;
    world = (struct world){0};
    snprintf(world.dir, sizeof(world.dir), "/tmp/latchkey-job-XXXXXX");
    assert_non_null(mkdtemp(world.dir));
    snprintf(path, sizeof(path), "%s/t.db", world.dir);
    if (!db_open_sqlite(path, 4, &world.db, &err) || !store_migrate(world.db, NULL, &err))
        fail_msg("%s", err.text);
    return 0;
}

static inline int close_world(void **state)
{
    static const char *const files[] = {"t.db", "t.db-wal", "t.db-shm", "t.db-turn"};
    char path[64];

    (void)state;
    db_close(world.db);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        snprintf(path, sizeof(path), "%s/%s", world.dir, files[i]);
        unlink(path);
    }
    return rmdir(world.dir);
}

static inline void wait_until_gone(const char *subject)
{
    int64_t end = clock_boot_ms() + WAIT_MS;
    bool is_there = true;

    while (is_there && clock_boot_ms() < end) {
        AUTO(arena_freep) struct arena *mem = arena_new();

        is_there = find(mem, subject) != NULL;
        usleep(1000);
    }
    ok(!is_there, "%s is done", subject);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, open_world, close_world)
