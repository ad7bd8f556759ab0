/* SPDX-License-Identifier: Apache-2.0 */

/* The operator's program: what it is given, what is told of it, and that it ends. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "dns/hook.h"

static char dir[] = "/tmp/latchkey-hook-XXXXXX";

static const char *write_hook(struct arena *mem, const char *text)
{
    const char *path = arena_printf(mem, "%s/hook", dir);
    FILE *file = fopen(path, "w");

    ok(file && fputs(text, file) >= 0 && fclose(file) == 0 && chmod(path, 0700) == 0, "%s", path);
    return path;
}

static bool run_text(struct arena *mem, const char *text, int64_t timeout_ms, struct err *err)
{
    const char *const words[] = {write_hook(mem, text), "present", "a.proof.example.", "v$(id)",
                                 NULL};
    static const char *const env[] = {"TOKEN_FILE=/etc/token"};
    const struct hook hook = {.words = words,
                              .env = env,
                              .env_count = ARRAY_LEN(env),
                              .home = dir,
                              .timeout_ms = timeout_ms};

    return hook_run(mem, &hook, err);
}

static void test_rows(void **state)
{
    static const struct {
        const char *text, *want; /* %s: the program; NULL: it is well */
    } rows[] = {
        {"#!/bin/sh\nexit 0\n", NULL},
        {"#!/bin/sh\n[ \"$*\" = 'present a.proof.example. v$(id)' ]\n", NULL},
        {"#!/bin/sh\n[ \"$TOKEN_FILE\" = /etc/token ] && [ \"$PWD\" = \"$HOME\" ]\n", NULL},
        {"#!/bin/sh\nprintf '%s' \"$(env | sed 's/=.*//' | sort | tr '\\n' ' ')\"; exit 1\n",
         "%s ended with status 1: HOME LANG PATH PWD TOKEN_FILE"},
        {"#!/bin/sh\nfor n in 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$n ] && echo open $n; done\n"
         "exit 1\n",
         "%s ended with status 1"},
        {"#!/bin/sh\ngrep NoNewPrivs /proc/$$/status; exit 3\n",
         "%s ended with status 3: NoNewPrivs:?1"},
        {"#!/bin/sh\nread line && echo \"$line\"; exit 4\n", "%s ended with status 4"},
        {"#!/bin/sh\necho first; printf 'no\\033 such\\nzone\\n' >&2; exit 2\n",
         "%s ended with status 2: first no? such zone"},
        {"#!/bin/sh\nkill -TERM $$\n", "%s was ended by signal 15"},
        {"#!/no/such/program\n",
         "%s could not be started, or what it starts: No such file or directory"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        const char *path = arena_printf(mem, "%s/hook", dir), *want = "";
        struct err err = {0};
        bool is_well = run_text(mem, rows[i].text, 10000, &err);

        if (rows[i].want)
            want = arena_printf(mem, "%.*s%s%s", (int)strcspn(rows[i].want, "%"), rows[i].want,
                                path, strchr(rows[i].want, '%') + 2);
        ok(is_well == !rows[i].want && strcmp(err.text, want) == 0, "%s: %s", rows[i].text,
           err.text);
    }
    all_ok();
}

/* The last octets are shown, n - 1, n and n + 1 of them. */
static void test_output(void **state)
{
    (void)state;
    for (int len = HOOK_OUTPUT_MAX - 1; len <= HOOK_OUTPUT_MAX + 1; len++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        const char *text = arena_printf(
            mem, "#!/bin/sh\nhead -c %d /dev/zero | tr '\\0' x; printf '###'; exit 1\n", len - 3);
        struct err err = {0};

        ok(!run_text(mem, text, 10000, &err), "%d", len);
        ok((int)strspn(strstr(err.text, "xxx"), "x") ==
                   (len < HOOK_OUTPUT_MAX ? len : HOOK_OUTPUT_MAX) - 3 &&
               strcmp(strstr(err.text, "###"), "###") == 0,
           "%d: %s", len, err.text);
    }
    all_ok();
}

static int read_child(struct arena *mem)
{
    const char *path = arena_printf(mem, "%s/child", dir);
    int pid = 0;

    for (int i = 0; i < 500 && pid == 0; i++, usleep(20000)) {
        FILE *file = fopen(path, "r");

        if (file) {
            (void)!fscanf(file, "%d", &pid);
            fclose(file);
        }
    }
    remove(path);
    return pid;
}

static bool is_running(struct arena *mem, int pid)
{
    FILE *file = fopen(arena_printf(mem, "/proc/%d/stat", pid), "r");
    char state = 'Z';

    if (!file)
        return false;
    (void)!fscanf(file, "%*d %*s %c", &state);
    fclose(file);
    return state != 'Z'; /* then it has ended, and nobody has asked how */
}

