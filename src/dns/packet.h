/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* packet: what is in a DNS message (RFC 1035 section 4), for resolver.c and ask.c; read by ldns. */
#include "dns/resolver.h"

/* Fills rcode, chain, records and reply (RECORDS, NODATA, NXDOMAIN, LOOP or SERVFAIL) of an answer
 * whose query is set. A message that cannot be read is a SERVFAIL. */
void packet_read(struct arena *mem, struct slice wire, struct dns_answer *answer);

/* The NS records of the authority section, whoever owns them. */
void packet_read_referral(struct arena *mem, struct slice wire, const struct dns_record **out,
                          size_t *count);
/* Whether the message's question is this one, and the only one. */
bool packet_is_about(struct slice wire, const struct dns_query *query);

/* "WWW.Example." as "www.example", in the arena. */
const char *packet_plain_name(struct arena *mem, const char *name);
