/* SPDX-License-Identifier: Apache-2.0 */
#include "job/own_zone_look.h"

#include <string.h>

#include "base/clock.h"
#include "dns/ask.h"
#include "dns/place.h"
#include "net/address.h"

#define NAMES_MAX 13 /* of name servers of a zone that are looked up */

/* The name servers of a zone, and what those that are not asked any more have failed with. */
struct zone {
    const char *name;
    size_t first; /* the value that is asked for first */
    struct slice servers[OWN_ZONE_SERVERS_MAX];
    struct value_seen silent[OWN_ZONE_SERVERS_MAX]; /* why NULL: it is asked */
    size_t count;
};

struct look {
    const struct worker *worker;
    struct arena *mem;
    const struct dns_value_list *values;
    struct own_zone_look *out;
    struct zone *zones;
    size_t zone_count;
};

/* ---- the name servers ---- */

/* In the sandbox nothing leaves this machine and the operator's networks. */
static bool may_be_asked(const struct config *cfg, struct slice octets)
{
    const struct address address = address_from_octets(octets);
    char text[ADDRESS_TEXT_SIZE];

    return config_is_own_address(cfg, address_text(&address, text)) || !config_is_offline(cfg);
}

static void add_server(const struct config *cfg, struct slice octets, struct zone *zone)
{
    for (size_t i = 0; i < zone->count; i++)
        if (slice_eq(zone->servers[i], octets))
            return;
    if (zone->count < OWN_ZONE_SERVERS_MAX && may_be_asked(cfg, octets))
        zone->servers[zone->count++] = octets;
}

static bool find_servers(const struct worker *worker, struct arena *mem, struct zone *zone,
                         struct err *err)
{
    const struct dns_query ns = {zone->name, DNS_TYPE_NS};
    struct dns_query queries[2 * NAMES_MAX];
    struct dns_answer names, answers[2 * NAMES_MAX];
    struct dns_batch batch = {DNS_RECENT, 1, &ns, &names};
    size_t n = 0;

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
            add_server(worker->app->config, answers[i].records[k].address, zone);
    return true;
}

static struct zone *zone_of(const struct look *look, size_t value)
{
    for (size_t i = 0; i < look->zone_count; i++)
        if (strcmp(look->zones[i].name, look->values->items[value].zone) == 0)
            return &look->zones[i];
    return NULL;
}

static bool find_zones(struct look *look, struct err *err)
{
    look->zones = arena_array_of(look->mem, look->values->count, struct zone);
    for (size_t i = 0; i < look->values->count; i++) {
        struct zone *zone = &look->zones[look->zone_count];

        if (!zone_of(look, i)) {
            *zone = (struct zone){.name = look->values->items[i].zone, .first = i};
            look->zone_count++;
            if (!find_servers(look->worker, look->mem, zone, err))
                return false;
        }
        look->out[i].count = zone_of(look, i)->count;
    }
    return true;
}

/* ---- what they say ---- */

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

/* ---- asking them ---- */

/* Questions that are asked together; asks[i] is for value values[i] at server servers[i]. */
struct batch {
    struct dns_ask asks[DNS_ASK_MAX];
    struct dns_told told[DNS_ASK_MAX];
    size_t values[DNS_ASK_MAX], servers[DNS_ASK_MAX], count;
    int64_t until_ms; /* on clock_boot_ms() */
};

static bool ask(struct look *look, struct batch *batch, struct err *err)
{
    int64_t left = batch->until_ms - clock_boot_ms();

    if (batch->count > 0 &&
        !dns_ask(look->mem, batch->asks, batch->told, batch->count, left > 0 ? left : 1, err))
        return false;
    for (size_t i = 0; i < batch->count; i++) {
        size_t value = batch->values[i], server = batch->servers[i];
        struct value_seen *seen = &look->out[value].seen[server];

        *seen =
            judge(look->mem, &batch->asks[i], &batch->told[i], look->values->items[value].value);
        if (batch->told[i].failure != DNS_ASK_NONE)
            zone_of(look, value)->silent[server] = *seen;
    }
    batch->count = 0;
    return true;
}

static bool ask_about(struct look *look, struct batch *batch, size_t value, struct err *err)
{
    struct zone *zone = zone_of(look, value);

    for (size_t i = 0; i < zone->count; i++) {
        if (batch->count == DNS_ASK_MAX && !ask(look, batch, err))
            return false;
        look->out[value].seen[i] = zone->silent[i];
        if (zone->silent[i].why)
            continue;
        batch->values[batch->count] = value;
        batch->servers[batch->count] = i;
        batch->asks[batch->count++] =
            (struct dns_ask){.server = zone->servers[i],
                             .port = (uint16_t)look->worker->app->config->dns.port,
                             .query = {look->values->items[value].owner, DNS_TYPE_TXT}};
    }
    return true;
}

static bool ask_about_all(struct look *look, bool is_first, struct err *err)
{
    struct batch *batch = arena_new_of(look->mem, struct batch);

    batch->count = 0;
    batch->until_ms = clock_boot_ms() + OWN_ZONE_LOOK_MS;
    for (size_t i = 0; i < look->values->count; i++)
        if ((zone_of(look, i)->first == i) == is_first && !ask_about(look, batch, i, err))
            return false;
    return ask(look, batch, err);
}

bool own_zone_look(const struct worker *worker, struct arena *mem,
                   const struct dns_value_list *values, struct own_zone_look *out, struct err *err)
{
    struct look look = {.worker = worker, .mem = mem, .values = values, .out = out};

    return find_zones(&look, err) && ask_about_all(&look, true, err) &&
           ask_about_all(&look, false, err);
}
