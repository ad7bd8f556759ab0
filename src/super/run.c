/* SPDX-License-Identifier: Apache-2.0 */
#include "super/run.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/open.h"
#include "base/log.h"
#include "super/bootstrap.h"
#include "super/first_order.h"
#include "super/generate.h"
#include "super/pid_file.h"
#include "super/plan.h"
#include "super/render.h"

#define SUMMARY_MAX    65536
#define ZONES_AGAIN_MS 500

struct running {
    struct arena *mem;
    const struct run_options *options;
    struct layout layout;
    struct first_order order;
    const char *domain; /* --domain as it is stored */
    int64_t service_at; /* when the front nginx's certificate was made */
    int zones;          /* inotify */
    int zones_timer;    /* since the last change */
    int zones_any;      /* epoll: either of them */
    int lock;
    bool is_live;
};

static int64_t changed_at(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return 0;
    return (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

static const char *service_file(const struct running *running)
{
    return arena_printf(running->mem, "%s/service.pem", running->layout.ca);
}

/* What stands in the place of the summary when there is none. */
static const char *failure_line(struct arena *mem, const char *reason)
{
    json_t *doc = json_pack("{s:b, s:s}", "live", 0, "error", reason);
    char *text = json_dumps(doc, JSON_COMPACT);
    const char *line = arena_printf(mem, "%s\n", text);

    free(text);
    json_decref(doc);
    return line;
}

static int first_order_step(void *arg)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct first_order *order = arg;
    struct err err = {0}, unwritten = {0};
    bool is_live = false;

    if (first_order(order, &is_live, &err))
        return is_live ? 0 : 1;
    fprintf(stderr, "latchkey run: %s\n", err.text);
    if (!file_write(mem, order->summary, failure_line(mem, err.text), 0640, &unwritten))
        fprintf(stderr, "latchkey run: %s\n", unwritten.text);
    return 2;
}

static void welcome(const struct running *running)
{
    const struct layout *layout = &running->layout;

    printf("Latchkey runs in %s.\n\n"
           "  API     %s\n"
           "  token   %s (the operator's)\n"
           "  CA      %s\n"
           "  roots   %s/roots.pem\n"
           "  logs    %s/\n\n"
           "  LATCHKEY_URL=%s LATCHKEY_TOKEN=$(cat %s)\n",
           layout->dir, layout->cfg->web.public_url, bootstrap_operator_token(running->mem, layout),
           layout->cfg->sandbox_ca.public_url, layout->ca, layout->log, layout->cfg->web.public_url,
           bootstrap_operator_token(running->mem, layout));
    if (!running->options->is_once || running->options->is_kept)
        printf("\nCtrl-C ends it.\n");
    fflush(stdout);
}

static void on_ready(struct supervisor *super, void *arg)
{
    struct running *running = arg;

    running->service_at = changed_at(service_file(running));
    welcome(running);
    supervisor_add(super, &(struct child_spec){
                              .name = "first-order",
                              .order = PLAN_FIRST_ORDER,
                              .ready = READY_EXIT,
                              .is_plain = true,
                              .process = {.run = first_order_step, .arg = &running->order},
                          });
}

/* The summary as the last line of standard output. */
static void summary_print(const struct running *running)
{
    const char *text = NULL;
    struct err err = {0};

    if (!file_read(running->mem, running->order.summary, SUMMARY_MAX, &text, &err) || !text)
        text = failure_line(running->mem, "ended before the order was");
    fputs(text, stdout);
    fflush(stdout);
}

static void order_ended(struct running *running, struct supervisor *super, int status)
{
    running->is_live = status == 0;
    if (!running->options->is_once)
        return;
    if (running->options->is_kept)
        summary_print(running);
    else
        supervisor_stop(super);
}

static void on_exit_of(struct supervisor *super, const struct child_spec *child, int status,
                       void *arg)
{
    struct running *running = arg;

    if (strcmp(child->name, "first-order") == 0)
        order_ended(running, super, status);
    if (strcmp(child->name, "ca-init") == 0 && running->service_at != 0 &&
        changed_at(service_file(running)) != running->service_at) {
        running->service_at = changed_at(service_file(running));
        supervisor_signal(super, "front", SIGHUP);
    }
}

/* Whether there was something to read, which is thrown away. */
static bool drain(int fd)
{
    char octets[4096];
    bool any = false;

    while (read(fd, octets, sizeof(octets)) > 0)
        any = true;
    return any;
}

/* A zone came, went or changed, or the time has come to say so once more: a SIGHUP that reaches
 * Knot right at the end of a reload wakes nobody there until the next one. */
static void on_zones(struct supervisor *super, void *arg)
{
    static const struct itimerspec again = {.it_value = {.tv_nsec = ZONES_AGAIN_MS * 1000000}};
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct running *running = arg;
    struct err err = {0};

    (void)drain(running->zones_timer);
    if (drain(running->zones))
        (void)timerfd_settime(running->zones_timer, 0, &again, NULL);
    if (!generate_knot(mem, &running->layout, &err))
        LOG(ERROR, "run.zones", KERR(&err));
    supervisor_signal(super, "dns", SIGHUP);
}

static bool watch_one(int epoll, int fd)
{
    return fd >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &(struct epoll_event){EPOLLIN, {0}}) == 0;
}

