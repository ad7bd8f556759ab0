/* SPDX-License-Identifier: Apache-2.0 */
#include "super/bootstrap.h"

#include <string.h>

#include "app/edge.h"
#include "app/open.h"
#include "base/clock.h"
#include "store/edge_store.h"
#include "super/generate.h"
#include "super/render.h"

const char *bootstrap_operator_token(struct arena *mem, const struct layout *layout)
{
    return arena_printf(mem, "%s/operator.token", layout->dir);
}

const char *bootstrap_edge_token(struct arena *mem, const struct layout *layout, const char *edge)
{
    return arena_printf(mem, "%s/token", generate_edge_dir(mem, layout, edge));
}

/* The valid token that the file holds; *out = NULL when there is none. */
static bool token_of(const struct app *app, struct arena *mem, const char *path,
                     const struct api_token **out, struct err *err)
{
    const char *text;

    *out = NULL;
    if (!file_read(mem, path, BOOTSTRAP_TOKEN_MAX, &text, err))
        return false;
    if (!text)
        return true;
    return app_token_find(app, mem, arena_strndup(mem, text, strcspn(text, "\n")), out, err);
}

static bool token_write(struct arena *mem, const char *path, const char *secret, struct err *err)
{
    return file_write(mem, path, arena_printf(mem, "%s\n", secret), 0600, err);
}

static bool operator_make(const struct app *app, const struct caller *caller, struct arena *mem,
                          const struct layout *layout, struct err *err)
{
    const char *path = bootstrap_operator_token(mem, layout);
    const struct api_token *token;
    struct token_created made;

    if (!token_of(app, mem, path, &token, err))
        return false;
    if (token)
        return true;
    return app_token_create(app, caller, mem, &(struct token_input){.name = "latchkey run"}, &made,
                            err) &&
           token_write(mem, path, made.secret, err);
}

static bool is_same(const struct edge *edge, const struct edge_input *in)
{
    if (edge->http_port != in->http_port || edge->https_port != in->https_port ||
        edge->addresses.count != in->addresses.count)
        return false;
    for (size_t i = 0; i < in->addresses.count; i++)
        if (strcmp(edge->addresses.items[i], in->addresses.items[i]) != 0)
            return false;
    return true;
}

static bool edge_make(const struct app *app, const struct caller *caller, struct arena *mem,
                      const struct layout *layout, const struct config_run_edge *edge,
                      struct err *err)
{
    const char *path = bootstrap_edge_token(mem, layout, edge->name);
    const struct edge_input in = {
        .name = edge->name,
        .addresses = edge->addresses,
        .http_port = layout->cfg->edge.http_port,
        .https_port = layout->cfg->edge.https_port,
    };
    const struct api_token *token;
    const struct edge *found;
    struct token_created made;

    if (!token_of(app, mem, path, &token, err) ||
        !edge_store_find(mem, app->db, edge->name, &found, err))
        return false;
    if (found && token && token->edge_id && strcmp(token->edge_id, found->id) == 0 &&
        is_same(found, &in))
        return true;
    return app_edge_enrol(app, caller, mem, &in, &made, err) &&
           token_write(mem, path, made.secret, err);
}

bool bootstrap(const struct layout *layout, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct caller caller = {.scope = scope_platform(), .actor = "run"};
    struct app app;
    bool pass;

    if (!app_open(mem, layout->cfg, APP_MIGRATE, &app, err))
        return false;
    pass = operator_make(&app, &caller, mem, layout, err);
    for (size_t i = 0; pass && i < layout->cfg->run.edge_count; i++)
        pass = edge_make(&app, &caller, mem, layout, &layout->cfg->run.edges[i], err);
    app_close(&app);
    return pass;
}
