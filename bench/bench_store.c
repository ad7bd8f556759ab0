/* SPDX-License-Identifier: Apache-2.0 */

/*
 * bench_store: two processes write RATE transactions a second each into one SQLite database,
 * while a third one asks the same disk for its plain fsync. Prints the latencies side by side.
 *
 * usage: bench_store [SECONDS [FOLDER]]     default: 30 seconds, in the current folder
 *
 * A transaction is what most are: an event and a job. Each has its place in time, and its latency
 * counts from there, so that waiting for a turn is counted too. Exit code 1 when a process got
 * less than 90 % of its transactions done in time.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "store/event_store.h"
#include "store/job_store.h"
#include "store/schema.h"

#define WRITERS     2
#define THREADS     4
#define RATE        100 /* transactions a second and writer */
#define PROBE_RATE  20  /* fsyncs a second */
#define PROBE_SIZE  8192
#define SECONDS_MAX 600
#define SAMPLES_MAX (SECONDS_MAX * RATE)
#define GRACE_US    200000 /* after the end, for what began before it */

struct samples {
    atomic_int next;  /* place in time that is taken next */
    atomic_int count; /* done in time */
    atomic_int failed;
    int64_t us[SAMPLES_MAX];
};

/* In memory that all processes share. */
struct run {
    int seconds;
    int64_t start_us;
    char path[512], probe_path[512], folder[400];
    struct samples of_writer[WRITERS], of_disk;
};

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void sleep_until(int64_t at_us)
{
    struct timespec at = {.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {
    }
}

/* The next place in time of RATE a second; false at the end. */
static bool next_place(struct run *run, struct samples *s, int rate, int64_t *at_us)
{
    int place = s->next++;

    *at_us = run->start_us + (int64_t)place * 1000000 / rate;
    if (place >= run->seconds * rate)
        return false;
    sleep_until(*at_us);
    return true;
}

static void note(const struct run *run, struct samples *s, int64_t planned_us)
{
    int64_t done_us = now_us();

    if (done_us <= run->start_us + (int64_t)run->seconds * 1000000 + GRACE_US)
        s->us[s->count++] = done_us - planned_us;
}

static bool write_once(struct db *db, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct event event = {.id = id_new(mem, ID_EVENT),
                          .subject_id = id_new(mem, ID_ISSUANCE),
                          .at = clock_now(),
                          .kind = "bench.written",
                          .text = "something happened to the certificate of a domain"};

    return db_tx_begin(db, &tx, err) && event_store_add(tx, &event, err) &&
           job_store_enqueue(tx, "bench", event.subject_id, event.at, err) &&
           db_tx_commit(&tx, err);
}

struct writer {
    struct run *run;
    struct samples *samples;
    struct db *db;
};

static void *write_in_time(void *arg)
{
    struct writer *w = arg;
    struct err err;
    int64_t planned_us;

    while (next_place(w->run, w->samples, RATE, &planned_us)) {
        if (write_once(w->db, &err)) {
            note(w->run, w->samples, planned_us);
        } else {
            w->samples->failed++;
            fprintf(stderr, "could not write: %s\n", err.text);
        }
    }
    return NULL;
}

static int be_writer(struct run *run, struct samples *samples)
{
    struct writer w = {.run = run, .samples = samples};
    pthread_t threads[THREADS];
    struct err err;

    if (!db_open_sqlite(run->path, 1, &w.db, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, write_in_time, &w);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    db_close(w.db);
    return 0;
}

/* What the disk takes for an append that is durable, without a database. */
static int be_probe(struct run *run, struct samples *samples)
{
    static const char block[PROBE_SIZE];
    int fd = open(run->probe_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int64_t planned_us, begun_us;

    if (fd < 0)
        return 2;
    while (next_place(run, samples, PROBE_RATE, &planned_us)) {
        begun_us = now_us();
        if (write(fd, block, sizeof(block)) != (ssize_t)sizeof(block) || fsync(fd) != 0)
            return 2;
        note(run, samples, begun_us);
    }
    close(fd);
    return 0;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static double ms_at(struct samples *s, int per_mille)
{
    int64_t at = (int64_t)(s->count - 1) * per_mille / 1000;

    return s->count ? (double)s->us[at] / 1000 : 0;
}

static void print_line(const char *name, struct samples *s, int wanted)
{
    qsort(s->us, (size_t)s->count, sizeof(s->us[0]), by_size);
    printf("%-10s %6d of %6d %8.2f %8.2f %8.2f\n", name, s->count, wanted, ms_at(s, 500),
           ms_at(s, 990), ms_at(s, 1000));
}

static int print_result(struct run *run)
{
    int wanted = run->seconds * RATE, code = 0;

    printf("%-10s %16s %8s %8s %8s\n", "", "in time", "p50 ms", "p99 ms", "max ms");
    for (int i = 0; i < WRITERS; i++) {
        struct samples *s = &run->of_writer[i];
        char name[32];

        snprintf(name, sizeof(name), "writer %d", i + 1);
        print_line(name, s, wanted);
        if (s->count * 10 < wanted * 9) {
            printf("writer %d got less than 90 %% of its rate\n", i + 1);
            code = 1;
        }
    }
    print_line("fsync", &run->of_disk, run->seconds * PROBE_RATE);
    return code;
}

static pid_t start(struct run *run, int (*be)(struct run *, struct samples *), struct samples *s)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(be(run, s));
    return pid;
}

static bool run_all(struct run *run)
{
    pid_t children[WRITERS + 1];
    bool is_good = true;

    run->start_us = now_us() + 300000;
    for (int i = 0; i < WRITERS; i++)
        children[i] = start(run, be_writer, &run->of_writer[i]);
    children[WRITERS] = start(run, be_probe, &run->of_disk);
    for (int i = 0; i <= WRITERS; i++) {
        int status = 0;

        waitpid(children[i], &status, 0);
        is_good = is_good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return is_good;
}

static bool prepare(struct run *run, const char *folder, struct err *err)
{
    struct db *db;
    bool is_migrated;

    snprintf(run->folder, sizeof(run->folder), "%s/bench-store-XXXXXX", folder);
    if (!mkdtemp(run->folder))
        return err_errno(err, ERR_STORE, errno, "could not make a folder in %s", folder);
    snprintf(run->path, sizeof(run->path), "%s/bench.db", run->folder);
    snprintf(run->probe_path, sizeof(run->probe_path), "%s/probe", run->folder);
    if (!db_open_sqlite(run->path, 1, &db, err))
        return false;
    is_migrated = store_migrate(db, NULL, err);
    db_close(db);
    return is_migrated;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info, (void)kind, (void)at;
    return remove(path);
}

int main(int argc, char **argv)
{
    struct run *run =
        mmap(NULL, sizeof(*run), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct err err = {0};
    int64_t seconds = 30;
    int code = 2;

    if (run == MAP_FAILED || argc > 3 ||
        (argc > 1 && !slice_i64(slice_str(argv[1]), 1, SECONDS_MAX, &seconds))) {
        fputs("usage: bench_store [SECONDS [FOLDER]]\n", stderr);
        return 64;
    }
    run->seconds = (int)seconds;
    if (!prepare(run, argc > 2 ? argv[2] : ".", &err))
        fprintf(stderr, "%s\n", err.text);
    else if (run_all(run))
        code = print_result(run);
    nftw(run->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return code;
}
