/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/host.h"

#include "ca/dns_text.h"

bool ca_may_connect(const struct ca_validator *validator, const struct address *address)
{
    if (!address_reserved_for(address))
        return true;
    for (size_t i = 0; i < validator->reachable_count; i++) {
        if (prefix_has(&validator->reachable[i], address))
            return true;
    }
    return false;
}

/* Behind the `count` that are in `all`; how many are there then. */
static size_t take_addresses(const struct ca_validator *validator, const struct dns_answer *answer,
                             struct address *all, size_t count)
{
    for (size_t i = 0; answer->reply == DNS_REPLY_RECORDS && i < answer->record_count; i++) {
        const struct address address = address_from_octets(answer->records[i].address);

        if (ca_may_connect(validator, &address))
            all[count++] = address;
    }
    return count;
}

bool ca_host_find(struct arena *mem, const struct ca_validator *validator, const char *name,
                  struct ca_host *out, struct ca_problem *problem)
{
    const struct dns_query queries[] = {{name, DNS_TYPE_A}, {name, DNS_TYPE_AAAA}};
    struct dns_answer answers[ARRAY_LEN(queries)];
    const struct dns_batch batch = {DNS_FRESH, ARRAY_LEN(queries), queries, answers};
    struct address *all;
    size_t v6, count;
    struct err err;

    if (!resolver_ask(mem, validator->resolver, &batch, &err))
        return ca_refuse(problem, CA_PROBLEM_DNS, "DNS problem: looking up %s: %s", name, err.text);
    all =
        arena_array_of(mem, answers[0].record_count + answers[1].record_count + 1, struct address);
    v6 = take_addresses(validator, &answers[1], all, 0);
    count = take_addresses(validator, &answers[0], all, v6);
    if (count == 0)
        return ca_refuse(problem, CA_PROBLEM_DNS, "%s; %s", ca_dns_text(mem, &answers[0]),
                         ca_dns_text(mem, &answers[1]));
    *out = (struct ca_host){.name = name, .all = all, .count = count, .tried = {&all[0]}};
    if (v6 > 0 && v6 < count)
        out->tried[1] = &all[v6];
    return true;
}

struct ca_host ca_host_of(struct arena *mem, const struct address *address)
{
    const struct address *all = arena_memdup(mem, address, sizeof(*address));
    char text[ADDRESS_TEXT_SIZE];

    return (struct ca_host){.name = arena_strdup(mem, address_text(address, text)),
                            .all = all,
                            .count = 1,
                            .tried = {all}};
}

json_t *ca_host_record(const struct ca_host *host, uint16_t port, const struct address *used)
{
    char text[ADDRESS_TEXT_SIZE];
    json_t *resolved = json_array();

    for (size_t i = 0; i < host->count; i++)
        json_array_append_new(resolved, json_string(address_text(&host->all[i], text)));
    return json_pack("{s:s, s:o, s:o, s:s*}", "hostname", host->name, "port",
                     json_sprintf("%u", port), "addressesResolved", resolved, "addressUsed",
                     used ? address_text(used, text) : NULL);
}
