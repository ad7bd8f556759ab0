/* SPDX-License-Identifier: Apache-2.0 */

/*
 * issuer: the worker with nothing around it but store and signer, for bench/issuance/run.
 *
 *     issuer CONFIG orders CA WARM-UP COUNT    makes a store with so many orders whose names have
 *                                              passed every check; prints the thumbprint of its
 *                                              account, reads a line, issues the first WARM-UP
 *                                              certificates of CA, prints a line, reads one, issues
 *                                              COUNT more and prints what that took as JSON
 *     issuer CONFIG idle CA COUNT              makes a store with so many secured names
 *
 * An issuance ends here when its certificate is stored: the edge takes part as far as the CA's
 * validation needs it, and has every record at once.
 */
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>

#include "app/open.h"
#include "base/clock.h"
#include "base/log.h"
#include "job/ca_session.h"
#include "job/issue.h"
#include "job/jobs.h"
#include "seed.h"

#define COUNT_MAX      INT64_C(1000000)
#define FOLLOW_MS      1000
#define IDLE_LEAF_LEN  1100 /* octets, about what they have at Let's Encrypt */
#define IDLE_CHAIN_LEN 1800

struct issuer {
    struct arena *mem;
    struct app app;
    struct seed seed;
    struct worker *worker;
    struct job_runner *runner;
};

/* The runner's jobs know the worker only. */
static atomic_llong stored;
static sem_t one_more; /* posted for each */

static struct err err;

static void need(bool is_done)
{
    if (is_done)
        return;
    fprintf(stderr, "issuer: %s\n", err.text);
    exit(1);
}

static int64_t number(const char *text)
{
    int64_t value;

    if (slice_i64(slice_str(text), 0, COUNT_MAX, &value))
        return value;
    fprintf(stderr, "issuer: \"%s\" is not a number up to %lld\n", text, (long long)COUNT_MAX);
    exit(64);
}

/* The rest of a run that is held (job/held.h). */
struct rest {
    struct arena *mem;
    struct job_result held;
};

static bool count_rest(void *arg, struct job_result *out, struct err *failed);

static void count(struct arena *mem, struct job_result *out)
{
    struct rest *rest;

    if (out->is_done) {
        stored++;
        sem_post(&one_more);
    }
    if (!out->go_on)
        return;
    rest = arena_new_of(mem, struct rest);
    *rest = (struct rest){mem, *out};
    out->go_on = count_rest;
    out->go_on_arg = rest;
}

static bool count_rest(void *arg, struct job_result *out, struct err *failed)
{
    const struct rest *rest = arg;

    if (!rest->held.go_on(rest->held.go_on_arg, out, failed))
        return false;
    count(rest->mem, out);
    return true;
}

static bool until_stored(void *worker, struct arena *mem, const struct job *job,
                         struct job_result *out, struct err *failed)
{
    if (!issue_run(worker, mem, job, ISSUANCE_ISSUED, out, failed))
        return false;
    count(mem, out);
    return true;
}

static void open_worker(struct issuer *is)
{
    const struct job settings = {.subject_id = "default"};
    const struct worker_ca *ca;
    const char *thumbprint;
    struct job_result result;
    struct signer *signer;

    need(signer_new_path(is->app.config->signer.socket, &signer, &err) &&
         worker_new(is->mem, &is->app, signer, &is->worker, &err) &&
         job_settings(is->worker, is->mem, &settings, &result, &err) && /* begins the feed */
         worker_find_ca(is->worker, is->seed.ca, &ca, &err) &&
         ca_session_thumbprint(is->worker, is->mem, ca, &thumbprint, &err));
    printf("%s\n", thumbprint);
}

static void start(struct issuer *is)
{
    const struct job_runner_options options = {
        .db = is->app.db,
        .owner = "issuer",
        .threads = (unsigned)is->app.config->worker.threads,
        .run = {[JOB_ISSUE] = until_stored},
        .arg = is->worker,
    };

    need(job_runner_start(&options, &is->runner, &err));
}

/* For FOLLOW_MS at most. */
static void wait_for_one(void)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += FOLLOW_MS / 1000;
    (void)sem_clockwait(&one_more, CLOCK_MONOTONIC, &until);
}

/* Until so many are stored, for ever if need be: whoever started us has a deadline. */
static void follow(struct issuer *is, int64_t wanted)
{
    int64_t follow_at = 0;

    while (stored < wanted) {
        if (clock_boot_ms() >= follow_at) {
            AUTO(arena_freep) struct arena *mem = arena_new();

            need(seed_edge_follows(mem, is->app.db, &err));
            follow_at = clock_boot_ms() + FOLLOW_MS;
        }
        wait_for_one();
    }
}

static double cpu_s(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void wait_for_word(void)
{
    fflush(stdout);
    if (getchar() != '\n')
        exit(1);
}

static void issue(struct issuer *is, int64_t warm_up, int64_t count)
{
    int64_t began_ms;
    double began_cpu_s;

    open_worker(is);
    wait_for_word();
    need(seed_orders(&is->seed, 0, warm_up, &err));
    start(is);
    follow(is, warm_up);
    job_runner_stop(is->runner);
    need(seed_orders(&is->seed, warm_up, count, &err));
    printf("warm\n");
    wait_for_word();
    began_ms = clock_boot_ms();
    began_cpu_s = cpu_s();
    start(is);
    follow(is, warm_up + count);
    printf("{\"done\": %lld, \"seconds\": %.3f, \"cpu_s\": %.3f}\n", (long long)count,
           (double)(clock_boot_ms() - began_ms) / 1000, cpu_s() - began_cpu_s);
    wait_for_word(); /* we are measured from outside as well */
    job_runner_stop(is->runner);
    worker_free(is->worker);
}

static void idle(const struct issuer *is, int64_t count)
{
    const struct seed_secured want = {
        .count = count,
        .leaf = slice_of(arena_alloc(is->mem, IDLE_LEAF_LEN), IDLE_LEAF_LEN),
        .chain = slice_of(arena_alloc(is->mem, IDLE_CHAIN_LEN), IDLE_CHAIN_LEN),
    };

    need(seed_secured(&is->seed, &want, &err));
}

int main(int argc, char **argv)
{
    struct issuer is = {.mem = arena_new()};
    const struct config *config;
    bool is_orders = argc == 6 && strcmp(argv[2], "orders") == 0;

    if (!is_orders && !(argc == 5 && strcmp(argv[2], "idle") == 0)) {
        fputs("usage: issuer CONFIG orders CA WARM-UP COUNT\n       issuer CONFIG idle CA COUNT\n",
              stderr);
        return 64;
    }
    sem_init(&one_more, 0, 0);
    need(config_load(is.mem, argv[1], &config, &err));
    log_set_up(config->log.level, config->log.format);
    need(app_open(is.mem, config, APP_MIGRATE, &is.app, &err));
    is.seed = (struct seed){&is.app, argv[3]};
    need(seed_platform(is.mem, &is.seed, &err));
    if (is_orders)
        issue(&is, number(argv[4]), number(argv[5]));
    else
        idle(&is, number(argv[4]));
    app_close(&is.app);
    arena_free(is.mem);
    return 0;
}
