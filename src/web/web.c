/* SPDX-License-Identifier: Apache-2.0 */
#include "web/web.h"

#include "base/embedded.h"
#include "web/assets.h"
#include "web/call.h"
#include "web/page.h"
#include "web/routes.h"

#define SOCKET_MODE 0660

extern const struct embedded_file web_template_files[], web_message_files[];
extern const size_t web_template_files_count;

static bool load(struct web *web, struct err *err)
{
    web_assets_start();
    return template_set_new(web_template_files, web_template_files_count, &web->templates, err) &&
           catalogue_new(slice_of(web_message_files[0].data, web_message_files[0].len),
                         &web->catalogue, err);
}

static bool start_parts(struct web *web, struct err *err)
{
    const struct config *cfg = web->app->config;
    const struct http_options options = {
        .socket_path = cfg->web.pages_socket,
        .socket_mode = SOCKET_MODE,
        .table = web_routes,
        .context = web,
        .handlers = (unsigned)cfg->web.workers,
        .around = web_around,
        .problem = web_problem,
    };

    return load(web, err) && commit_watch_new(web->app->db, &web->watch, err) &&
           http_server_start(&options, &web->server, err) &&
           commit_watch_start(web->watch, web->server, err);
}

bool web_start(const struct web_options *options, struct web **out, struct err *err)
{
    struct web *web = calloc(1, sizeof(*web));

    if (!web)
        abort();
    web->app = options->app;
    web->resolver = options->resolver;
    if (!start_parts(web, err)) {
        web_stop(web);
        return false;
    }
    *out = web;
    return true;
}

void web_stop(struct web *web)
{
    if (!web)
        return;
    commit_watch_stop(web->watch);
    http_server_stop(web->server);
    commit_watch_free(web->watch);
    catalogue_free(web->catalogue);
    template_set_free(web->templates);
    free(web);
}
