/* SPDX-License-Identifier: Apache-2.0 */
#include "super/ca_run_config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "super/render.h"

/* An option: its place in a new latchkey.yaml, and the variable that overrides an old one. */
struct setting {
    const char *name, *variable;
    const char *given; /* NULL: not */
    const char *usual;
};
#define SETTINGS 6

static const char *number(struct arena *mem, int64_t value)
{
    return value ? arena_printf(mem, "%lld", (long long)value) : NULL;
}

static void list_settings(struct arena *mem, const struct ca_run_options *in, struct setting *out)
{
    int64_t dns_port = in->dns_port ? in->dns_port : CA_RUN_DNS_PORT;
    const char *own = arena_printf(mem, "127.0.0.1@%lld", (long long)dns_port);
    const char *resolver = in->resolver || !in->dns_port ? in->resolver : own;
    const struct setting list[SETTINGS] = {
        {"CA_PORT", "LATCHKEY_RUN_CA_PORT", number(mem, in->port), number(mem, CA_RUN_PORT)},
        {"DNS_PORT", "LATCHKEY_RUN_DNS_PORT", number(mem, in->dns_port),
         number(mem, CA_RUN_DNS_PORT)},
        {"HTTP_PORT", "LATCHKEY_SANDBOX_CA_HTTP_PORT", number(mem, in->http_port),
         number(mem, CA_RUN_HTTP_PORT)},
        {"HTTPS_PORT", "LATCHKEY_SANDBOX_CA_HTTPS_PORT", number(mem, in->https_port),
         number(mem, CA_RUN_HTTPS_PORT)},
        {"RESOLVER", "LATCHKEY_SANDBOX_CA_RESOLVER", resolver, own},
        {"LIMITS", "LATCHKEY_SANDBOX_CA_LIMITS", in->limits, "none"},
    };

    memcpy(out, list, sizeof(list));
}

/* The children read the file, too: what was given goes to all of them by the environment. */
static void export_settings(struct arena *mem, const struct ca_run_options *in,
                            const struct setting *settings)
{
    for (size_t i = 0; i < SETTINGS; i++) {
        if (settings[i].given)
            setenv(settings[i].variable, settings[i].given, 1);
    }
    if (in->port)
        setenv("LATCHKEY_SANDBOX_CA_PUBLIC_URL",
               arena_printf(mem, "https://localhost:%lld", (long long)in->port), 1);
}

/* A file of limits is meant from here, not from the folder. */
static bool find_limits(struct arena *mem, struct ca_run_options *in, struct err *err)
{
    char found[PATH_MAX];

    if (!in->limits || strcmp(in->limits, "none") == 0 || strcmp(in->limits, "letsencrypt") == 0)
        return true;
    if (!realpath(in->limits, found))
        return err_errno(err, ERR_CONFIG, errno, "--limits %s", in->limits);
    in->limits = arena_strdup(mem, found);
    return true;
}

bool ca_run_config(struct arena *mem, const struct ca_run_options *options, struct layout *layout,
                   struct err *err)
{
    struct ca_run_options in = *options;
    struct render_values values = {.mem = mem};
    struct setting settings[SETTINGS];

    if (!find_limits(mem, &in, err))
        return false;
    list_settings(mem, &in, settings);
    for (size_t i = 0; i < SETTINGS; i++)
        render_set(&values, settings[i].name,
                   settings[i].given ? settings[i].given : settings[i].usual);
    export_settings(mem, &in, settings);
    return layout_config(mem, layout, render("ca.yaml", &values), err);
}
