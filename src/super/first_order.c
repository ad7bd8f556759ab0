/* SPDX-License-Identifier: Apache-2.0 */
#include "super/first_order.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "app/open.h"
#include "app/status.h"
#include "base/clock.h"
#include "base/id.h"
#include "store/event_store.h"
#include "super/demo.h"
#include "super/render.h"

#define LOOK_MS 500  /* between two looks when nothing is committed */
#define HINT_MS 1500 /* how long it may wait before what is missing is said */

struct follow {
    const struct first_order *order;
    const struct app *app;
    struct demo demo;
    char after[ID_SIZE]; /* the last event that was shown */
    int64_t begun_at;    /* placing of the order, movable clock */
};

static const struct caller operator_caller = {.scope = {.kind = SCOPE_PLATFORM}, .actor = "run"};

/* What was before the order is none of its timeline. */
static void event_show(const struct follow *follow, const struct event *event)
{
    if (event->at >= follow->begun_at)
        printf("  %+8.3f s  %s\n", (double)(event->at - follow->begun_at) / 1000.0, event->text);
}

/* Prints the events that came since. */
static bool timeline_show(struct follow *follow, struct arena *mem, struct err *err)
{
    struct event_filter filter = {
        .page = {.limit = PAGE_LIMIT_MAX},
        .domain_id = follow->demo.domain->id,
    };
    struct event_list list;

    do {
        filter.page.after = follow->after[0] ? follow->after : NULL;
        if (!event_store_list(mem, follow->app->db, &operator_caller.scope, &filter, &list, err))
            return false;
        for (size_t i = 0; i < list.count; i++)
            event_show(follow, &list.items[i]);
        if (list.count > 0)
            snprintf(follow->after, sizeof(follow->after), "%s", list.items[list.count - 1].id);
    } while (list.has_more);
    fflush(stdout);
    return true;
}

static bool is_over(const struct status *status)
{
    return !status->issuance || issuance_state_is_final(status->issuance->state);
}

static bool follow_on(struct follow *follow, struct db_watch *watch, struct arena *mem,
                      struct status *status, struct err *err)
{
    int64_t begun_at = clock_boot_ms(), until = begun_at + follow->order->wait_ms;
    char said[ERR_TEXT_MAX] = "";

    for (;;) {
        AUTO(arena_freep) struct arena *round = arena_new();
        bool changed;

        if (!timeline_show(follow, round, err) ||
            !app_status(follow->app, &operator_caller, round, follow->demo.domain->id, status, err))
            return false;
        if (is_over(status) || (follow->order->wait_ms && clock_boot_ms() > until))
            return app_status(follow->app, &operator_caller, mem, follow->demo.domain->id, status,
                              err);
        if (clock_boot_ms() - begun_at > HINT_MS && status->next &&
            strcmp(status->next, said) != 0 && status->issuance->state == ISSUANCE_WAITING_DNS) {
            snprintf(said, sizeof(said), "%s", status->next);
            printf("              %s\n", said);
        }
        if (!db_watch_wait(watch, LOOK_MS, &changed, err))
            return false;
    }
}

static void seconds_add(json_t *seconds, const char *name, int64_t from, int64_t to)
{
    if (from > 0 && to >= from)
        json_object_set_new(seconds, name, json_real((double)(to - from) / 1000.0));
}

/* How long each stage took, in order; "total" from placing to live. */
static json_t *seconds_of(const struct status *status)
{
    const struct issuance *i = status->issuance;
    const struct {
        const char *name;
        int64_t at;
    } stages[] = {
        {"check", i->checked_at},      {"order", i->ordered_at}, {"publish", i->published_at},
        {"validate", i->validated_at}, {"issue", i->issued_at},  {"deploy", i->deployed_at},
        {"prove", i->live_at},
    };
    int64_t last = status->order->placed_at;
    json_t *seconds = json_object();

    for (size_t k = 0; k < ARRAY_LEN(stages); k++) {
        seconds_add(seconds, stages[k].name, last, stages[k].at);
        if (stages[k].at > 0)
            last = stages[k].at;
    }
    seconds_add(seconds, "total", status->order->placed_at, i->live_at);
    return seconds;
}

static json_t *edges_of(struct arena *mem, const struct config *cfg)
{
    json_t *edges = json_array();

    for (size_t i = 0; i < cfg->run.edge_count; i++)
        for (size_t k = 0; k < cfg->run.edges[i].addresses.count; k++)
            json_array_append_new(
                edges, json_string(layout_endpoint(mem, cfg->run.edges[i].addresses.items[k],
                                                   cfg->edge.https_port)));
    return edges;
}

