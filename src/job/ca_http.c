/* SPDX-License-Identifier: Apache-2.0 */
#include "job/ca_http.h"

#include <string.h>

#include "config/config.h"
#include "dns/resolver.h"

static const char *const loopback[] = {"127.0.0.0/8", "::1"};

static size_t take_addresses(const struct dns_answer *answer, struct address *out, size_t room)
{
    size_t count = 0;

    for (size_t i = 0; i < answer->record_count && count < room; i++) {
        struct slice octets = answer->records[i].address;

        out[count] = (struct address){.is_v6 = octets.len == sizeof(out->octets)};
        memcpy(out[count++].octets, octets.data, octets.len);
    }
    return count;
}

static bool resolve(void *arg, const char *host, struct address *out, size_t *count,
                    struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct dns_query queries[] = {
        {host, DNS_TYPE_A   },
        {host, DNS_TYPE_AAAA}
    };
    struct dns_answer answers[ARRAY_LEN(queries)];
    size_t found;

    if (!resolver_ask(mem, arg, DNS_RECENT, queries, ARRAY_LEN(queries), answers, err))
        return false;
    found = take_addresses(&answers[0], out, *count);
    found += take_addresses(&answers[1], out + found, *count - found);
    if (found == 0)
        return err_set(err, ERR_DNS, "%s has no address: %s", host,
                       dns_reply_name(answers[0].reply));
    *count = found;
    return true;
}

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
        .resolve = resolve,
        .resolve_arg = resolver,
        .ca_file = *ca->tls_ca_file ? ca->tls_ca_file : config->tls.trust_store,
    };
    return true;
}
