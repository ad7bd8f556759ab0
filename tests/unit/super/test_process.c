/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "folder.h"
#include "super/output.h"
#include "super/pid_file.h"
#include "super/process.h"
#include "super/ready.h"

#define SH(script) ((const char *const[]){"/bin/sh", "-c", script, NULL})

static pid_t start(const struct process *process)
{
    struct err err = {0};
    pid_t pid = 0;

    ok(process_start(process, &pid, &err), "starts: %s", err.text);
    return pid;
}

static int end_of(pid_t pid)
{
    int status = -1;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static int answer(void *arg)
{
    return *(const int *)arg;
}

static void test_start(void **state)
{
    (void)state;
    struct folder folder = folder_new();
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC), ends[2], seven = 7;
    struct process_fd fds[] = {{.as = 3}};
    struct process process = {.argv = SH("pwd >&3; echo $A$B >&3; ps -o pgid= -p $$ >&3; cat"),
                              .env = (const char *const[]){"A=one", "B=two", NULL},
                              .dir = folder.path,
                              .out = null,
                              .fds = fds,
                              .fd_count = 1};
    struct err err = {0};
    char text[256], want[256];
    ssize_t len;
    pid_t pid;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    fds[0].fd = ends[1];
    pid = start(&process);
    ok(end_of(pid) == 0, "standard input is empty");
    close(ends[1]);
    len = read(ends[0], text, sizeof(text) - 1);
    text[len > 0 ? len : 0] = '\0';
    snprintf(want, sizeof(want), "%s\nonetwo\n%*d\n", folder.path, 0, (int)pid);
    for (char *at = text; (at = strchr(at, ' '));)
        memmove(at, at + 1, strlen(at));
    ok(strcmp(text, want) == 0, "folder, environment, group: %s, wanted %s", text, want);
    close(ends[0]);

    process = (struct process){.run = answer, .arg = &seven, .dir = "/", .out = null};
    ok(WEXITSTATUS(end_of(start(&process))) == 7, "a function runs");
    process = (struct process){
        .argv = (const char *const[]){"/nonexistent", NULL}, .dir = "/", .out = null};
    ok(!process_start(&process, &pid, &err) &&
           !strcmp(err.text, "cannot run /nonexistent: No such file or directory"),
       "%s", err.text);
    close(null);
    folder_remove(&folder);
    all_ok();
}

/* The number that a script wrote; waits for it. */
static pid_t number_in(const struct folder *folder, const char *name)
{
    for (int i = 0; i < 500; i++) {
        int64_t pid;
        const char *text = folder_read(folder, name);

        if (strchr(text, '\n') &&
            slice_i64(slice_of(text, strcspn(text, "\n")), 1, INT32_MAX, &pid))
            return (pid_t)pid;
        usleep(10000);
    }
    fail_msg("%s never came", name);
    return 0;
}

static bool is_running(pid_t pid)
{
    int64_t at;

    return process_started_at(pid, &at);
}

static void *sleep_on(void *arg)
{
    (void)arg;
    return pause() == 0 ? NULL : arg;
}

/* A first thread that has ended is no dead process: another of it goes on. */
static void test_first_thread_ended(void **state)
{
    (void)state;
    pid_t pid = fork();
    char stat[64], text[256] = "";

    if (pid == 0) {
        pthread_t other;

        if (pthread_create(&other, NULL, sleep_on, NULL) == 0)
            pthread_exit(NULL);
        _exit(1);
    }
    snprintf(stat, sizeof(stat), "/proc/%d/stat", (int)pid);
    for (int i = 0; i < 1000 && !strstr(text, ") Z "); i++) {
        FILE *file = fopen(stat, "r");

        assert_non_null(file);
        assert_non_null(fgets(text, sizeof(text), file));
        fclose(file);
        usleep(5000);
    }
    ok(strstr(text, ") Z ") != NULL, "its first thread has ended: %s", text);
    ok(is_running(pid), "it is alive");
    kill(pid, SIGKILL);
    for (int i = 0; i < 1000 && is_running(pid); i++)
        usleep(5000);
    ok(!is_running(pid), "it is dead, and nobody has waited for it");
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    all_ok();
}