static bool is_live(const struct status *status)
{
    return status->issuance && status->issuance->state == ISSUANCE_LIVE;
}

static bool summary_write(const struct follow *follow, struct arena *mem,
                          const struct status *status, struct err *err)
{
    const struct layout *layout = follow->order->layout;
    json_t *doc =
        json_pack("{s:b, s:b, s:s, s:s, s:s?, s:s?, s:s?, s:o, s:s}", "live", is_live(status),
                  "test", status->badge.kind == BADGE_TEST_CERTIFICATE, "domain",
                  status->domain->name, "order", follow->demo.order_id, "state",
                  status->issuance ? issuance_state_name(status->issuance->state) : NULL, "next",
                  is_live(status) ? NULL : status->next, "serial",
                  status->certificate ? status->certificate->serial : NULL, "edges",
                  edges_of(mem, layout->cfg), "root", arena_printf(mem, "%s/root.pem", layout->ca));
    char *text;
    bool pass;

    if (!doc)
        return err_set(err, ERR_INTERNAL, "could not write the summary");
    if (status->issuance && status->order)
        json_object_set_new(doc, "seconds", seconds_of(status));
    text = json_dumps(doc, JSON_COMPACT | JSON_REAL_PRECISION(4));
    pass = file_write(mem, follow->order->summary, arena_printf(mem, "%s\n", text), 0640, err);
    free(text);
    json_decref(doc);
    return pass;
}

static void result_show(const struct status *status)
{
    printf("\n%s: %s, shown by %zu of %zu edges.\n", status->domain->name, status->badge_text,
           status->proven, status->counted);
    if (!is_live(status))
        printf("%s\n", status->next ? status->next : "");
}

static void proof_show(const struct follow *follow, struct arena *mem, const struct status *status)
{
    const struct layout *layout = follow->order->layout;
    const struct config *cfg = layout->cfg;
    const char *url = status->site_url ? status->site_url : "";
    const char *host = strstr(url, "://") ? strstr(url, "://") + 3 : url;

    printf("See for yourself:\n\n    curl --cacert %s/roots.pem --resolve %.*s:%lld:%s %s/\n\n",
           layout->ca, (int)strcspn(host, ":/"), host, (long long)cfg->edge.https_port,
           cfg->run.edges[0].addresses.items[0], arena_printf(mem, "%s", url));
}

static bool pages_show(const struct follow *follow, struct arena *mem, struct err *err)
{
    const struct layout *layout = follow->order->layout;
    const struct user *user;
    const char *link;

    if (!demo_person(follow->app, mem, &follow->demo, &user, &link, err))
        return false;
    if (link)
        printf(
            "The pages, in a browser, as the demo partner (this link works once, for 15 minutes;\n"
            "the browser will warn of the sandbox CA, which it does not know):\n\n    %s\n\n",
            link);
    else
        printf("The pages, in a browser, as %s:\n\n    %s\n\n"
               "A link that lets you in again:\n\n    %s user link %s --config %s\n\n",
               user->email, follow->app->config->web.public_url, layout->latchkey, user->email,
               layout->config_file);
    return true;
}

static bool order_and_follow(struct follow *follow, struct arena *mem, bool *live, struct err *err)
{
    AUTO(db_watch_freep) struct db_watch *watch = NULL;
    const struct cert_order *order;
    struct status status;

    if (!db_watch_new(follow->app->db, &watch, err) ||
        !demo_order(follow->app, mem, follow->order->domain, &follow->demo, err) ||
        !order_store_get(mem, follow->app->db, &operator_caller.scope, follow->demo.order_id,
                         &order, err))
        return false;
    follow->begun_at = order->placed_at;
    printf("\nOrder %s for %s:\n\n", order->id, follow->demo.domain->name);
    if (!follow_on(follow, watch, mem, &status, err) || !summary_write(follow, mem, &status, err))
        return false;
    *live = is_live(&status);
    result_show(&status);
    if (*live && follow->order->is_kept)
        proof_show(follow, mem, &status);
    if (follow->order->is_kept && !pages_show(follow, mem, err))
        return false;
    fflush(stdout);
    return true;
}

bool first_order(const struct first_order *order, bool *live, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct follow follow = {.order = order};
    struct app app;
    bool pass;

    if (!app_open(mem, order->layout->cfg, APP_CHECK, &app, err))
        return false;
    follow.app = &app;
    pass = order_and_follow(&follow, mem, live, err);
    app_close(&app);
    return pass;
}
