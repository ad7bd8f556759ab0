/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/resource.h>

#include "api/api.h"
#include "base/log.h"
#include "bin/serve.h"
#include "cli/stop.h"
#include "web/web.h"

static const char *or_null(const char *text)
{
    return *text ? text : NULL;
}

static bool open_resolver(const struct config *cfg, struct resolver **out, struct err *err)
{
    const struct resolver_options options = {
        .forwarder = or_null(cfg->dns.forwarder),
        .trust_anchor_file = or_null(cfg->dns.trust_anchor),
        .is_offline = cfg->mode == CONFIG_SANDBOX,
        .timeout_ms = cfg->dns.timeout_ms,
    };

    return resolver_new(&options, out, err);
}

/* Each waiting client holds one, and the usual soft limit is 1024. */
static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit); /* then fewer can wait */
}

bool serve_web(const struct app *app, const struct serve_options *options, struct err *err)
{
    AUTO(resolver_freep) struct resolver *resolver = NULL;
    struct api *api = NULL;
    struct web *web = NULL;
    bool is_started;

    raise_descriptors();
    is_started = open_resolver(app->config, &resolver, err) &&
                 web_start(&(struct web_options){.app = app, .resolver = resolver}, &web, err) &&
                 api_start(&(struct api_options){.app = app, .resolver = resolver}, &api, err);
    if (is_started) {
        LOG(INFO, "web.ready", KS("socket", app->config->web.socket),
            KS("pages", app->config->web.pages_socket));
        cli_stop_wait(options->stop_fd);
    }
    api_stop(api);
    web_stop(web);
    return is_started;
}