static bool zones_watch(struct running *running, struct err *err)
{
    running->zones = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    running->zones_timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    running->zones_any = epoll_create1(EPOLL_CLOEXEC);
    if (running->zones < 0 || running->zones_any < 0 ||
        inotify_add_watch(running->zones, running->layout.zones,
                          IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE) < 0 ||
        !watch_one(running->zones_any, running->zones) ||
        !watch_one(running->zones_any, running->zones_timer))
        return err_errno(err, ERR_CONFIG, errno, "cannot watch %s", running->layout.zones);
    return true;
}

static bool earlier_end(struct running *running, struct err *err)
{
    size_t ended;

    if (!pid_files_end(running->mem, running->layout.run, &ended, err))
        return false;
    if (ended > 0)
        fprintf(stderr, "ended %zu processes that an earlier run had left\n", ended);
    return true;
}

/* The names of --domain, and the zone that has them. */
static bool domain_prepare(struct running *running, struct err *err)
{
    const struct suffix_list *suffixes;
    struct hostname host;
    struct name_set names;

    if (!app_suffixes(running->mem, running->layout.cfg, &suffixes, err))
        return false;
    if (!hostname_parse(running->mem, suffixes, running->options->domain, &host, err))
        return err_wrap(err, "--domain");
    name_set_cover(running->mem, &host, &names);
    running->domain = host.name;
    return generate_zone(running->mem, &running->layout, &names, err);
}

/* Everything before the first child. */
static bool prepare(struct running *running, struct err *err)
{
    struct arena *mem = running->mem;
    struct layout *layout = &running->layout;

    if (!layout_make(mem, running->options->dir, layout, err) ||
        !run_lock(mem, layout->run, &running->lock, err) || !earlier_end(running, err) ||
        !layout_config(mem, layout, running->options->port_base, err) ||
        !layout_check_ports(mem, layout, err) || !domain_prepare(running, err))
        return false;
    log_set_up(layout->cfg->log.level, layout->cfg->log.format);
    running->order = (struct first_order){
        .layout = layout,
        .domain = running->domain,
        .summary = arena_printf(mem, "%s/first-order.json", layout->run),
        .wait_ms = running->options->is_once ? RUN_ONCE_WAIT_MS : 0,
    };
    unlink(running->order.summary);
    return generate_nginx(mem, layout, err) && generate_knot(mem, layout, err) &&
           zones_watch(running, err);
}

static bool supervise(struct running *running, struct err *err)
{
    struct supervisor_options options = {
        .run_dir = running->layout.run,
        .log_dir = running->layout.log,
        .is_verbose = running->options->is_verbose,
        .on_ready = on_ready,
        .on_exit = on_exit_of,
        .watch_fd = running->zones_any,
        .on_watch = on_zones,
        .arg = running,
    };

    return plan_make(running->mem, &running->layout, &options.children, &options.count, err) &&
           supervisor_run(&options, err);
}

static void close_all(const struct running *running)
{
    const int open[] = {running->zones_any, running->zones_timer, running->zones, running->lock};

    for (size_t i = 0; i < ARRAY_LEN(open); i++)
        if (open[i] >= 0)
            close(open[i]);
}

bool run(const struct run_options *options, bool *is_live, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct running running = {.mem = mem,
                              .options = options,
                              .zones = -1,
                              .zones_timer = -1,
                              .zones_any = -1,
                              .lock = -1};
    bool pass = prepare(&running, err) && supervise(&running, err);

    close_all(&running);
    *is_live = running.is_live || !options->is_once;
    if (options->is_once && !pass)
        fputs(failure_line(mem, err->text), stdout);
    else if (options->is_once && !options->is_kept)
        summary_print(&running);
    return pass;
}
