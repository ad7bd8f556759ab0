/* SPDX-License-Identifier: Apache-2.0 */
#include "super/supervisor.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "super/child.h"
#include "super/pid_file.h"

#define OUTPUT_GATHER_MS 20
#define TICK_MS          10  /* between two looks while something is about to happen */
#define IDLE_MS          500 /* otherwise */

struct supervisor {
    const struct supervisor_options *options;
    struct child children[SUPER_CHILDREN_MAX];
    size_t count;
    int order;            /* that is being started */
    int64_t order_due_at; /* when it must be ready */
    bool is_ready;        /* all were, once */
    bool is_stopping;
    int stop_order;      /* that is being stopped */
    int64_t stop_due_at; /* when it is killed */
    int signals;         /* signalfd */
    bool is_failed;
    struct err failure;
};

int64_t supervisor_delay(int64_t last_ms, int64_t lived_ms)
{
    if (last_ms == 0 || lived_ms >= SUPER_STEADY_MS)
        return SUPER_DELAY_MIN_MS;
    return last_ms * 2 < SUPER_DELAY_MAX_MS ? last_ms * 2 : SUPER_DELAY_MAX_MS;
}

static void fail(struct supervisor *super, const struct err *why)
{
    if (!super->is_failed)
        super->failure = *why;
    super->is_failed = true;
    supervisor_stop(super);
}

static bool start(struct supervisor *super, struct child *child, struct err *err)
{
    const struct child_folders folders = {.run = super->options->run_dir,
                                          .log = super->options->log_dir};

    return child_start(child, &folders, err);
}

static int64_t ready_ms(const struct supervisor_options *options)
{
    return options->ready_ms ? options->ready_ms : SUPER_READY_MS;
}

static void order_begin(struct supervisor *super, int order)
{
    struct err err = {0};

    super->order = order;
    super->order_due_at = clock_boot_ms() + ready_ms(super->options);
    for (size_t i = 0; i < super->count; i++) {
        struct child *child = &super->children[i];

        if (child->spec.order == order && child->state == CHILD_IDLE && !start(super, child, &err))
            fail(super, &err);
    }
}

/* The smallest order above `order` that has a child, or INT_MAX. */
static int order_above(const struct supervisor *super, int order)
{
    int next = INT_MAX;

    for (size_t i = 0; i < super->count; i++)
        if (super->children[i].spec.order > order && super->children[i].spec.order < next)
            next = super->children[i].spec.order;
    return next;
}

/* Whether the children of the order are ready; looks at those that are not yet. */
static bool order_is_ready(struct supervisor *super)
{
    bool all = true;

    for (size_t i = 0; i < super->count; i++) {
        struct child *child = &super->children[i];

        if (child->state == CHILD_STARTING && child_is_ready(child))
            child->state = CHILD_RUNNING;
        if (child->spec.order == super->order && child->state != CHILD_RUNNING &&
            !(child->spec.ready == READY_EXIT && !child_is_alive(child) && child->status == 0))
            all = false;
    }
    return all;
}

static void order_late(struct supervisor *super)
{
    struct err why = {0};

    for (size_t i = 0; i < super->count; i++) {
        const struct child *child = &super->children[i];

        if (child->spec.order == super->order && child->state != CHILD_RUNNING &&
            child->state != CHILD_DONE) {
            err_set(&why, ERR_TIMEOUT, "%s did not get ready within %lld ms: see %s/%s.log",
                    child->spec.name, (long long)ready_ms(super->options), super->options->log_dir,
                    child->spec.name);
            fail(super, &why);
            return;
        }
    }
}

static void progress(struct supervisor *super)
{
    if (super->is_stopping)
        return;
    if (!order_is_ready(super)) {
        if (!super->is_ready && clock_boot_ms() > super->order_due_at)
            order_late(super);
        return;
    }
    if (super->is_ready)
        return;
    if (order_above(super, super->order) != INT_MAX) {
        order_begin(super, order_above(super, super->order));
        return;
    }
    super->is_ready = true;
    if (super->options->on_ready)
        super->options->on_ready(super, super->options->arg);
}

static void step_ended(struct supervisor *super, struct child *child)
{
    struct err why = {0};

    child->state = child->spec.every_ms > 0 ? CHILD_WAITING : CHILD_DONE;
    child->due_at = clock_boot_ms() + child->spec.every_ms;
    if (child->status != 0 && !super->is_ready && !super->is_stopping) {
        err_set(&why, ERR_CONFIG, "%s failed: %s (see %s/%s.log)", child->spec.name,
                child->output.last, super->options->log_dir, child->spec.name);
        fail(super, &why);
    }
    if (super->options->on_exit && !super->is_stopping)
        super->options->on_exit(super, &child->spec, child->status, super->options->arg);
}

