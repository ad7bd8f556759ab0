/* SPDX-License-Identifier: Apache-2.0 */
#include "super/ca_run_config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/format.h"
#include "super/render.h"

/* An option: its place in a new latchkey.yaml, and the variable that overrides an old one. */
struct setting {
    const char *name, *variable; /* no variable: NULL */
    const char *given;           /* NULL: not */
    const char *usual;
};
#define SETTINGS 8

static const char *number(struct arena *mem, int64_t value)
{
    return value ? arena_printf(mem, "%lld", (long long)value) : NULL;
}

/* As a URL has it; NULL: not given. */
static const char *host_of(struct arena *mem, const struct ca_run_options *in)
{
    if (in->name || !in->listen)
        return in->name;
    return arena_printf(mem, strchr(in->listen, ':') ? "[%s]" : "%s", in->listen);
}

static bool check_host(const struct ca_run_options *in, struct err *err)
{
    static const char *const any[] = {"0.0.0.0", "::"};
    const struct config_list all = {any, ARRAY_LEN(any)};

    if (in->listen && !format_address(in->listen, err))
        return err_wrap(err, "--listen");
    if (in->listen && !in->name && layout_has_address(all, in->listen))
        return err_set(err, ERR_CONFIG, "--listen %s: by which name is it reached? --name NAME",
                       in->listen);
    return !in->name || format_name(in->name, err) || err_wrap(err, "--name");
}

const char *const ca_run_suffixes[CA_RUN_SUFFIXES] = {"test", "example", "invalid", "localhost"};

static bool is_below(const char *name, const char *suffix)
{
    size_t len = strlen(name), tail = strlen(suffix);

    return len > tail + 1 && name[len - tail - 1] == '.' && strcmp(name + len - tail, suffix) == 0;
}

static bool is_permitted(const char *name, const struct config_list *more)
{
    for (size_t i = 0; i < CA_RUN_SUFFIXES; i++) {
        if (is_below(name, ca_run_suffixes[i]))
            return true;
    }
    for (size_t i = 0; i < more->count; i++) {
        if (is_below(name, more->items[i]))
            return true;
    }
    return strcmp(name, "localhost") == 0;
}

/* A name that its root may not certify is of no use to a client. */
static bool check_name(const char *name, const struct layout *layout, struct err *err)
{
    if (!name || is_permitted(name, &layout->cfg->sandbox_ca.permitted))
        return true;
    if (layout->is_config_new)
        unlink(layout->config_file);
    return err_set(err, ERR_CONFIG,
                   "--name %s: its root can certify names below .test, .example, .invalid, "
                   ".localhost and sandbox_ca.permitted alone",
                   name);
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
        {"CA_ADDRESS", "LATCHKEY_RUN_CA_ADDRESS", in->listen, ""},
        {"CA_HOST", NULL, host_of(mem, in), "localhost"},
    };

    memcpy(out, list, sizeof(list));
}

/* The children read the file, too: what was given goes to all of them by the environment. */
static void export_settings(struct arena *mem, const struct ca_run_options *in,
                            const struct setting *settings)
{
    const char *host = host_of(mem, in);

    for (size_t i = 0; i < SETTINGS; i++) {
        if (settings[i].given && settings[i].variable)
            setenv(settings[i].variable, settings[i].given, 1);
    }
    if (in->port || host)
        setenv("LATCHKEY_SANDBOX_CA_PUBLIC_URL",
               arena_printf(mem, "https://%s:%lld", host ? host : "localhost",
                            (long long)(in->port ? in->port : CA_RUN_PORT)),
               1);
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

    if (!check_host(&in, err) || !find_limits(mem, &in, err))
        return false;
    list_settings(mem, &in, settings);
    for (size_t i = 0; i < SETTINGS; i++)
        render_set(&values, settings[i].name,
                   settings[i].given ? settings[i].given : settings[i].usual);
    export_settings(mem, &in, settings);
    return layout_config(mem, layout, render("ca.yaml", &values), err) &&
           check_name(in.name, layout, err);
}
