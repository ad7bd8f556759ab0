/* SPDX-License-Identifier: Apache-2.0 */
#include "job/ca_http.h"

#include <string.h>

#include "check/resolve_host.h"
#include "config/config.h"

static const char *const loopback[] = {"127.0.0.0/8", "::1"};

static bool allow(const char *text, struct net_policy *policy, struct net_allowed *allowed,
                  struct err *err)
{
    if (!prefix_parse(text, &allowed[policy->allowed_count].prefix, err))
        return false;
    policy->allowed_count++;
    return true;
}

bool ca_http_options(struct arena *mem, const struct config *config, const struct config_ca *ca,
                     struct resolver *resolver, struct http_client_options *out, struct err *err)
{
    const struct config_list *own = &config->net.own_prefixes;
    struct net_allowed *allowed =
        arena_array_of(mem, own->count + ARRAY_LEN(loopback), struct net_allowed);
    struct net_policy *policy = arena_new_of(mem, struct net_policy);

    policy->public_reach = NET_PUBLIC_ANY;
    policy->allowed = allowed;
    if (ca->kind != CONFIG_CA_PUBLIC) {
        for (size_t i = 0; i < ARRAY_LEN(loopback); i++)
            if (!allow(loopback[i], policy, allowed, err))
                return false;
        for (size_t i = 0; i < own->count; i++)
            if (!allow(own->items[i], policy, allowed, err))
                return err_wrap(err, "net.own_prefixes");
    }
    *out = (struct http_client_options){
        .policy = policy,
        .resolve = resolve_host,
        .resolve_arg = resolver,
        .ca_file = *ca->tls_ca_file ? ca->tls_ca_file : config->tls.trust_store,
    };
    return true;
}
