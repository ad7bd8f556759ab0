/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca.h"

#include "base/buf.h"
#include "base/clock.h"

#define NAMED_IN_TEXT 3
#define TEXT_SIZE     2048

const struct config_ca *app_ca_successor(const struct app *app, const char *id)
{
    const struct config_ca *own = config_ca_find(app->config, id);

    return own ? own : config_ca_default(app->config);
}

static struct ca_view *add(struct ca_view *views, size_t *count, const char *id)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp(views[i].id, id) == 0)
            return &views[i];
    views[*count] = (struct ca_view){.id = id};
    return &views[(*count)++];
}

static bool fill(const struct app *app, struct arena *mem, const struct notice_list *notices,
                 struct ca_view *view, struct err *err)
{
    view->config = config_ca_find(app->config, view->id);
    for (size_t i = 0; i < notices->count; i++)
        if (strcmp(notices->items[i].subject, view->id) == 0)
            view->notices[notices->items[i].kind] = &notices->items[i];
    return ca_standing_store_get(mem, app->db, view->id, &view->standing, err) &&
           (view->config ||
            issued_store_of_ca(mem, app->db, view->id, APP_CA_NAMED_MAX, &view->named, err));
}

bool app_ca_list(const struct app *app, struct arena *mem, struct ca_view_list *out,
                 struct err *err)
{
    const struct config *cfg = app->config;
    struct certificate_share_list shares;
    struct notice_list notices;
    struct ca_view *views;
    size_t count = 0;

    if (!issued_store_shares(mem, app->db, &shares, err) ||
        !notice_store_list(mem, app->db, &notices, err))
        return false;
    views = arena_array_of(mem, cfg->ca_count + shares.count, struct ca_view);
    for (size_t i = 0; i < cfg->ca_count; i++)
        (void)add(views, &count, cfg->ca[i].id);
    for (size_t i = 0; i < shares.count; i++)
        add(views, &count, shares.items[i].ca)->live_count = shares.items[i].count;
    for (size_t i = 0; i < count; i++)
        if (!fill(app, mem, &notices, &views[i], err))
            return false;
    *out = (struct ca_view_list){views, count};
    return true;
}

const char *app_ca_silence(struct arena *mem, const char *name, const struct ca_standing *standing)
{
    return arena_printf(mem, "%s has not answered since %s: %s", name,
                        clock_text_in(mem, standing->breaker.failing_since_at),
                        standing->error_text ? standing->error_text : "it does not answer");
}

static const char *name_of(const struct certificate_of_ca *certificate)
{
    return certificate->names.count > 0 ? certificate->names.items[0] : certificate->id;
}

static void add_names(struct buf *text, const struct ca_view *view)
{
    size_t shown = view->named.count < NAMED_IN_TEXT ? view->named.count : NAMED_IN_TEXT;

    for (size_t i = 0; i < shown; i++)
        buf_printf(text, "%s%s", i > 0 ? ", " : " (", name_of(&view->named.items[i]));
    if (shown > 0)
        buf_str(text, (size_t)view->live_count > shown ? ", ...)" : ")");
}

static int64_t first_renewal_at(const struct ca_view *view)
{
    int64_t at = 0;

    for (size_t i = 0; i < view->named.count; i++)
        if (view->named.items[i].renew_at && (at == 0 || view->named.items[i].renew_at < at))
            at = view->named.items[i].renew_at;
    return at;
}

const char *app_ca_gone_text(const struct app *app, struct arena *mem, const struct ca_view *view)
{
    const struct config_ca *next = config_ca_default(app->config);
    int64_t at = first_renewal_at(view);
    struct buf text = buf_new(mem, TEXT_SIZE);

    buf_printf(&text,
               "\"%s\" is not among the certificate authorities of the configuration any more, and "
               "%lld certificate%s in use %s of it",
               view->id, (long long)view->live_count, view->live_count == 1 ? "" : "s",
               view->live_count == 1 ? "is" : "are");
    add_names(&text, view);
    buf_printf(&text,
               ": visitors get them as before, and each is renewed by %s when its time has come",
               next ? next->name : "nobody, for no other one is configured");
    if (at && next)
        buf_printf(&text, ", the first at %s", clock_text_in(mem, at));
    buf_str(&text, ", unless it is configured again before");
    return buf_cstr(&text);
}
