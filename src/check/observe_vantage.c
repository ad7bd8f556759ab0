/* SPDX-License-Identifier: Apache-2.0 */
#include "check/observe_vantage.h"

#include "check/check.h"
#include "model/hostname.h"

static void add_addresses(const struct net_policy *policy, uint16_t port,
                          const struct dns_answer *answer, struct vantage_name *out)
{
    struct err ignored;

    for (size_t i = 0; i < answer->record_count && out->probe_count < VANTAGE_ADDRESSES_MAX; i++) {
        struct address address = address_from_octets(answer->records[i].address);

        if (net_policy_check(policy, &address, port, &ignored))
            out->probes[out->probe_count++].address = address;
    }
}

void observe_vantage_ask(struct arena *mem, const struct check_env *env,
                         const struct check_expected *expected,
                         const struct observation *observations, size_t count)
{
    const struct check_ports ports = {env->http_port, env->https_port};
    struct vantage_view question = {.count = 0};
    struct net_policy policy;

    reach_sites(mem, &env->reach, expected, ports, &policy);
    for (size_t i = 0; i < count && question.count < VANTAGE_NAMES_MAX; i++) {
        struct vantage_name *name = &question.names[question.count];

        *name = (struct vantage_name){.name = observations[i].name};
        if (hostname_is_wildcard(name->name))
            continue;
        add_addresses(&policy, env->http_port, &observations[i].aaaa, name);
        add_addresses(&policy, env->http_port, &observations[i].a, name);
        question.count += name->probe_count > 0;
    }
    if (question.count > 0)
        env->vantages->ask(env->vantages->arg, mem, &question);
}
