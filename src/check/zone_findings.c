/* SPDX-License-Identifier: Apache-2.0 */
#include "check/zone_findings.h"

#include "base/buf.h"

#define TEXT_MAX 1024

/* The fault that all addresses of a server have; ZONE_NONE when one of them answers, or nothing can
 * be said. */
static enum zone_fault fault_of(const struct zone_seen *zone, size_t server)
{
    enum zone_fault fault = ZONE_NONE;

    for (size_t i = 0; i < zone->place_count; i++) {
        if (zone->places[i].server != server)
            continue;
        fault = zone_place_fault(&zone->places[i]);
        if (fault == ZONE_NONE || fault == ZONE_UNSEEN)
            return ZONE_NONE;
    }
    return fault;
}

static const char *trouble_of(const struct zone_seen *zone, size_t server)
{
    enum zone_fault fault = fault_of(zone, server);

    if (!zone->servers[server].has_address)
        return zone->servers[server].is_hidden ? NULL : "has no address";
    return fault == ZONE_NONE ? NULL : zone_fault_text(fault);
}

static bool is_served(const struct zone_seen *zone)
{
    for (size_t i = 0; i < zone->place_count; i++)
        if (zone_place_fault(&zone->places[i]) == ZONE_NONE)
            return true;
    return false;
}

static void add_evidence(struct arena *mem, const struct zone_seen *zone, struct finding *out)
{
    char text[ADDRESS_TEXT_SIZE];

    for (size_t i = 0; i < zone->place_count; i++) {
        const struct zone_place *place = &zone->places[i];
        enum zone_fault fault = zone_place_fault(place);

        finding_add_evidence(
            mem, out,
            (struct finding_evidence){
                arena_printf(mem, "%s %s", zone->servers[place->server].name,
                             address_text(&place->address, text)),
                dns_rcode_name(place->soa.answer.rcode),
                fault == ZONE_NONE
                    ? arena_printf(mem, "SOA %u", place->soa.answer.records[0].serial)
                    : zone_fault_text(fault),
                fault == ZONE_NONE ? (int64_t)place->soa.answer.ttl : -1});
    }
}

static void begin(struct arena *mem, const struct facts *f, enum finding_code code,
                  const struct finding_words *words, struct finding *out)
{
    finding_set(mem, out, code, words);
    out->retry_at = f->context->retry_at;
    add_evidence(mem, f->zone, out);
}

static bool find_lame(struct arena *mem, const struct facts *f, struct finding *out)
{
    const struct zone_seen *zone = f->zone;
    struct buf text = buf_new(mem, TEXT_MAX);

    for (size_t i = 0; i < zone->server_count; i++)
        if (trouble_of(zone, i))
            buf_printf(&text, "%s%s %s", buf_view(&text).len > 0 ? "; " : "", zone->servers[i].name,
                       trouble_of(zone, i));
    if (buf_view(&text).len == 0)
        return false;
    begin(mem, f, FINDING_NAME_SERVER_LAME,
          &(struct finding_words){.subject = zone->zone,
                                  .found = buf_ok(&text) ? buf_cstr(&text) : "Some of them fail"},
          out);
    for (size_t i = 0; i < zone->server_count; i++)
        if (trouble_of(zone, i))
            finding_add_action(mem, out,
                               (struct finding_action){.op = FINDING_REMOVE,
                                                       .type = "NS",
                                                       .name = "@",
                                                       .fqdn = zone->zone,
                                                       .value = zone->servers[i].name,
                                                       .ttl = -1});
    return true;
}

static const char *list_text(struct arena *mem, const struct zone_seen *zone, bool is_delegated)
{
    struct buf text = buf_new(mem, TEXT_MAX);

    for (size_t i = 0; i < zone->server_count; i++) {
        const struct zone_server *server = &zone->servers[i];

        if (is_delegated ? server->is_delegated : server->is_listed)
            buf_printf(&text, "%s%s", buf_view(&text).len > 0 ? ", " : "", server->name);
    }
    return buf_ok(&text) ? buf_cstr(&text) : "many servers";
}

/* The registrar's list is what counts for who asks from the root: the zone's is brought in line. */
static bool find_difference(struct arena *mem, const struct facts *f, struct finding *out)
{
    const struct zone_seen *zone = f->zone;
    bool differs = false;

    for (size_t i = 0; i < zone->server_count; i++)
        differs = differs || zone->servers[i].is_delegated != zone->servers[i].is_listed;
    if (!differs || !zone->has_parent_said || !zone->has_zone_said)
        return false;
    begin(mem, f, FINDING_DELEGATION_DIFFERS,
          &(struct finding_words){.subject = zone->zone,
                                  .found = list_text(mem, zone, true),
                                  .expected = list_text(mem, zone, false)},
          out);
    for (size_t i = 0; i < zone->server_count; i++) {
        const struct zone_server *server = &zone->servers[i];

        if (server->is_delegated != server->is_listed)
            finding_add_action(mem, out,
                               (struct finding_action){
                                   .op = server->is_delegated ? FINDING_ADD : FINDING_REMOVE,
                                   .type = "NS",
                                   .name = "@",
                                   .fqdn = zone->zone,
                                   .value = server->name,
                                   .ttl = server->is_delegated ? CHECK_RECORD_TTL : -1,
                               });
    }
    return true;
}

size_t zone_findings(struct arena *mem, const struct facts *first,
                     struct finding out[ZONE_FINDINGS_MAX])
{
    size_t count = 0;

    if (!first->zone || !is_served(first->zone))
        return 0;
    count += find_lame(mem, first, &out[count]);
    count += find_difference(mem, first, &out[count]);
    return count;
}
