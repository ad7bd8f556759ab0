/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crash.h"
#include "check.h"

/* What a process did that passed newOrder's first point twice and its second once. */
static int status_after_passing(const char *point, const char *file)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        unsetenv("LATCHKEY_CRASH_POINT");
        unsetenv("LATCHKEY_CRASH_FILE");
        if (point)
            setenv("LATCHKEY_CRASH_POINT", point, 1);
        if (file)
            setenv("LATCHKEY_CRASH_FILE", file, 1);
        CRASH_POINT(NEW_ORDER_BEFORE);
        CRASH_POINT(NEW_ORDER_BEFORE);
        CRASH_POINT_OF("worker", "new-order", "reply");
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

#ifdef CRASH_POINTS
#define IS_KILLED true
#else
#define IS_KILLED false
#endif

static void is_killed(int status, bool want, const char *what)
{
    bool is = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;

    ok(is == (want && IS_KILLED), "%s: killed %d", what, is);
    ok(is || status == 0, "%s: status %d", what, status);
}

static void test_chosen_by_environment(void **state)
{
    (void)state;
    is_killed(status_after_passing(NULL, NULL), false, "none chosen");
    is_killed(status_after_passing("worker.new-order.before", NULL), true, "a point");
    is_killed(status_after_passing("worker.new-order.reply", NULL), true, "a point by its name");
    is_killed(status_after_passing("worker.new-order.commit", NULL), false, "one not passed");
    is_killed(status_after_passing("worker.new-order", NULL), false, "the start of a name");
    all_ok();
}

static void arm(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void test_chosen_by_file(void **state)
{
    (void)state;
    char dir[] = "/tmp/latchkey-crash-XXXXXX", path[64], hit[64];

    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/armed", dir);
    snprintf(hit, sizeof(hit), "%s/armed.hit", dir);
    is_killed(status_after_passing(NULL, path), false, "no file");
    arm(path, "worker.new-order.before 2\n");
    is_killed(status_after_passing(NULL, path), true, "the second time");
    ok((access(path, F_OK) != 0) == IS_KILLED, "it is not armed any more");
    ok((access(hit, F_OK) == 0) == IS_KILLED, "it says that it was hit");
    is_killed(status_after_passing(NULL, path), false, "only once");
    arm(path, "worker.new-order.before 5");
    is_killed(status_after_passing(NULL, path), false, "the fifth time does not come");
    is_killed(status_after_passing(NULL, path), false, "passed four times by now");
    is_killed(status_after_passing(NULL, path), true, "the next process goes on counting");
    unlink(path);
    unlink(hit);
    assert_int_equal(rmdir(dir), 0);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chosen_by_environment),
        cmocka_unit_test(test_chosen_by_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
