/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/dns_text.h"

const char *ca_dns_text(struct arena *mem, const struct dns_answer *answer)
{
    const char *type = dns_type_name(answer->query.type), *name = answer->query.name;

    switch (answer->reply) {
    case DNS_REPLY_RECORDS:
    case DNS_REPLY_NODATA:
        return arena_printf(mem, "no valid %s records found for %s", type, name);
    case DNS_REPLY_NXDOMAIN:
        return arena_printf(mem,
                            "DNS problem: NXDOMAIN looking up %s for %s - check that a DNS record "
                            "exists for this domain",
                            type, name);
    case DNS_REPLY_TIMEOUT:
        return arena_printf(mem, "DNS problem: query timed out looking up %s for %s", type, name);
    case DNS_REPLY_BOGUS:
        return arena_printf(mem, "DNS problem: looking up %s for %s: DNSSEC: Bogus: %s", type, name,
                            answer->why_bogus);
    case DNS_REPLY_LOOP:
    case DNS_REPLY_SERVFAIL:
    case DNS_REPLY_COUNT:
        break;
    }
    return arena_printf(mem,
                        "DNS problem: SERVFAIL looking up %s for %s - the domain's nameservers may "
                        "be malfunctioning",
                        type, name);
}
