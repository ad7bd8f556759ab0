/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

#include "api/call.h"
#include "api/routes.h"
#include "app/expected.h"

#define SOCKET_MODE 0660

/* At least one check may run, and never so many that no handler is left for other requests. */
static unsigned checks_at_once(unsigned handlers)
{
    return handlers < 4 ? 1 : handlers / 2;
}

static bool open_rdap(struct api *api, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct check_reach reach;

    return app_check_reach(mem, api->app->config, &reach, err) &&
           app_rdap_open(api->app->config, api->resolver, &reach, &api->rdap, err);
}

static bool start_parts(struct api *api, struct err *err)
{
    const struct config *cfg = api->app->config;
    const struct http_options options = {
        .socket_path = cfg->web.socket,
        .socket_mode = SOCKET_MODE,
        .table = api_routes,
        .context = api,
        .handlers = (unsigned)cfg->web.workers,
        .around = api_around,
    };

    api->checks = check_limit_new(checks_at_once(options.handlers));
    api->requests = minute_limit_new();
    api->pace = feed_pace_new();
    return open_rdap(api, err) && api_acks_start(api->app, &api->acks, err) &&
           commit_watch_new(api->app->db, &api->watch, err) &&
           http_server_start(&options, &api->server, err) &&
           commit_watch_start(api->watch, api->server, err);
}

bool api_start(const struct api_options *options, struct api **out, struct err *err)
{
    struct api *api = calloc(1, sizeof(*api));

    if (!api)
        abort();
    api->app = options->app;
    api->resolver = options->resolver;
    if (!start_parts(api, err)) {
        api_stop(api);
        return false;
    }
    *out = api;
    return true;
}

void api_stop(struct api *api)
{
    if (!api)
        return;
    commit_watch_stop(api->watch);
    http_server_stop(api->server);
    commit_watch_free(api->watch);
    api_acks_stop(api->acks);
    check_limit_free(api->checks);
    minute_limit_free(api->requests);
    feed_pace_free(api->pace);
    rdap_freep(&api->rdap);
    free(api);
}
