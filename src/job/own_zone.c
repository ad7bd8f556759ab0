/* SPDX-License-Identifier: Apache-2.0 */
#include "job/own_zone.h"

#include "base/clock.h"
#include "dns/ask.h"
#include "dns/hook.h"
#include "dns/place.h"
#include "dns/update.h"
#include "net/address.h"

#define NAMES_MAX 13 /* of name servers of a zone that are looked up */

/* ---- changing ---- */

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

/* ---- looking ---- */

/* In the sandbox nothing leaves this machine and the operator's networks. */
static bool may_be_asked(const struct config *cfg, struct slice octets)
{
    const struct address address = address_from_octets(octets);
    char text[ADDRESS_TEXT_SIZE];

    return config_is_own_address(cfg, address_text(&address, text)) || !config_is_offline(cfg);
}

/* The name servers of a zone. */
struct servers {
    struct dns_ask asks[OWN_ZONE_SERVERS_MAX];
    size_t count;
};

static void add_server(const struct config *cfg, struct slice octets, struct servers *out)
{
    for (size_t i = 0; i < out->count; i++)
        if (slice_eq(out->asks[i].server, octets))
            return;
    if (out->count < OWN_ZONE_SERVERS_MAX && may_be_asked(cfg, octets))
        out->asks[out->count++] =
            (struct dns_ask){.server = octets, .port = (uint16_t)cfg->dns.port};
}

static bool find_servers(const struct worker *worker, struct arena *mem, const char *zone,
                         struct servers *out, struct err *err)
{
    const struct dns_query ns = {zone, DNS_TYPE_NS};
    struct dns_query queries[2 * NAMES_MAX];
    struct dns_answer names, answers[2 * NAMES_MAX];
    struct dns_batch batch = {DNS_RECENT, 1, &ns, &names};
    size_t n = 0;

    out->count = 0;
    if (!resolver_ask(mem, worker->resolver, &batch, err))
        return false;
    for (size_t i = 0; i < names.record_count && n < ARRAY_LEN(queries); i++) {
        queries[n++] = (struct dns_query){names.records[i].name, DNS_TYPE_A};
        queries[n++] = (struct dns_query){names.records[i].name, DNS_TYPE_AAAA};
    }
    batch = (struct dns_batch){DNS_RECENT, n, queries, answers};
    if (n > 0 && !resolver_ask(mem, worker->resolver, &batch, err))
        return false;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < answers[i].record_count; k++)
            add_server(worker->app->config, answers[i].records[k].address, out);
    return true;
}

/* Why its answer does not count; NULL: it does. */
static const char *fault_of(struct arena *mem, const struct dns_told *told)
{
    if (told->failure != DNS_ASK_NONE)
        return arena_printf(mem, "does not answer (%s)", dns_ask_failure_name(told->failure));
    if (told->answer.reply == DNS_REPLY_SERVFAIL)
        return arena_printf(mem, "answers %s", dns_rcode_name(told->answer.rcode));
    return told->is_authoritative ? NULL : "is not a server of the zone";
}

static bool has_value(const struct dns_answer *answer, const char *value)
{
    for (size_t i = 0; i < answer->record_count; i++)
        if (strcmp(answer->records[i].value, value) == 0)
            return true;
    return false;
}

static struct value_seen judge(struct arena *mem, const struct dns_ask *ask,
                               const struct dns_told *told, const char *value)
{
    struct dns_place place = dns_place_of(ask->server.data, ask->server.len == 16, ask->port);
    struct value_seen seen = {.server = arena_strdup(mem, place.text), .why = fault_of(mem, told)};

    seen.at = VALUE_SILENT;
    if (!seen.why)
        seen.at = has_value(&told->answer, value) ? VALUE_HAS : VALUE_LACKS;
    return seen;
}

bool own_zone_look(const struct worker *worker, struct arena *mem, const struct dns_value *value,
                   struct own_zone_look *out, struct err *err)
{
    struct servers *servers = arena_new_of(mem, struct servers);
    struct dns_told *told = arena_array_of(mem, OWN_ZONE_SERVERS_MAX, struct dns_told);

    if (!find_servers(worker, mem, value->zone, servers, err))
        return false;
    for (size_t i = 0; i < servers->count; i++)
        servers->asks[i].query = (struct dns_query){value->owner, DNS_TYPE_TXT};
    if (servers->count > 0 &&
        !dns_ask(mem, servers->asks, told, servers->count, OWN_ZONE_LOOK_MS, err))
        return false;
    out->count = servers->count;
    for (size_t i = 0; i < out->count; i++)
        out->seen[i] = judge(mem, &servers->asks[i], &told[i], value->value);
    return true;
}
