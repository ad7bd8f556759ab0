/* SPDX-License-Identifier: Apache-2.0 */
#include "app/site_progress.h"

#include "app/edge.h"
#include "base/clock.h"
#include "edge/lookup.h"
#include "store/certificate_store.h"
#include "store/domain_store.h"
#include "store/feed_store.h"

/* The domains of a site while they are looked at. */
struct look {
    const struct app *app;
    const struct caller *caller;
    const struct site *site;
    bool is_live;
    int64_t seq; /* of the newest host in the feed; -1: one of them is not as wished */
};

static bool is_redirect(const struct feed_record *record)
{
    struct edge_record read;
    struct edge_host host;

    return !record->is_tombstone && edge_record_read(record->bytes, &read) == EDGE_FAULT_NONE &&
           edge_host_read(read.body, &host) == EDGE_FAULT_NONE &&
           (host.flags & EDGE_HOST_REDIRECT) != 0;
}

static bool look_at_host(struct look *look, struct arena *mem, const char *name, bool is_wished,
                         struct err *err)
{
    const struct feed_record *record;
    struct edge_db_key key;

    if (!edge_db_key(EDGE_HOST, slice_str(name), &key))
        return err_set(err, ERR_INTERNAL, "%s is no name of a host", name);
    if (!feed_store_get(mem, look->app->db, APP_EDGE_GROUP, edge_db_key_view(&key), &record, err))
        return false;
    if ((record && is_redirect(record)) != is_wished)
        look->seq = -1;
    else if (record && look->seq >= 0 && record->seq > look->seq)
        look->seq = record->seq;
    return true;
}

static bool look_at_domain(struct look *look, const struct domain *domain, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct certificate *certificate;
    bool is_live;

    if (!certificate_store_current(mem, look->app->db, &look->caller->scope, domain->id,
                                   &certificate, err))
        return false;
    is_live = certificate && certificate->state == CERTIFICATE_LIVE;
    look->is_live = look->is_live || is_live;
    return look_at_host(look, mem, domain->name, look->site->is_https_on && is_live, err);
}

static bool look_at_domains(struct look *look, struct arena *mem, struct err *err)
{
    struct domain_filter filter = {.site_id = look->site->id, .page = {.limit = PAGE_LIMIT_MAX}};
    struct domain_list domains;

    do {
        if (!domain_store_list(mem, look->app->db, &look->caller->scope, &filter, &domains, err))
            return false;
        for (size_t i = 0; i < domains.count; i++)
            if (!look_at_domain(look, &domains.items[i], err))
                return false;
        if (domains.has_more)
            filter.page.after = domains.items[domains.count - 1].id;
    } while (domains.has_more);
    return true;
}

static bool count_edges(const struct app *app, struct arena *mem, int64_t seq,
                        struct site_progress *out, struct err *err)
{
    struct edge_list edges;
    struct feed_head head;
    const int64_t now = clock_now();

    if (!feed_store_head(app->db, APP_EDGE_GROUP, &head, err) ||
        !edge_store_list(mem, app->db, APP_EDGE_GROUP, &edges, err))
        return false;
    for (size_t i = 0; i < edges.count; i++) {
        const struct edge_seen seen = edge_seen_of(&edges.items[i]);
        bool is_counted = edge_is_counted(&seen, now);

        out->counted += is_counted;
        out->applied +=
            is_counted && seq >= 0 && edge_has(&seen, (struct edge_place){head.epoch, seq});
    }
    return true;
}

bool app_site_progress(const struct app *app, const struct caller *caller, struct arena *mem,
                       const struct site *site, struct site_progress *out, struct err *err)
{
    struct look look = {.app = app, .caller = caller, .site = site};
    struct site_progress progress = {0};

    if (!look_at_domains(&look, mem, err) || !count_edges(app, mem, look.seq, &progress, err))
        return false;
    progress.is_live = look.is_live;
    *out = progress;
    return true;
}
