/* SPDX-License-Identifier: Apache-2.0 */
#include "check/resolve_host.h"

#include <string.h>

#include "dns/resolver.h"

static size_t take_addresses(const struct dns_answer *answer, struct address *out, size_t room)
{
    size_t count = 0;

    for (size_t i = 0; i < answer->record_count && count < room; i++) {
        struct slice octets = answer->records[i].address;

        out[count] = (struct address){.is_v6 = octets.len == sizeof(out->octets)};
        memcpy(out[count++].octets, octets.data, octets.len);
    }
    return count;
}

bool resolve_host(void *resolver, const char *host, struct address *out, size_t *count,
                  struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct dns_query queries[] = {{host, DNS_TYPE_A}, {host, DNS_TYPE_AAAA}};
    struct dns_answer answers[ARRAY_LEN(queries)];
    const struct dns_batch batch = {DNS_RECENT, ARRAY_LEN(queries), queries, answers};
    size_t found;

    if (!resolver_ask(mem, resolver, &batch, err))
        return false;
    found = take_addresses(&answers[0], out, *count);
    found += take_addresses(&answers[1], out + found, *count - found);
    if (found == 0)
        return err_set(err, ERR_DNS, "%s has no address: %s", host,
                       dns_reply_name(answers[0].reply));
    *count = found;
    return true;
}
