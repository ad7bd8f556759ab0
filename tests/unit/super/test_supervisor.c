/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>

#include "base/clock.h"
#include "folder.h"
#include "super/supervisor.h"

#define SH(script)                                                                                 \
    .process.argv = (const char *const[])                                                          \
    {                                                                                              \
        "/bin/sh", "-c", script, NULL                                                              \
    }

/* Says what it does in the file "story", until it is told to end. */
#define ACTOR(n)                                                                                   \
    .name = n, SH("trap 'echo -" n " >>story; exit' TERM; echo +" n " >>story; : >" n              \
                  "; while :; do sleep 0.02; done")

static void stop_on_ready(struct supervisor *super, void *arg)
{
    usleep(200000); /* the actors say that they run */
    *(int *)arg += 1;
    supervisor_stop(super);
}

static void stop_on_exit(struct supervisor *super, const struct child_spec *child, int status,
                         void *arg)
{
    (void)status;
    if (strcmp(child->name, "timer") == 0)
        *(int *)arg += 1;
    supervisor_stop(super);
}

static bool run(const struct folder *folder, struct supervisor_options options, struct err *err)
{
    options.run_dir = folder->path;
    options.log_dir = folder->path;
    options.watch_fd = -1;
    return supervisor_run(&options, err);
}

static void test_order(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct folder folder = folder_new();
    const struct child_spec children[] = {
        {ACTOR("c"), .order = 30, .ready = READY_FILE,
         .where = arena_printf(mem, "%s/c", folder.path)},
        {.name = "step", .order = 10, .ready = READY_EXIT, SH("echo +step >>story")},
        {ACTOR("b"), .order = 20, .ready = READY_FILE,
         .where = arena_printf(mem, "%s/b", folder.path)},
    };
    struct err err = {0};
    int called = 0;

    ok(run(&folder,
           (struct supervisor_options){.children = children,
                                       .count = ARRAY_LEN(children),
                                       .on_ready = stop_on_ready,
                                       .arg = &called},
           &err),
       "%s", err.text);
    ok(called == 1, "ready once");
    ok(!strcmp(folder_read(&folder, "story"), "+step\n+b\n+c\n-c\n-b\n"), "%s",
       folder_read(&folder, "story"));
    ok(!*folder_read(&folder, "b.pid"), "no pid file is left");
    folder_remove(&folder);
    all_ok();
}

/* The pauses that "story" has, each line of it a start in milliseconds: at least 100, 200, 400. */
static void compare_pauses(const char *story)
{
    long long before, at;
    int64_t least = SUPER_DELAY_MIN_MS;
    int len;

    assert_int_equal(sscanf(story, "%lld\n%n", &before, &len), 1);
    for (story += len; *story; story += len, before = at, least *= 2) {
        assert_int_equal(sscanf(story, "%lld\n%n", &at, &len), 1);
        ok(at - before >= least, "%lld ms, at least %lld", at - before, (long long)least);
    }
    ok(least == 8 * SUPER_DELAY_MIN_MS, "four starts");
}

static void test_restart(void **state)
{
    (void)state;
    const struct child_spec children[] = {
        {.name = "weak",
         .order = 1,
         SH("if [ ! -f story ] || [ $(wc -l <story) -lt 4 ]; then date +%s%3N >>story; fi; exit "
            "1")},
        {.name = "timer",
         .order = 1,
         .ready = READY_EXIT,
         SH("until [ -f story ] && [ $(wc -l <story) = 4 ]; do sleep 0.02; done")},
    };
    struct folder folder = folder_new();
    struct err err = {0};
    int called = 0;

    ok(run(&folder,
           (struct supervisor_options){.children = children,
                                       .count = ARRAY_LEN(children),
                                       .on_exit = stop_on_exit,
                                       .arg = &called},
           &err),
       "%s", err.text);
    compare_pauses(folder_read(&folder, "story"));
    folder_remove(&folder);
    all_ok();
}

