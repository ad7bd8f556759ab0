/* SPDX-License-Identifier: Apache-2.0 */
#include "super/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crash.h"
#include "super/pid_file.h"

#define MEMBERS_MAX 256

void child_init(struct child *child, const struct child_spec *spec, bool is_verbose)
{
    *child = (struct child){.spec = *spec, .out = -1};
    child->output.name = child->spec.name;
    child->output.shown = is_verbose                  ? OUTPUT_ALL
                          : spec->ready == READY_EXIT ? OUTPUT_NONE
                                                      : OUTPUT_NOTABLE;
}

bool child_is_alive(const struct child *child)
{
    return child->pid != 0 || child->state == CHILD_ENDING;
}

static bool log_open(struct child *child, const char *log_dir, struct err *err)
{
    char path[PATH_MAX];

    if (child->output.log > 0)
        return true;
    snprintf(path, sizeof(path), "%s/%s.log", log_dir, child->spec.name);
    child->output.log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (child->output.log < 0) {
        child->output.log = 0;
        return err_errno(err, ERR_CONFIG, errno, "cannot write %s", path);
    }
    return true;
}

void child_output_close(struct child *child)
{
    if (child->out < 0)
        return;
    (void)output_take(&child->output, child->out);
    output_flush(&child->output);
    close(child->out);
    child->out = -1;
}

/* A pipe for its output, or our own standard output; *in = what we read, or -1. */
static bool output_make(const struct child *child, int *in, int *out, struct err *err)
{
    int ends[2] = {-1, -1};

    if (child->spec.is_plain)
        ends[1] = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    else if (pipe2(ends, O_CLOEXEC) == 0)
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
    if (ends[1] < 0)
        return err_errno(err, ERR_INTERNAL, errno, "could not make a pipe");
    *in = ends[0];
    *out = ends[1];
    return true;
}

bool child_start(struct child *child, const struct child_folders *folders, struct err *err)
{
    int in;
    bool pass;

    if (!log_open(child, folders->log, err) ||
        !output_make(child, &in, &child->spec.process.out, err))
        return false;
    child->spec.process.dir = folders->run;
    child->spec.process.pid_name = child->spec.name;
    CRASH_POINT(START_CHILD_BEFORE);
    pass = process_start(&child->spec.process, &child->pid, err);
    CRASH_POINT(START_CHILD_COMMIT);
    close(child->spec.process.out);
    child_output_close(child);
    child->out = in;
    if (!pass)
        return err_wrap(err, "%s", child->spec.name);
    child->group = child->pid;
    child->started_at = clock_boot_ms();
    child->state = CHILD_STARTING;
    return true;
}

bool child_is_ready(const struct child *child)
{
    switch (child->spec.ready) {
    case READY_AT_ONCE:
        return true;
    case READY_UNIX:
        return ready_unix(child->spec.where);
    case READY_TCP:
        return ready_tcp(child->spec.where);
    case READY_FILE:
        return access(child->spec.where, F_OK) == 0;
    case READY_EXIT:
        break;
    }
    return false;
}

bool child_is_about_to_change(const struct child *child)
{
    return child->state == CHILD_ENDING ||
           (child->spec.ready != READY_EXIT &&
            (child->state == CHILD_STARTING || child->state == CHILD_WAITING));
}

size_t child_group_signal(const struct child *child, const char *run_dir, int number)
{
    pid_t pids[MEMBERS_MAX];
    size_t count = process_members(child->group, run_dir, pids, MEMBERS_MAX);

    for (size_t i = 0; number && i < count; i++)
        kill(pids[i], number);
    return count;
}
