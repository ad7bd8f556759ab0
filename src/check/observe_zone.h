/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* observe_zone: asks the name servers of the names' domain, each by its address (check/zone.h).
 * Bounded: ZONE_..._MAX servers, addresses and names, two rounds of DNS_ASK_MS. Judges nothing. */
#include "check/check.h"
#include "check/zone.h"

#define ZONE_ANCESTORS_MAX 16 /* labels of a name that are looked at for a zone */

/* The NS questions whose answers say which zone it is, to be asked with the other look-ups. */
size_t zone_queries(const struct check_names *names, struct dns_query out[ZONE_ANCESTORS_MAX]);

/* `found` are the answers to zone_queries(). False only for failures of our own. Where there is
 * nothing to ask, out->zone is NULL. */
MUST_CHECK bool observe_zone(struct arena *mem, const struct check_env *env,
                             const struct check_names *names, const struct dns_answer *found,
                             struct zone_seen *out, struct err *err);
