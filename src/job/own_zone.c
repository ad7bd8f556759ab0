/* SPDX-License-Identifier: Apache-2.0 */
#include "job/own_zone.h"

#include "base/clock.h"
#include "dns/hook.h"
#include "dns/update.h"

/* The key is the signer's. */
struct own_zone_key {
    struct signer *signer;
    const char *zone;
};

static bool sign(void *arg, struct arena *mem, struct slice octets, struct slice *mac,
                 struct err *err)
{
    const struct own_zone_key *key = arg;

    return signer_tsig(mem, key->signer, key->zone, octets, mac, err);
}

static bool change_by_update(const struct worker *worker, struct arena *mem,
                             const struct config_dns_update *zone, enum own_zone_op op,
                             const struct dns_value *value, struct err *err)
{
    static const enum dns_update_op ops[] = {
        [OWN_ZONE_PUT] = DNS_UPDATE_ADD, [OWN_ZONE_REMOVE] = DNS_UPDATE_DELETE};
    static const enum tsig_algorithm algorithms[] = {
        [CONFIG_TSIG_SHA256] = TSIG_SHA256, [CONFIG_TSIG_SHA512] = TSIG_SHA512};
    struct own_zone_key signing = {worker->signer, zone->zone};
    const struct tsig_key key = {zone->tsig_key, algorithms[zone->tsig_algorithm], sign, &signing};
    const struct dns_update_via via = {.servers = zone->servers.items,
                                       .server_count = zone->servers.count,
                                       .key = &key,
                                       .now_s = clock_real_ms() / 1000,
                                       .timeout_ms = OWN_ZONE_UPDATE_MS};
    const struct dns_update update = {.op = ops[op],
                                      .zone = zone->zone,
                                      .name = value->owner,
                                      .value = value->value,
                                      .ttl_s = (uint32_t)zone->ttl_s};

    return dns_update_send(mem, &via, &update, err);
}

/* lego's exec provider: "present" or "cleanup", the FQDN, the value. acme.sh: its dns_NAME_add and
 * dns_NAME_rm have the name without final dot, and the value. */
static const struct {
    const char *words[2]; /* by enum own_zone_op */
    bool has_dot;
} conventions[] = {
    [CONFIG_DNS_LEGO] = {{"present", "cleanup"}, true},
    [CONFIG_DNS_ACME_SH] = {{"add", "rm"}, false},
};

static bool change_by_hook(struct arena *mem, const struct config_dns_update *zone,
                           const char *home, enum own_zone_op op, const struct dns_value *value,
                           struct err *err)
{
    const char *words[] = {
        zone->hook, conventions[zone->via].words[op],
        arena_printf(mem, "%s%s", value->owner, conventions[zone->via].has_dot ? "." : ""),
        value->value, NULL};
    const struct hook hook = {.words = words,
                              .env = zone->hook_env.items,
                              .env_count = zone->hook_env.count,
                              .home = home,
                              .timeout_ms = OWN_ZONE_HOOK_MS};

    return hook_run(mem, &hook, err) || err_wrap(err, "zone %s could not be changed", zone->zone);
}

bool own_zone_change(const struct worker *worker, struct arena *mem, enum own_zone_op op,
                     const struct dns_value *value, struct err *err)
{
    const struct config *cfg = worker->app->config;
    const struct config_dns_update *zone = config_dns_update_find(cfg, value->zone);

    if (!zone)
        return err_set(err, ERR_CONFIG, "zone %s is not in dns.update any more", value->zone);
    if (zone->via == CONFIG_DNS_RFC2136)
        return change_by_update(worker, mem, zone, op, value, err);
    return change_by_hook(mem, zone, cfg->dir, op, value, err);
}
