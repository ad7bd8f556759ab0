/* SPDX-License-Identifier: Apache-2.0 */
#include "app/edge_report.h"

#include "base/clock.h"
#include "base/id.h"
#include "store/event_store.h"

static bool is_same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_same_list(struct text_list a, struct text_list b)
{
    if (a.count != b.count)
        return false;
    for (size_t i = 0; i < a.count; i++)
        if (strcmp(a.items[i], b.items[i]) != 0)
            return false;
    return true;
}

static bool is_same(const struct edge_report *a, const struct edge_report *b)
{
    return is_same_text(a->trouble, b->trouble) && a->unknown_count == b->unknown_count &&
           is_same_list(a->unknown_hosts, b->unknown_hosts) && a->kept_count == b->kept_count &&
           is_same_list(a->kept_hosts, b->kept_hosts);
}

/* Some of `count` hosts. */
static const char *name_hosts(struct arena *mem, struct text_list hosts, int64_t count)
{
    const char *text = hosts.count ? hosts.items[0] : "";

    for (size_t i = 1; i < hosts.count; i++)
        text = arena_printf(mem, "%s, %s", text, hosts.items[i]);
    return (int64_t)hosts.count < count ? arena_printf(mem, "%s, ...", text) : text;
}

static bool tell(struct arena *mem, struct db *tx, const struct edge *edge, const char *kind,
                 const char *text, struct err *err)
{
    const struct event event = {.id = id_new(mem, ID_EVENT),
                                .subject_id = edge->id,
                                .at = clock_now(),
                                .kind = kind,
                                .text = arena_printf(mem, "%s %s", edge->name, text)};

    return event_store_add(tx, &event, err);
}

static bool tell_trouble(struct arena *mem, struct db *tx, const struct edge *edge,
                         const struct edge_report *was, const struct edge_report *now,
                         struct err *err)
{
    if (!was->trouble == !now->trouble)
        return true;
    return now->trouble ? tell(mem, tx, edge, "edge.trouble",
                               arena_printf(mem, "cannot take more: %s", now->trouble), err)
                        : tell(mem, tx, edge, "edge.trouble_over", "takes records again", err);
}

static bool tell_unknown(struct arena *mem, struct db *tx, const struct edge *edge,
                         const struct edge_report *was, const struct edge_report *now,
                         struct err *err)
{
    if (!was->unknown_count == !now->unknown_count)
        return true;
    return now->unknown_count
               ? tell(mem, tx, edge, "edge.unknown_hosts",
                      arena_printf(mem, "serves %lld hosts that the store does not know: %s",
                                   (long long)now->unknown_count,
                                   name_hosts(mem, now->unknown_hosts, now->unknown_count)),
                      err)
               : tell(mem, tx, edge, "edge.unknown_hosts_over",
                      "serves no hosts any more that the store does not know", err);
}

static bool tell_kept(struct arena *mem, struct db *tx, const struct edge *edge,
                      const struct edge_report *was, const struct edge_report *now, struct err *err)
{
    if (!was->kept_count == !now->kept_count)
        return true;
    return now->kept_count
               ? tell(mem, tx, edge, "edge.kept_hosts",
                      arena_printf(
                          mem,
                          "goes on with later certificates than the restored store has for %lld "
                          "hosts: %s",
                          (long long)now->kept_count,
                          name_hosts(mem, now->kept_hosts, now->kept_count)),
                      err)
               : tell(mem, tx, edge, "edge.kept_hosts_over",
                      "has no later certificates any more than the store", err);
}

bool app_edge_report(const struct app *app, struct arena *mem, const struct edge *edge,
                     const struct edge_report *report, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    static const struct edge_report nothing = {0};
    const struct edge_report *was;
    struct edge_report now = *report;

    now.edge_id = edge->id;
    now.at = clock_now();
    if (!edge_report_store_get(mem, app->db, edge->id, &was, err))
        return false;
    was = was ? was : &nothing;
    if (is_same(was, &now))
        return true;
    return db_tx_begin(app->db, &tx, err) && edge_report_store_put(tx, &now, err) &&
           tell_trouble(mem, tx, edge, was, &now, err) &&
           tell_unknown(mem, tx, edge, was, &now, err) &&
           tell_kept(mem, tx, edge, was, &now, err) && db_tx_commit(&tx, err);
}
