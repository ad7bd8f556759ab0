/* SPDX-License-Identifier: Apache-2.0 */
#include "super/run.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/open.h"
#include "base/log.h"
#include "super/bootstrap.h"
#include "super/first_order.h"
#include "super/front_cert.h"
#include "super/generate.h"
#include "super/own_zones.h"
#include "super/pid_file.h"
#include "super/plan.h"
#include "super/render.h"
#include "super/run_config.h"
#include "super/zone_watch.h"

#define SUMMARY_MAX 65536

struct running {
    struct arena *mem;
    const struct run_options *options;
    struct layout layout;
    struct first_order order;
    const char *domain; /* --domain as it is stored */
    struct front_cert cert;
    struct zone_watch zones;
    int lock;
    bool is_live;
};

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

static bool stays(const struct run_options *options)
{
    return !options->is_once || options->is_kept;
}

/* What is over with the first order is not offered. */
static void welcome(const struct running *running)
{
    const struct layout *layout = &running->layout;
    const char *token = bootstrap_operator_token(running->mem, layout);

    printf("Latchkey runs in %s.\n", layout->dir);
    if (stays(running->options))
        printf(
            "\n"
            "  API     %s\n"
            "  token   %s (the operator's)\n"
            "  CA      %s\n"
            "  roots   %s/roots.pem\n"
            "  logs    %s/\n\n"
            "For %s order, status and the like:\n\n"
            "    export LATCHKEY_URL=%s LATCHKEY_TOKEN=$(cat %s) LATCHKEY_CA_FILE=%s/roots.pem\n\n"
            "Ctrl-C ends it.\n",
            layout->cfg->web.public_url, token, layout->cfg->sandbox_ca.public_url, layout->ca,
            layout->log, layout->latchkey, layout->cfg->web.public_url, token, layout->ca);
    fflush(stdout);
}

static void on_ready(struct supervisor *super, void *arg)
{
    struct running *running = arg;

    front_cert_note(&running->cert);
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
    front_cert_look(&running->cert, super, child);
}

static void on_zones(struct supervisor *super, void *arg)
{
    const struct running *running = arg;

    zone_watch_look(&running->zones, super);
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
    if (host.is_wildcard)
        return err_set(
            err, ERR_BAD_INPUT,
            "--domain: %s is a wildcard, whose owner has to set a record first: order it "
            "once Latchkey runs",
            host.name);
    name_set_cover(running->mem, &host, &names);
    running->domain = host.name;
    return generate_zone(running->mem, &running->layout, &names, err);
}

/* Everything before the first child. */
static bool prepare(struct running *running, struct err *err)
{
    struct arena *mem = running->mem;
    struct layout *layout = &running->layout;

    if (!layout_make(mem, running->options->dir, LAYOUT_RUN, layout, err) ||
        !run_take(mem, layout->run, &running->lock, err) ||
        !run_config(mem, layout, running->options->port_base, err) ||
        !run_config_check_ports(mem, layout, err) || !domain_prepare(running, err))
        return false;
    running->cert = front_cert_of(mem, layout);
    log_set_up(layout->cfg->log.level, layout->cfg->log.format);
    running->order = (struct first_order){
        .layout = layout,
        .domain = running->domain,
        .summary = arena_printf(mem, "%s/first-order.json", layout->run),
        .wait_ms = running->options->is_once ? RUN_ONCE_WAIT_MS : 0,
        .is_kept = stays(running->options),
    };
    unlink(running->order.summary);
    return own_zones_make(mem, layout, err) && generate_nginx(mem, layout, err) &&
           generate_knot(mem, layout, NULL, err) && zone_watch_open(&running->zones, err);
}

static bool supervise(struct running *running, struct err *err)
{
    struct plan plan = plan_new(running->mem, &running->layout);
    struct supervisor_options options = {
        .run_dir = running->layout.run,
        .log_dir = running->layout.log,
        .is_verbose = running->options->is_verbose,
        .on_ready = on_ready,
        .on_exit = on_exit_of,
        .watch_fd = running->zones.fd,
        .on_watch = on_zones,
        .arg = running,
    };

    if (!plan_add_all(&plan, err))
        return false;
    options.children = plan.children;
    options.count = plan.count;
    return supervisor_run(&options, err);
}

bool run(const struct run_options *options, bool *is_live, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct running running = {
        .mem = mem, .options = options, .zones = {.layout = &running.layout}, .lock = -1};
    bool pass = prepare(&running, err) && supervise(&running, err);

    zone_watch_close(&running.zones);
    if (running.lock >= 0)
        close(running.lock);
    *is_live = running.is_live || !options->is_once;
    if (options->is_once && !pass)
        fputs(failure_line(mem, err->text), stdout);
    else if (options->is_once && !options->is_kept)
        summary_print(&running);
    return pass;
}