/* A leader that dies and leaves a worker, as nginx does. */
static void test_orphans(void **state)
{
    (void)state;
    const struct child_spec children[] = {
        {.name = "master",
         .order = 1,
         SH("if [ -f worker ] && kill -0 $(cat worker) 2>/dev/null; then echo left >>story; fi; "
            "sleep 300 & echo $! >worker; echo start >>story; exit 1")},
        {.name = "timer",
         .order = 1,
         .ready = READY_EXIT,
         SH("until [ \"$(grep -c start story)\" = 3 ]; do sleep 0.02; done")},
    };
    struct folder folder = folder_new();
    struct err err = {0};
    int called = 0;
    int64_t worker, at;

    ok(run(&folder,
           (struct supervisor_options){.children = children,
                                       .count = ARRAY_LEN(children),
                                       .on_exit = stop_on_exit,
                                       .arg = &called},
           &err),
       "%s", err.text);
    ok(!strcmp(folder_read(&folder, "story"), "start\nstart\nstart\n"),
       "ended before each start: %s", folder_read(&folder, "story"));
    ok(slice_i64(
           slice_of(folder_read(&folder, "worker"), strcspn(folder_read(&folder, "worker"), "\n")),
           1, INT32_MAX, &worker) &&
           !process_started_at((pid_t)worker, &at),
       "none is left at the end");
    folder_remove(&folder);
    all_ok();
}

static void test_failures(void **state)
{
    (void)state;
    const struct child_spec failing[] = {
        {ACTOR("a"), .order = 10},
        {.name = "step",
         .order = 20,
         .ready = READY_EXIT,
         SH("until [ -e a ]; do sleep 0.02; done; echo no >&2; exit 3")},
        {ACTOR("z"), .order = 30},
    };
    const struct child_spec late[] = {
        {.name = "mute", .order = 1, .ready = READY_UNIX, .where = "no.sock", SH("sleep 300")},
    };
    const struct child_spec missing[] = {
        {.name = "gone", .order = 1, .process = {.argv = (const char *const[]){"/none", NULL}}},
    };
    struct folder folder = folder_new();
    struct err err = {0};
    char want[128];

    ok(!run(&folder, (struct supervisor_options){.children = failing, .count = ARRAY_LEN(failing)},
            &err),
       "a step fails");
    snprintf(want, sizeof(want), "step failed: no (see %s/step.log)", folder.path);
    ok(!strcmp(err.text, want), "%s", err.text);
    ok(!strcmp(folder_read(&folder, "story"), "+a\n-a\n"), "what ran has ended: %s",
       folder_read(&folder, "story"));
    ok(!strcmp(folder_read(&folder, "step.log"), "no\n"), "its output is in the log");
    ok(!run(&folder, (struct supervisor_options){.children = late, .count = 1, .ready_ms = 300},
            &err),
       "one never gets ready");
    snprintf(want, sizeof(want), "mute did not get ready within 300 ms: see %s/mute.log",
             folder.path);
    ok(!strcmp(err.text, want), "%s", err.text);
    ok(!run(&folder, (struct supervisor_options){.children = missing, .count = 1}, &err) &&
           !strcmp(err.text, "gone: cannot run /none: No such file or directory"),
       "%s", err.text);
    folder_remove(&folder);
    all_ok();
}

/* A child that does not listen to SIGTERM is killed after SUPER_STOP_MS, or by the second signal.
 */
static void test_stubborn(void **state)
{
    (void)state;
    const struct child_spec children[] = {
        {.name = "deaf", .order = 1, SH("trap '' TERM INT; while :; do sleep 0.05; done")},
        {.name = "interrupt",
         .order = 1,
         .ready = READY_EXIT,
         SH("trap '' TERM; sleep 0.3; kill -INT $PPID; sleep 0.2; kill -INT $PPID")},
    };
    struct folder folder = folder_new();
    struct err err = {0};
    int64_t begun_at = clock_boot_ms();

    ok(run(&folder, (struct supervisor_options){.children = children, .count = ARRAY_LEN(children)},
           &err),
       "%s", err.text);
    ok(clock_boot_ms() - begun_at < SUPER_STOP_MS, "the second signal does not wait");
    folder_remove(&folder);
    all_ok();
}

static void test_delay(void **state)
{
    (void)state;
    static const struct {
        int64_t last_ms, lived_ms, delay_ms;
    } rows[] = {
        {0, 0, 100},          {100, 5, 200},       {200, 5, 400},    {6400, 9999, 10000},
        {10000, 9999, 10000}, {10000, 10000, 100}, {5000, 0, 10000}, {4999, 0, 9998},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ok(supervisor_delay(rows[i].last_ms, rows[i].lived_ms) == rows[i].delay_ms, "row %zu", i);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),    cmocka_unit_test(test_restart),
        cmocka_unit_test(test_orphans),  cmocka_unit_test(test_failures),
        cmocka_unit_test(test_stubborn), cmocka_unit_test(test_delay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
