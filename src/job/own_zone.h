/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * own_zone: the zones of ours (dns.update) that answers to dns-01 are put into: one value added or
 * taken out, by signed update or by the operator's program.
 */
#include "job/worker.h"
#include "store/dns_value_store.h"

#define OWN_ZONE_HOOK_MS   60000 /* for the operator's program */
#define OWN_ZONE_UPDATE_MS 5000  /* for each primary */

enum own_zone_op { OWN_ZONE_PUT, OWN_ZONE_REMOVE };

/* Both may be repeated at will. ERR_CONFIG: the zone is not configured any more. ERR_DNS_UPDATE,
 * ERR_NET, ERR_TIMEOUT, ERR_SIGNER. */
MUST_CHECK bool own_zone_change(const struct worker *worker, struct arena *mem, enum own_zone_op op,
                                const struct dns_value *value, struct err *err);