static bool has_ended(struct arena *mem, int pid)
{
    for (int i = 0; i < 1500; i++, usleep(20000))
        if (!is_running(mem, pid))
            return true;
    kill(pid, SIGKILL);
    return false;
}

/* One that does not end, and one that has closed its output and does not end: they and what they
 * have started are killed. */
static void test_time(void **state)
{
    static const char *const texts[] = {
        "#!/bin/sh\necho waits\nsleep 600 & echo $! > child\nwait\n",
        "#!/bin/sh\necho waits\nsleep 600 > /dev/null 2>&1 & echo $! > child\n"
        "exec >/dev/null 2>&1\nwait\n",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        int64_t began = clock_boot_ms();
        struct err err = {0};
        int pid;

        ok(!run_text(mem, texts[i], 1000, &err), "it ends");
        ok(clock_boot_ms() - began < 5000, "in time");
        ok(strstr(err.text, " did not end in 1 s and was killed: waits") != NULL, "%s", err.text);
        pid = read_child(mem);
        ok(pid > 0 && has_ended(mem, pid), "%d", pid);
    }
    all_ok();
}

/* What the system says of the limits, beyond which even root's files do not grow. */
static void test_limits(void **state)
{
    static const char *const names[] = {"Max cpu time",       "Max file size", "Max data size",
                                        "Max core file size", "Max processes", "Max open files"};
    static const unsigned long want[] = {10, HOOK_FILE_MAX,      HOOK_MEMORY_MAX,
                                         0,  HOOK_PROCESSES_MAX, HOOK_FILES_MAX};
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct err err = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *text = arena_printf(mem,
                                        "#!/bin/sh\n[ \"$(sed -n 's/^%s *//p' /proc/self/limits |"
                                        " cut -d' ' -f1)\" = %lu ] || exit 1\n",
                                        names[i], want[i]);

        ok(run_text(mem, text, 10000, &err), "%s: %s", names[i], err.text);
    }
    ok(!run_text(mem, "#!/bin/sh\nhead -c 67108865 /dev/zero >large\n", 10000, &err), "a file");
    ok(!run_text(mem, "#!/bin/sh\nstat -c %s large; rm large; exit 1\n", 10000, &err) &&
           strstr(err.text, ": 67108864") != NULL,
       "%s", err.text);
    all_ok();
}

/* One that has left its session is not killed with it: its processor time is over some time. */
static void test_left(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct err err = {0};
    int pid;

    (void)state;
    ok(run_text(mem,
                "#!/bin/sh\nsetsid sh -c 'echo $$ >child; while :; do :; done' >/dev/null 2>&1 &\n"
                "while ! [ -s child ]; do sleep 0.01; done\n",
                2000, &err),
       "%s", err.text);
    pid = read_child(mem);
    ok(pid > 0 && has_ended(mem, pid), "%d", pid);
    all_ok();
}

/* Whoever runs it is killed: nobody would look after it. */
static void test_orphan(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct err err = {0};
    pid_t runner = fork();
    int pid;

    (void)state;
    if (runner == 0)
        _exit(run_text(mem, "#!/bin/sh\necho $$ >child\nexec sleep 60\n", 60000, &err));
    pid = read_child(mem);
    kill(runner, SIGKILL);
    waitpid(runner, NULL, 0);
    ok(pid > 0 && has_ended(mem, pid), "%d", pid);
    all_ok();
}

/* As whoever started us may have left it: no success is made up, and nobody waits for the limit. */
static void test_ignored(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    int64_t began = clock_boot_ms();
    struct err err = {0};
    const char *want =
        arena_printf(mem, "how %s/hook ended cannot be known: No child processes", dir);
    bool is_well;

    (void)state;
    signal(SIGCHLD, SIG_IGN);
    is_well = run_text(mem, "#!/bin/sh\nexit 1\n", 5000, &err);
    signal(SIGCHLD, SIG_DFL);
    ok(!is_well && err.code == ERR_DNS_UPDATE && strcmp(err.text, want) == 0, "%s", err.text);
    ok(clock_boot_ms() - began < 4000, "at once");
    all_ok();
}

static int set_up(void **state)
{
    (void)state;
    (void)!dup2(0, 7); /* what no program of the operator's may inherit */
    return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    (void)state;
    remove(arena_printf(mem, "%s/hook", dir));
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),    cmocka_unit_test(test_output),
        cmocka_unit_test(test_time),    cmocka_unit_test(test_limits),
        cmocka_unit_test(test_left),    cmocka_unit_test(test_orphan),
        cmocka_unit_test(test_ignored),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
