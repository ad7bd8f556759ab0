/* SPDX-License-Identifier: Apache-2.0 */
#include "edge/record_digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

DEFINE_FREEP(EVP_MD_CTX, EVP_MD_CTX_free)

#define MAC_PREFIX "latchkey-feed-1" /* its NUL is the 0x00 after it */

bool edge_record_mac(struct slice feed_key, struct slice group, struct slice unsigned_record,
                     unsigned char mac[EDGE_MAC_SIZE])
{
    unsigned char room[sizeof(MAC_PREFIX) + 1 + EDGE_GROUP_MAX + EDGE_RECORD_MAX];
    struct buf in = buf_fixed(room, sizeof(room));
    unsigned int len = 0;

    if (feed_key.len != EDGE_FEED_KEY_SIZE || group.len == 0 || group.len > EDGE_GROUP_MAX)
        return false;
    buf_add(&in, MAC_PREFIX, sizeof(MAC_PREFIX));
    buf_u8(&in, (uint8_t)group.len);
    buf_slice(&in, group);
    buf_slice(&in, unsigned_record);
    return buf_ok(&in) &&
           HMAC(EVP_sha256(), feed_key.data, (int)feed_key.len, in.data, in.len, mac, &len) &&
           len == EDGE_MAC_SIZE;
}

bool edge_record_mac_ok(struct slice feed_key, struct slice group, const struct edge_record *record)
{
    unsigned char mac[EDGE_MAC_SIZE];
    struct slice signed_part = slice_of(record->whole.data, record->whole.len - EDGE_MAC_SIZE);

    return edge_record_mac(feed_key, group, signed_part, mac) &&
           CRYPTO_memcmp(mac, record->mac.data, sizeof(mac)) == 0;
}

static bool finish(EVP_MD_CTX *context, unsigned char hash[EDGE_HASH_SIZE])
{
    unsigned int len = 0;

    return EVP_DigestFinal_ex(context, hash, &len) == 1 && len == EDGE_HASH_SIZE;
}

bool edge_chain_hash(const struct edge_chain *chain, unsigned char hash[EDGE_HASH_SIZE])
{
    AUTO(EVP_MD_CTX_freep) EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (!context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
        return false;
    for (size_t i = 0; i < chain->count; i++)
        if (EVP_DigestUpdate(context, chain->der[i].data, chain->der[i].len) != 1)
            return false;
    return finish(context, hash);
}

bool edge_digest_add(unsigned char sum[EDGE_HASH_SIZE], struct slice db_key, uint64_t epoch,
                     uint64_t rev)
{
    unsigned char room[EDGE_DB_KEY_MAX + 2 * sizeof(uint64_t)], hash[EDGE_HASH_SIZE];
    struct buf version = buf_fixed(room, sizeof(room));
    unsigned int len = 0, carry = 0;

    buf_slice(&version, db_key);
    buf_u64(&version, epoch);
    buf_u64(&version, rev);
    if (!buf_ok(&version) ||
        EVP_Digest(version.data, version.len, hash, &len, EVP_sha256(), NULL) != 1)
        return false;
    for (size_t i = EDGE_HASH_SIZE; i-- > 0;) {
        carry += (unsigned int)sum[i] + hash[i];
        sum[i] = (unsigned char)carry;
        carry >>= 8;
    }
    return true;
}
