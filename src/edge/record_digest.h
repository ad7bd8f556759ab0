/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * record_digest: the MAC of records, the hash that names a chain, the digest at the end of a
 * snapshot. The signer makes MACs, the agent checks them; nginx trusts its LMDB.
 *
 * MAC = HMAC-SHA-256(feed key, "latchkey-feed-1" 0x00 | u8 length of group | group | the record up
 * to and with the feed key id).
 */
#include "edge/record.h"

#define EDGE_FEED_KEY_SIZE 32
#define EDGE_GROUP_MAX     32

/* `unsigned_record` is the record up to and with the key id. False when OpenSSL fails. */
MUST_CHECK bool edge_record_mac(struct slice feed_key, struct slice group,
                                struct slice unsigned_record, unsigned char mac[EDGE_MAC_SIZE]);
/* Whether `record.whole` ends in the right MAC, compared in constant time. */
MUST_CHECK bool edge_record_mac_ok(struct slice feed_key, struct slice group,
                                   const struct edge_record *record);

/* SHA-256 over the DER certificates of a chain one after the other: the key of its record. */
MUST_CHECK bool edge_chain_hash(const struct edge_chain *chain, unsigned char hash[EDGE_HASH_SIZE]);

/* Adds SHA-256(LMDB key | u64 epoch | u64 rev) of a record to `sum`, mod 2^256: edge_end.digest
 * over the live records, in any order. */
MUST_CHECK bool edge_digest_add(unsigned char sum[EDGE_HASH_SIZE], struct slice db_key,
                                uint64_t epoch, uint64_t rev);
