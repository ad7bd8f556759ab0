/* SPDX-License-Identifier: Apache-2.0 */
#include "check/observe.h"

#include "base/clock.h"
#include "check/observe_dns.h"
#include "check/observe_http.h"
#include "check/observe_vantage.h"
#include "check/observe_zone.h"

/* Whether what all name servers say is to stand in place of the resolver's answer. */
static bool is_newer(const struct dns_answer *said, const struct dns_answer *answer)
{
    return said && answer->rcode >= 0 && answer->reply != DNS_REPLY_SERVFAIL &&
           answer->reply != DNS_REPLY_BOGUS && !zone_is_same(said, answer) &&
           (said->chain_count == 0 || said->record_count > 0);
}

/* What all name servers say stands in place of what a resolver remembers. */
static void take_newer(const struct zone_seen *zone, size_t name, struct observation *observation)
{
    struct dns_answer *answers[] = {&observation->a, &observation->aaaa};

    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        const struct dns_answer *said = zone_says(zone, name, answers[i]->query.type);
        int64_t until = clock_now() + (int64_t)answers[i]->ttl * 1000;

        if (!is_newer(said, answers[i]))
            continue;
        *answers[i] = *said;
        if (until > observation->old_until)
            observation->old_until = until;
    }
}

/* The same of CAA, at each level that is one of the names. */
static void take_newer_caa(struct arena *mem, const struct zone_seen *zone,
                           struct observation *observation)
{
    struct dns_answer *caa =
        arena_memdup(mem, observation->caa, observation->caa_count * sizeof(*caa));

    for (size_t k = 0; k < observation->caa_count; k++)
        for (size_t i = 0; i < zone->name_count; i++) {
            const struct dns_answer *said = zone_says(zone, i, DNS_TYPE_CAA);

            if (is_newer(said, &caa[k]) && strcmp(said->query.name, caa[k].query.name) == 0)
                caa[k] = *said;
        }
    observation->caa = caa;
}

/* `found` are the answers to zone_queries(): is the registered domain itself in DNS? */
static void look_up_registration(const struct check_env *env, const struct check_names *names,
                                 const struct dns_answer *found, struct registration_seen *out)
{
    struct dns_query queries[ZONE_ANCESTORS_MAX];
    size_t count = zone_queries(names, queries);

    *out = (struct registration_seen){.is_in_dns = true};
    for (size_t i = 0; i < count; i++)
        if (strcmp(queries[i].name, names->registered) == 0)
            out->is_in_dns = found[i].reply != DNS_REPLY_NXDOMAIN;
    out->said = rdap_ask(env->rdap, names->registered);
}

bool observe(struct arena *mem, const struct check_env *env, const struct check_names *names,
             const struct check_expected *expected, const struct observed *out, struct err *err)
{
    const struct dns_answer *found;

    if (!observe_dns(mem, env, names, out->names, &found, err) ||
        !observe_zone(mem, env, names, found, out->zone, err))
        return false;
    for (size_t i = 0; i < out->zone->name_count; i++)
        take_newer(out->zone, i, &out->names[i]);
    for (size_t i = 0; i < names->count && out->names[i].caa_count > 0; i++)
        take_newer_caa(mem, out->zone, &out->names[i]);
    look_up_registration(env, names, found, out->registration);
    if (env->check_key.len == 0 && !env->is_keyless)
        return true;
    if (!env->vantages)
        return observe_http(mem, env, names, expected, out->names, err);
    observe_vantage_ask(mem, env, expected, out->names, names->count);
    if (!observe_http(mem, env, names, expected, out->names, err))
        return false;
    env->vantages->collect(env->vantages->arg, mem, out->vantages);
    return true;
}
