/* SPDX-License-Identifier: Apache-2.0 */
#include "check/provider.h"

#include <fnmatch.h>

/* clang-format off */
static const struct provider providers[] = {
#include "check/provider_rows.inc"
};
/* clang-format on */

static bool is_of(const struct provider *provider, const char *server)
{
    for (size_t i = 0; i < ARRAY_LEN(provider->patterns) && provider->patterns[i]; i++)
        if (fnmatch(provider->patterns[i], server, 0) == 0)
            return true;
    return false;
}

static const struct provider *find(const char *server)
{
    for (size_t i = 0; i < ARRAY_LEN(providers); i++)
        if (is_of(&providers[i], server))
            return &providers[i];
    return NULL;
}

const struct provider *provider_of(const struct zone_seen *zone)
{
    const struct provider *first = NULL;

    for (size_t i = 0; i < zone->server_count; i++) {
        const struct provider *provider = find(zone->servers[i].name);

        if (!provider || (first && provider != first))
            return NULL;
        first = provider;
    }
    return first;
}