/* The whole group is gone. */
static void child_gone(struct supervisor *super, struct child *child)
{
    child_output_close(child);
    pid_file_remove(super->options->run_dir, child->spec.name);
    child->state = CHILD_DONE;
    if (child->spec.ready == READY_EXIT) {
        step_ended(super, child);
        return;
    }
    if (super->is_stopping)
        return;
    child->delay_ms = supervisor_delay(child->delay_ms, clock_boot_ms() - child->started_at);
    child->due_at = clock_boot_ms() + child->delay_ms;
    child->state = CHILD_WAITING;
    if (WIFSIGNALED(child->status))
        LOG(WARN, "super.restart", KS("child", child->spec.name),
            KI("signal", WTERMSIG(child->status)), KI("delay_ms", child->delay_ms));
    else
        LOG(WARN, "super.restart", KS("child", child->spec.name),
            KI("exit", WEXITSTATUS(child->status)), KI("delay_ms", child->delay_ms));
}

static void leader_died(struct supervisor *super, struct child *child, int status)
{
    child->pid = 0;
    child->status = status;
    if (child_group_signal(child, super->options->run_dir, SIGTERM) == 0) {
        child_gone(super, child);
        return;
    }
    child->state = CHILD_ENDING;
    child->due_at = clock_boot_ms() + SUPER_STOP_MS;
}

/* Reaps what has died: leaders, and orphans of theirs, which the kernel gave to us. */
static void reap(struct supervisor *super)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (size_t i = 0; i < super->count; i++)
            if (super->children[i].pid == pid)
                leader_died(super, &super->children[i], status);
}

static void restart(struct supervisor *super, struct child *child)
{
    struct err err = {0};

    CRASH_POINT(RESTART_CHILD_BEFORE);
    if (!start(super, child, &err)) {
        LOG(ERROR, "super.start", KS("child", child->spec.name), KERR(&err));
        child->due_at = clock_boot_ms() + SUPER_DELAY_MAX_MS;
        child->state = CHILD_WAITING;
    }
    CRASH_POINT(RESTART_CHILD_COMMIT);
}

/* What is due by time: ends of groups, restarts. */
static void due_do(struct supervisor *super)
{
    int64_t now = clock_boot_ms();

    for (size_t i = 0; i < super->count; i++) {
        struct child *child = &super->children[i];

        if (child->state == CHILD_ENDING &&
            child_group_signal(child, super->options->run_dir, now > child->due_at ? SIGKILL : 0) ==
                0)
            child_gone(super, child);
        if (child->state == CHILD_WAITING && !super->is_stopping && now >= child->due_at)
            restart(super, child);
    }
}

/* The cause of their deaths may be gone. */
static void waiting_hurry(struct supervisor *super)
{
    for (size_t i = 0; i < super->count; i++) {
        struct child *child = &super->children[i];

        if (child->state == CHILD_WAITING && child->spec.ready != READY_EXIT)
            child->due_at = clock_boot_ms();
        child->delay_ms = 0;
    }
}

/* The largest order that is not above `order` and has a living child; INT_MIN when none has. */
static int order_alive(const struct supervisor *super, int order)
{
    int found = INT_MIN;

    for (size_t i = 0; i < super->count; i++) {
        const struct child *child = &super->children[i];

        if (child_is_alive(child) && child->spec.order <= order && child->spec.order > found)
            found = child->spec.order;
    }
    return found;
}

static void order_signal(const struct supervisor *super, int order, int number)
{
    for (size_t i = 0; i < super->count; i++) {
        const struct child *child = &super->children[i];

        if (child->spec.order < order || !child_is_alive(child))
            continue;
        if (child->pid)
            kill(child->pid, number);
        if (number == SIGKILL)
            child_group_signal(child, super->options->run_dir, SIGKILL);
    }
}

/* Ends one order after the other; false when nothing is left. */
static bool stop_go_on(struct supervisor *super)
{
    int order = order_alive(super, INT_MAX);

    if (order == INT_MIN)
        return false;
    if (order != super->stop_order) {
        super->stop_order = order;
        super->stop_due_at = clock_boot_ms() + SUPER_STOP_MS;
        order_signal(super, order, SIGTERM);
    } else if (clock_boot_ms() > super->stop_due_at) {
        order_signal(super, order, SIGKILL);
    }
    return true;
}

void supervisor_stop(struct supervisor *super)
{
    if (super->is_stopping)
        return;
    super->is_stopping = true;
    super->stop_order = INT_MAX;
}

