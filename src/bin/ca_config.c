/* SPDX-License-Identifier: Apache-2.0 */
#include "bin/ca_words.h"

/* What sandbox_ca.validate_private opens: this machine, private networks, and the ranges that are
 * kept for documentation and for measuring. */
static const char *const private_prefixes[] = {
    "127.0.0.0/8",  "10.0.0.0/8",    "172.16.0.0/12",   "192.168.0.0/16",
    "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "::1/128",      "fc00::/7",      "2001:db8::/32",
};

static const char *const *reachable(struct arena *mem, const struct config *config, size_t *count)
{
    const struct config_list *own = &config->net.own_prefixes;
    size_t extra = config->sandbox_ca.validate_private ? ARRAY_LEN(private_prefixes) : 0;
    const char **list = arena_array_of(mem, own->count + extra + 1, const char *);

    for (size_t i = 0; i < own->count; i++)
        list[i] = own->items[i];
    for (size_t i = 0; i < extra; i++)
        list[own->count + i] = private_prefixes[i];
    *count = own->count + extra;
    return list;
}

static const struct ca_own_profile *own_profiles(struct arena *mem, const struct config *config)
{
    size_t count = config->sandbox_ca.profile_count;
    struct ca_own_profile *list = arena_array_of(mem, count + 1, struct ca_own_profile);

    for (size_t i = 0; i < count; i++)
        list[i] = (struct ca_own_profile){config->sandbox_ca.profiles[i].name,
                                          config->sandbox_ca.profiles[i].lifetime_s};
    return list;
}

static const enum ca_binding bindings[] = {
    [CONFIG_EAB_NONE] = CA_BINDING_NONE,
    [CONFIG_EAB_OPTIONAL] = CA_BINDING_OPTIONAL,
    [CONFIG_EAB_REQUIRED] = CA_BINDING_REQUIRED,
};

struct ca_options ca_options_of(struct arena *mem, const struct config *config)
{
    struct ca_options out = {
        .dir = config->sandbox_ca.dir,
        .socket = config->sandbox_ca.socket,
        .public_url = config->sandbox_ca.public_url,
        .resolver = config->sandbox_ca.resolver,
        .http_port = (uint16_t)config->sandbox_ca.http_port,
        .https_port = (uint16_t)config->sandbox_ca.https_port,
        .permitted = config->sandbox_ca.permitted.items,
        .permitted_count = config->sandbox_ca.permitted.count,
        .forbidden = config->sandbox_ca.forbidden.items,
        .forbidden_count = config->sandbox_ca.forbidden.count,
        .profiles = own_profiles(mem, config),
        .profile_count = config->sandbox_ca.profile_count,
        .caa_identity = config->sandbox_ca.caa_identity,
        .limits = config->sandbox_ca.limits,
        .binding = bindings[config->sandbox_ca.eab],
        .reuses_authorizations = config->sandbox_ca.reuse_authorizations,
        .retry_after_s = config->sandbox_ca.retry_after_s,
    };

    out.reachable = reachable(mem, config, &out.reachable_count);
    return out;
}
