/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/format.h"

const char *config_default_path(void)
{
    static const char *const paths[] = {"./var/latchkey.yaml", "/etc/latchkey/latchkey.yaml"};

    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        if (access(paths[i], F_OK) == 0)
            return paths[i];
    return NULL;
}

const struct config_ca *config_ca_find(const struct config *cfg, const char *id)
{
    for (size_t i = 0; i < cfg->ca_count; i++)
        if (strcmp(cfg->ca[i].id, id) == 0)
            return &cfg->ca[i];
    return NULL;
}

const struct config_ca *config_ca_default(const struct config *cfg)
{
    for (size_t i = 0; i < cfg->ca_count; i++)
        if (cfg->ca[i].is_default)
            return &cfg->ca[i];
    return NULL;
}

bool config_told_offline(void)
{
    const char *offline = getenv("LATCHKEY_OFFLINE");

    return offline && *offline;
}

bool config_is_offline(const struct config *cfg)
{
    return cfg->mode == CONFIG_SANDBOX || config_told_offline();
}

bool config_is_own_address(const struct config *cfg, const char *address)
{
    if (format_is_loopback(address))
        return true;
    for (size_t i = 0; i < cfg->net.own_prefixes.count; i++)
        if (format_in_prefix(address, cfg->net.own_prefixes.items[i]))
            return true;
    return false;
}

const struct config_dns_update *config_dns_update_find(const struct config *cfg, const char *zone)
{
    for (size_t i = 0; i < cfg->dns.update_count; i++)
        if (strcmp(cfg->dns.updates[i].zone, zone) == 0)
            return &cfg->dns.updates[i];
    return NULL;
}

const struct config_origin *config_origin_find(const struct config *cfg, const char *id)
{
    for (size_t i = 0; i < cfg->origin_count; i++)
        if (strcmp(cfg->origins[i].id, id) == 0)
            return &cfg->origins[i];
    return NULL;
}
