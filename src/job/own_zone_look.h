/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * own_zone_look: what the name servers of our zones (dns.update) say of the values that were put
 * there, each asked directly.
 */
#include "job/worker.h"
#include "model/value_wait.h"
#include "store/dns_value_store.h"

#define OWN_ZONE_SERVERS_MAX 32   /* addresses of name servers of a zone that are asked */
#define OWN_ZONE_LOOK_MS     2000 /* for the first value of each zone, and again for all others */

/* Of one value: by each name server of its zone; none when they cannot be found. */
struct own_zone_look {
    struct value_seen seen[OWN_ZONE_SERVERS_MAX];
    size_t count;
};

/* Fills out[i] from values->items[i]. All are asked for at the same time; a server that does not
 * answer for the first value is not asked for the others, and what it failed with stands there. */
MUST_CHECK bool own_zone_look(const struct worker *worker, struct arena *mem,
                              const struct dns_value_list *values, struct own_zone_look *out,
                              struct err *err);
