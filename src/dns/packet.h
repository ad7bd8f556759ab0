/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* packet: what is in a DNS message (RFC 1035 section 4), for resolver.c and ask.c; read by ldns. */
#include "dns/resolver.h"

/* Fills rcode, chain, records and reply (RECORDS, NODATA, NXDOMAIN, LOOP or SERVFAIL) of an answer
 * whose query is set. A message that cannot be read is a SERVFAIL. */
void packet_read(struct arena *mem, struct slice wire, struct dns_answer *answer);

/* The records of a section that resolver_ask() would take for an answer: NS of PACKET_AUTHORITY,
 * addresses of PACKET_ADDITIONAL, whoever owns them. */
enum packet_section { PACKET_AUTHORITY, PACKET_ADDITIONAL };
void packet_read_section(struct arena *mem, struct slice wire, enum packet_section section,
                         const struct dns_record **out, size_t *count);
/* Whether the message's question is this one, and the only one. */
bool packet_is_about(struct slice wire, const struct dns_query *query);

/* "WWW.Example." as "www.example", in the arena. */
const char *packet_plain_name(struct arena *mem, const char *name);
