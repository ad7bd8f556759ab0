/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* packet: what is in a DNS message (RFC 1035 section 4), for resolver.c; read by ldns. */
#include "dns/resolver.h"

/* Fills rcode, chain, records and reply (RECORDS, NODATA, NXDOMAIN, LOOP or SERVFAIL) of an answer
 * whose query is set. A message that cannot be read is a SERVFAIL. */
void packet_read(struct arena *mem, struct slice wire, struct dns_answer *answer);

/* "WWW.Example." as "www.example", in the arena. */
const char *packet_plain_name(struct arena *mem, const char *name);
