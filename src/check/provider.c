/* SPDX-License-Identifier: Apache-2.0 */
#include "check/provider.h"

#include <assert.h>
#include <fnmatch.h>

#include "check/host_field.h"

/* clang-format off */
static const struct provider providers[] = {
#include "check/provider_rows.inc"
};
/* clang-format on */

/* Squarespace and Netlify have zones on servers of NS1, as NS1's own customers have. */
static const char *const lent_servers[] = {"*.nsone.net"};

#define X(id, name, text) [PROVIDER_HOST_##id] = {name, text},
static const struct {
    const char *name, *text;
} hosts[PROVIDER_HOST_COUNT] = {PROVIDER_HOSTS(X)};
#undef X

#define X(id, name, text) [PROVIDER_TARGET_##id] = {name, text},
static const struct {
    const char *name, *text;
} targets[PROVIDER_TARGET_COUNT] = {PROVIDER_TARGETS(X)};
#undef X

static bool is_any(const char *const *patterns, size_t most, const char *server)
{
    for (size_t i = 0; i < most && patterns[i]; i++)
        if (fnmatch(patterns[i], server, FNM_CASEFOLD) == 0)
            return true;
    return false;
}

static const struct provider *find(const char *server)
{
    for (size_t i = 0; i < ARRAY_LEN(providers); i++)
        if (is_any(providers[i].servers, PROVIDER_SERVERS_MAX, server))
            return &providers[i];
    return NULL;
}

const struct provider *provider_of(const struct zone_seen *zone)
{
    const struct provider *first = NULL;

    for (size_t i = 0; i < zone->server_count; i++) {
        const struct provider *provider = find(zone->servers[i].name);

        if (is_any(lent_servers, ARRAY_LEN(lent_servers), zone->servers[i].name))
            continue;
        if (!provider || (first && provider != first))
            return NULL;
        first = provider;
    }
    return first;
}

const struct provider *provider_at(size_t index)
{
    assert(index < ARRAY_LEN(providers));
    return &providers[index];
}

size_t provider_count(void)
{
    return ARRAY_LEN(providers);
}

const char *provider_host_name(enum provider_host host)
{
    return hosts[host].name;
}

const char *provider_host_text(enum provider_host host)
{
    return hosts[host].text;
}

const char *provider_target_name(enum provider_target target)
{
    return targets[target].name;
}

const char *provider_target_text(enum provider_target target)
{
    return targets[target].text;
}

const char *provider_type_host(struct arena *mem, const struct provider *provider,
                               const char *registered, const char *fqdn)
{
    switch (provider->host) {
    case PROVIDER_HOST_AT:
        return host_field(mem, registered, fqdn);
    case PROVIDER_HOST_EMPTY:
        return strcmp(fqdn, registered) == 0 ? "" : host_field(mem, registered, fqdn);
    case PROVIDER_HOST_FULL:
    case PROVIDER_HOST_CHOSEN:
        return fqdn;
    case PROVIDER_HOST_UNKNOWN:
    case PROVIDER_HOST_COUNT:
        break;
    }
    return NULL;
}

const char *provider_type_value(struct arena *mem, const struct provider *provider,
                                const char *type, const char *value)
{
    if (strcmp(type, "CNAME") != 0)
        return value;
    switch (provider->target) {
    case PROVIDER_TARGET_PLAIN:
        return value;
    case PROVIDER_TARGET_DOT:
        return arena_printf(mem, "%s.", value);
    case PROVIDER_TARGET_UNKNOWN:
    case PROVIDER_TARGET_COUNT:
        break;
    }
    return NULL;
}
