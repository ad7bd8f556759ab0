/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/nonce.h"

#include <pthread.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/random.h"

#define MAC_LEN 16

struct ca_nonces {
    pthread_mutex_t lock;
    uint64_t next;
    unsigned char key[32];
    uint64_t used[CA_NONCE_WINDOW / 64];
};

struct ca_nonces *ca_nonces_new(void)
{
    struct ca_nonces *nonces = calloc(1, sizeof(*nonces));

    if (!nonces)
        abort();
    pthread_mutex_init(&nonces->lock, NULL);
    random_bytes(nonces->key, sizeof(nonces->key));
    return nonces;
}

void ca_nonces_free(struct ca_nonces *nonces)
{
    if (!nonces)
        return;
    pthread_mutex_destroy(&nonces->lock);
    free(nonces);
}

static uint64_t *word_of(struct ca_nonces *nonces, uint64_t counter, uint64_t *bit)
{
    uint64_t slot = counter % CA_NONCE_WINDOW;

    *bit = UINT64_C(1) << (slot % 64);
    return &nonces->used[slot / 64];
}

static void mac_of(const struct ca_nonces *nonces, struct slice counter,
                   unsigned char mac[SHA256_SIZE])
{
    hash_hmac_sha256(slice_of(nonces->key, sizeof(nonces->key)), counter, mac);
}

const char *ca_nonce_new(struct arena *mem, struct ca_nonces *nonces)
{
    unsigned char octets[8 + MAC_LEN], mac[SHA256_SIZE];
    struct buf out = buf_fixed(octets, sizeof(octets));
    uint64_t counter, bit, *word;

    pthread_mutex_lock(&nonces->lock);
    counter = nonces->next++;
    word = word_of(nonces, counter, &bit);
    *word &= ~bit;
    pthread_mutex_unlock(&nonces->lock);
    buf_u64(&out, counter);
    mac_of(nonces, slice_of(octets, 8), mac);
    buf_add(&out, mac, MAC_LEN);
    return base64url_encode(mem, buf_view(&out));
}

static bool decode(const struct ca_nonces *nonces, const char *text, uint64_t *counter)
{
    AUTO(arena_freep) struct arena *mem = NULL;
    unsigned char mac[SHA256_SIZE];
    struct slice octets;
    struct err err;

    if (strlen(text) != CA_NONCE_LEN)
        return false;
    mem = arena_new();
    if (!base64url_decode(mem, text, &octets, &err) || octets.len != 8 + MAC_LEN)
        return false;
    mac_of(nonces, slice_of(octets.data, 8), mac);
    return hash_equal(mac, octets.data + 8, MAC_LEN) && slice_u64(&octets, counter);
}

bool ca_nonce_use(struct ca_nonces *nonces, const char *text)
{
    uint64_t counter, bit, *word;
    bool is_good;

    if (!decode(nonces, text, &counter))
        return false;
    pthread_mutex_lock(&nonces->lock);
    word = word_of(nonces, counter, &bit);
    is_good = counter < nonces->next && nonces->next - counter <= CA_NONCE_WINDOW && !(*word & bit);
    if (is_good)
        *word |= bit;
    pthread_mutex_unlock(&nonces->lock);
    return is_good;
}
