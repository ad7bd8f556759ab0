/* SPDX-License-Identifier: Apache-2.0 */
#include "super/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/slice.h"
#include "super/pid_file.h"

#define FD_ASIDE  64 /* above every number that a child is given */
#define STAT_MAX  1024
#define EXEC_FAIL 127

DEFINE_FREEP(DIR, (void)!closedir)

/* In the child: what it was given, at the numbers it was promised. */
static bool fds_place(const struct process *process)
{
    int aside[8], null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (null < 0 || process->fd_count > ARRAY_LEN(aside))
        return false;
    for (size_t i = 0; i < process->fd_count; i++) {
        aside[i] = fcntl(process->fds[i].fd, F_DUPFD_CLOEXEC, FD_ASIDE);
        if (aside[i] < 0)
            return false;
    }
    if (dup2(null, 0) < 0 || dup2(process->out, 1) < 0 || dup2(process->out, 2) < 0)
        return false;
    for (size_t i = 0; i < process->fd_count; i++)
        if (dup2(aside[i], process->fds[i].as) < 0)
            return false;
    return true;
}

static void signals_reset(void)
{
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        (void)signal(i, SIG_DFL); /* SIGKILL, SIGSTOP and the library's own refuse */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool env_add(const char *const *env)
{
    for (; env && *env; env++) {
        char name[128];
        size_t len = strcspn(*env, "=");

        if (len >= sizeof(name))
            return false;
        memcpy(name, *env, len);
        name[len] = '\0';
        if (setenv(name, *env + len + 1, 1) != 0)
            return false;
    }
    return true;
}

/* argv of exec is not const, though it changes nothing. */
static char *const *exec_argv(const char *const *argv)
{
    union {
        const char *const *in;
        char *const *out;
    } both = {.in = argv};

    return both.out;
}

/* A group of its own, which ends with its parent. */
static bool leave_parent(pid_t parent)
{
    return setpgid(0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent;
}

/* Written by the child: were it the parent's to write, a parent that dies in between would leave a
 * process behind that nobody knows. */
static bool pid_write(const struct process *process)
{
    struct err err;

    return !process->pid_name || pid_file_write(process->dir, process->pid_name, getpid(), &err);
}

/* Never returns; a failure's errno goes through `report`. */
static _Noreturn void child_main(const struct process *process, pid_t parent, int report)
{
    bool is_ready = leave_parent(parent);
    int number;

    if (is_ready)
        signals_reset();
    is_ready = is_ready && fds_place(process) && env_add(process->env) &&
               chdir(process->dir) == 0 && pid_write(process);
    if (is_ready && process->run) {
        close(report);
        exit(process->run(process->arg));
    }
    if (is_ready)
        execv(process->argv[0], exec_argv(process->argv));
    number = errno;
    (void)!write(report, &number, sizeof(number)); /* the parent sees an end of file instead */
    _exit(EXEC_FAIL);
}

static const char *shown_name(const struct process *process)
{
    return process->argv ? process->argv[0] : "a child process";
}

bool process_start(const struct process *process, pid_t *out, struct err *err)
{
    int report[2], number = 0;
    pid_t parent = getpid(), pid;
    ssize_t got;

    if (pipe2(report, O_CLOEXEC) != 0)
        return err_errno(err, ERR_INTERNAL, errno, "could not make a pipe");
    if (process->leftover)
        (void)unlink(process->leftover); /* most often there is none */
    fflush(NULL);                        /* or a forked function would print it again */
    pid = fork();
    if (pid == 0)
        child_main(process, parent, report[1]);
    number = errno;
    close(report[1]);
    if (pid < 0) {
        close(report[0]);
        return err_errno(err, ERR_INTERNAL, number, "could not start %s", shown_name(process));
    }
    (void)setpgid(pid, pid); /* whoever is first: EACCES after its exec */
    do
        got = read(report[0], &number, sizeof(number));
    while (got < 0 && errno == EINTR);
    close(report[0]);
    if (got == (ssize_t)sizeof(number))
        return err_errno(err, ERR_CONFIG, number, "cannot run %s", shown_name(process));
    *out = pid;
    return true;
}

struct stat_line {
    char state;
    int64_t group, threads, started_at;
};

/* Field `n` (from 3, the state) of /proc/PID/stat behind the name in parentheses. */
static struct slice stat_field(const char *rest, int n)
{
    size_t len;

    for (int i = 3; i < n; i++) {
        rest += strcspn(rest, " ");
        rest += strspn(rest, " ");
    }
    len = strcspn(rest, " \n");
    return slice_of(rest, len);
}

/* proc(5): pid (name) state ppid pgrp ... num_threads is field 20, starttime 22. */
static bool stat_read(pid_t pid, struct stat_line *out)
{
    char path[64], text[STAT_MAX];
    const char *rest;
    ssize_t len;
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    len = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (len <= 0)
        return false;
    text[len] = '\0';
    rest = strrchr(text, ')');
    if (!rest || rest[1] != ' ')
        return false;
    rest += 2;
    out->state = *rest;
    return slice_i64(stat_field(rest, 5), INT_MIN, INT_MAX, &out->group) &&
           slice_i64(stat_field(rest, 20), 0, INT_MAX, &out->threads) &&
           slice_i64(stat_field(rest, 22), 0, INT64_MAX, &out->started_at);
}

/* A process whose first thread has ended has its ports and files as long as another lives. */
static bool is_dead(const struct stat_line *line)
{
    return (line->state == 'Z' || line->state == 'X') && line->threads <= 1;
}

bool process_started_at(pid_t pid, int64_t *out)
{
    struct stat_line line;

    if (!stat_read(pid, &line) || is_dead(&line))
        return false;
    *out = line.started_at;
    return true;
}

static bool is_in(pid_t pid, const char *dir)
{
    char path[64], found[PATH_MAX];
    ssize_t len;

    snprintf(path, sizeof(path), "/proc/%d/cwd", (int)pid);
    len = readlink(path, found, sizeof(found) - 1);
    if (len < 0)
        return false;
    found[len] = '\0';
    return strcmp(found, dir) == 0;
}

size_t process_members(pid_t group, const char *dir, pid_t *out, size_t room)
{
    AUTO(DIR_freep) DIR *proc = opendir("/proc");
    const struct dirent *entry;
    size_t count = 0;

    while (proc && count < room && (entry = readdir(proc))) {
        struct stat_line line;
        int64_t pid;

        if (slice_i64(slice_str(entry->d_name), 1, INT_MAX, &pid) && stat_read((pid_t)pid, &line) &&
            line.group == group && !is_dead(&line) && is_in((pid_t)pid, dir))
            out[count++] = (pid_t)pid;
    }
    return count;
}

const char *process_find(struct arena *mem, const char *name)
{
    const char *path = getenv("PATH");
    const char *at = arena_printf(mem, "%s:/usr/local/sbin:/usr/sbin:/sbin", path ? path : "");

    while (*at) {
        size_t len = strcspn(at, ":");
        const char *full = arena_printf(mem, "%.*s/%s", (int)len, at, name);

        if (*at == '/' && access(full, X_OK) == 0)
            return full;
        at += len + (at[len] == ':');
    }
    return NULL;
}