void supervisor_signal(struct supervisor *super, const char *name, int number)
{
    for (size_t i = 0; i < super->count; i++)
        if (super->children[i].pid && strcmp(super->children[i].spec.name, name) == 0)
            kill(super->children[i].pid, number);
}

static struct child *child_place(struct supervisor *super, const struct child_spec *spec)
{
    struct child *child = &super->children[super->count++];

    child_init(child, spec, super->options->is_verbose);
    return child;
}

void supervisor_add(struct supervisor *super, const struct child_spec *spec)
{
    struct err err = {0};

    assert(super->count < SUPER_CHILDREN_MAX && spec->ready == READY_EXIT);
    if (!start(super, child_place(super, spec), &err))
        fail(super, &err);
}

static void signals_take(struct supervisor *super)
{
    struct signalfd_siginfo info;

    while (read(super->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        switch (info.ssi_signo) {
        case SIGINT:
        case SIGTERM:
            if (super->is_stopping)
                order_signal(super, INT_MIN, SIGKILL);
            supervisor_stop(super);
            break;
        case SIGHUP:
            waiting_hurry(super);
            if (super->options->on_watch)
                super->options->on_watch(super, super->options->arg);
            break;
        default: /* SIGCHLD: reap() looks anyway */
            break;
        }
    }
}

/* Whether something is to be looked at soon. */
static int wait_ms(const struct supervisor *super)
{
    if (super->is_stopping || !super->is_ready)
        return TICK_MS;
    for (size_t i = 0; i < super->count; i++)
        if (child_is_about_to_change(&super->children[i]))
            return TICK_MS;
    return IDLE_MS;
}

/* What the children have written. */
static void output_take_all(struct supervisor *super, const struct pollfd *fds)
{
    for (size_t i = 0; i < super->count; i++) {
        struct child *child = &super->children[i];

        if (fds[i].revents && !output_take(&child->output, child->out))
            child_output_close(child);
    }
}

/* After something was written, what follows is waited for and taken together: each line by itself
 * would wake this process, at the cost of who writes it. */
static void wait_for_events(struct supervisor *super)
{
    struct pollfd fds[SUPER_CHILDREN_MAX + 2], *own;
    size_t count = super->count;

    for (size_t i = 0; i < count; i++)
        fds[i] = (struct pollfd){.fd = super->children[i].out, .events = POLLIN};
    own = &fds[count];
    own[0] = (struct pollfd){.fd = super->signals, .events = POLLIN};
    own[1] = (struct pollfd){.fd = super->options->watch_fd, .events = POLLIN};
    if (poll(fds, count + 2, wait_ms(super)) <= 0)
        return;
    output_take_all(super, fds);
    if (super->is_ready && !own[0].revents && !own[1].revents &&
        poll(own, 2, OUTPUT_GATHER_MS) <= 0)
        return;
    if (own[0].revents)
        signals_take(super);
    if (own[1].revents && super->options->on_watch)
        super->options->on_watch(super, super->options->arg);
}

static bool set_up(struct supervisor *super, struct err *err)
{
    sigset_t taken;

    sigemptyset(&taken);
    sigaddset(&taken, SIGCHLD);
    sigaddset(&taken, SIGINT);
    sigaddset(&taken, SIGTERM);
    sigaddset(&taken, SIGHUP);
    sigprocmask(SIG_BLOCK, &taken, NULL);
    super->signals = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
    if (super->signals < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        return err_errno(err, ERR_INTERNAL, errno, "could not set up signals");
    if (chdir(super->options->run_dir) != 0)
        return err_errno(err, ERR_CONFIG, errno, "cannot use %s", super->options->run_dir);
    return true;
}

bool supervisor_run(const struct supervisor_options *options, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct supervisor *super = arena_new_of(mem, struct supervisor);

    super->options = options;
    assert(options->count <= SUPER_CHILDREN_MAX);
    if (!set_up(super, err))
        return false;
    for (size_t i = 0; i < options->count; i++)
        child_place(super, &options->children[i]);
    if (super->count > 0)
        order_begin(super, order_above(super, INT_MIN));
    for (;;) {
        reap(super);
        due_do(super);
        progress(super);
        if (super->is_stopping && !stop_go_on(super))
            break;
        wait_for_events(super);
    }
    for (size_t i = 0; i < super->count; i++)
        if (super->children[i].output.log > 0)
            close(super->children[i].output.log);
    close(super->signals);
    if (super->is_failed)
        *err = super->failure;
    return !super->is_failed;
}