static void test_leftovers(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct folder folder = folder_new();
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    struct process whole = {
        .argv = SH("sleep 300 & echo $! >member; wait"), .dir = folder.path, .out = null};
    struct process orphan = {
        .argv = SH("sleep 300 & echo $! >orphan"), .dir = folder.path, .out = null};
    struct process stranger = {.argv = SH("exec sleep 300"), .dir = "/", .out = null};
    pid_t leader = start(&whole), gone = start(&orphan), other = start(&stranger);
    pid_t member = number_in(&folder, "member"), left = number_in(&folder, "orphan");
    pid_t pids[8];
    struct err err = {0};
    size_t ended = 0;
    FILE *file;

    ok(process_members(leader, folder.path, pids, 8) == 2, "leader and member are found");
    ok(process_members(leader, folder.path, pids, 1) == 1, "no more than there is room for");
    ok(process_members(leader, "/", pids, 8) == 0, "not in another folder");
    assert_true(pid_file_write(folder.path, "whole", leader, &err));
    assert_true(pid_file_write(folder.path, "gone", gone, &err));
    (void)end_of(gone);
    /* A number that now belongs to somebody else. */
    file = fopen(arena_printf(mem, "%s/other.pid", folder.path), "w");
    fprintf(file, "%d 1\n", (int)other);
    fclose(file);
    file = fopen(arena_printf(mem, "%s/junk.pid", folder.path), "w");
    fprintf(file, "junk\n");
    fclose(file);

    ok(pid_files_end(mem, folder.path, &ended, &err), "%s", err.text);
    ok(ended == 3, "%zu ended", ended);
    ok(!is_running(member) && !is_running(leader), "the group has ended");
    ok(!is_running(left), "the orphan of a dead leader has ended");
    ok(is_running(other), "a stranger with the same number lives");
    ok(!*folder_read(&folder, "other.pid") && !*folder_read(&folder, "junk.pid"),
       "the files are gone");
    kill(other, SIGKILL);
    (void)end_of(other);
    (void)end_of(leader);
    close(null);
    folder_remove(&folder);
    all_ok();
}

/* Another process that wants the lock of `holder`: 0 when it is refused as it should be. */
static pid_t fork_second(const struct folder *folder, pid_t holder)
{
    pid_t pid = fork();

    if (pid == 0) {
        struct arena *mem = arena_new();
        const char *want = arena_printf(mem, "latchkey run is running in %s already, as process %d",
                                        folder->path, (int)holder);
        struct err err = {0};
        int lock;
        bool is_refused = !run_lock(mem, folder->path, &lock, &err) && err.code == ERR_CONFLICT;

        _exit(is_refused && strcmp(err.text, want) == 0 ? 0 : 1);
    }
    return pid;
}

/* A run that took the lock and is killed while a fork of it lives until `end` is closed. */
static pid_t fork_killed(const struct folder *folder, const int end[2])
{
    pid_t pid = fork();

    if (pid == 0) {
        struct err err = {0};
        char octet;
        int lock;

        close(end[1]);
        if (!run_lock(arena_new(), folder->path, &lock, &err))
            _exit(1);
        if (fork() == 0)
            _exit(read(end[0], &octet, 1) == 0 ? 0 : 1);
        (void)kill(getpid(), SIGKILL);
    }
    return pid;
}

static void test_lock_of_a_killed_one(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct folder folder = folder_new();
    struct err err = {0};
    int end[2], lock = -1;

    assert_int_equal(pipe(end), 0);
    ok(WIFSIGNALED(end_of(fork_killed(&folder, end))), "it is killed");
    ok(run_lock(mem, folder.path, &lock, &err), "its fork does not hold the lock: %s", err.text);
    close(end[0]);
    close(end[1]);
    close(lock);
    folder_remove(&folder);
    all_ok();
}

static void test_lock(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct folder folder = folder_new();
    struct err err = {0};
    int lock;

    ok(run_lock(mem, folder.path, &lock, &err), "%s", err.text);
    ok(WEXITSTATUS(end_of(fork_second(&folder, getpid()))) == 0, "a second is refused, and why");
    close(lock);
    ok(run_lock(mem, folder.path, &lock, &err), "free again: %s", err.text);
    close(lock);
    folder_remove(&folder);
    all_ok();
}

static void test_output(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool is_notable;
    } rows[] = {
        {"at=2026-11-24T03:48:04.120Z level=info event=http.request", false},
        {"at=2026-11-24T03:48:04.120Z level=debug event=x", false},
        {"at=2026-11-24T03:48:04.120Z level=warn event=x", true},
        {"{\"at\":\"x\",\"level\":\"info\"}", false},
        {"{\"at\":\"x\",\"level\":\"error\"}", true},
        {"nginx: [emerg] bind() failed", true},
        {"", true},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ok(output_is_notable(rows[i].line, strlen(rows[i].line)) == rows[i].is_notable, "%s",
           rows[i].line);
    all_ok();
}

static void test_ports(void **state)
{
    (void)state;
    ok(!ready_tcp("127.0.0.1:1") && !ready_tcp("nonsense") && !ready_tcp("127.0.0.1:"),
       "nobody there");
    ok(!ready_unix("/nonexistent/socket"), "no such socket");
    ok(!ready_port_is_free("192.0.2.1:80"), "an address that is not ours is not free");
    ok(ready_port_is_free("127.0.0.9:50123"), "a free port");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_first_thread_ended),
        cmocka_unit_test(test_leftovers),
        cmocka_unit_test(test_lock),
        cmocka_unit_test(test_lock_of_a_killed_one),
        cmocka_unit_test(test_output),
        cmocka_unit_test(test_ports),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
