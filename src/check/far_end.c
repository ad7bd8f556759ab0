/* SPDX-License-Identifier: Apache-2.0 */
#include "check/far_end.h"

#include "dns/place.h"
#include "model/hostname.h"

#define LEVELS_MAX  6 /* of names above the target that may be its zone */
#define SERVERS_MAX 4 /* name servers that are looked up */

/* As a name that can be asked for without a backslash. */
static bool is_plain(const char *name)
{
    size_t len = strlen(name);

    return len <= HOSTNAME_MAX && strchr(name, '.') &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == len;
}

static bool is_far(const char *target, const char *zone, const struct check_expected *expected)
{
    bool is_ours = expected->cname && strcmp(target, expected->cname) == 0;

    return !is_ours && !hostname_is_within(target, zone) && is_plain(target);
}

const char *far_end_of(const struct observation *seen, size_t count, const char *zone,
                       const struct check_expected *expected)
{
    for (size_t i = 0; zone && i < count; i++)
        for (size_t k = 0; k < seen[i].a.chain_count; k++)
            if (is_far(seen[i].a.chain[k].name, zone, expected))
                return seen[i].a.chain[k].name;
    return NULL;
}

static bool ask(struct arena *mem, struct resolver *resolver, const struct dns_query *queries,
                struct dns_answer *answers, size_t count, struct err *err)
{
    const struct dns_batch batch = {
        .age = DNS_RECENT, .count = count, .queries = queries, .answers = answers};

    return count == 0 || resolver_ask(mem, resolver, &batch, err);
}

/* The NS records of the zone that the target is in; *out NULL: they are not known. */
static bool find_zone(struct arena *mem, struct resolver *resolver, const char *target,
                      const struct dns_answer **out, struct err *err)
{
    struct dns_answer *answers = arena_array_of(mem, LEVELS_MAX, struct dns_answer);
    struct dns_query queries[LEVELS_MAX];
    size_t count = 0;

    for (const char *at = target; at && strchr(at, '.') && count < LEVELS_MAX;
         at = strchr(at, '.') + 1)
        queries[count++] = (struct dns_query){at, DNS_TYPE_NS};
    *out = NULL;
    if (!ask(mem, resolver, queries, answers, count, err))
        return false;
    for (size_t i = 0; i < count && !*out; i++)
        if (answers[i].reply == DNS_REPLY_RECORDS && answers[i].chain_count == 0)
            *out = &answers[i];
    return true;
}

static void add_address(const struct net_policy *policy, struct slice octets,
                        struct check_others *far)
{
    struct address address = address_from_octets(octets);
    struct err ignored;

    for (size_t i = 0; i < far->count; i++)
        if (address_eq(&far->addresses[i], &address))
            return;
    if (far->count < CHECK_OTHERS_MAX && net_policy_check(policy, &address, DNS_PORT, &ignored))
        far->addresses[far->count++] = address;
}

bool far_end_find(struct arena *mem, struct resolver *resolver, const struct check_reach *reach,
                  struct check_others *far, struct err *err)
{
    struct dns_query queries[2 * SERVERS_MAX];
    struct dns_answer answers[2 * SERVERS_MAX];
    const struct dns_answer *zone;
    struct net_policy policy;
    size_t count = 0;

    reach_servers(mem, reach, &policy);
    if (!far->subject || !find_zone(mem, resolver, far->subject, &zone, err))
        return !far->subject;
    for (size_t i = 0; zone && i < zone->record_count && i < SERVERS_MAX; i++) {
        if (!is_plain(zone->records[i].name))
            continue;
        queries[count++] = (struct dns_query){zone->records[i].name, DNS_TYPE_A};
        queries[count++] = (struct dns_query){zone->records[i].name, DNS_TYPE_AAAA};
    }
    if (!ask(mem, resolver, queries, answers, count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < answers[i].record_count; k++)
            add_address(&policy, answers[i].records[k].address, far);
    return true;
}
