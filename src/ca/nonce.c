/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/nonce.h"

#include <assert.h>
#include <openssl/evp.h>
#include <pthread.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/random.h"

#define BLOCK 16

struct ca_nonces {
    pthread_mutex_t lock;
    uint64_t next;
    EVP_CIPHER_CTX *encrypt, *decrypt; /* AES-256, a block at a time */
    uint64_t used[CA_NONCE_WINDOW / 64];
};

static EVP_CIPHER_CTX *cipher_new(const unsigned char key[32], int is_encrypting)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

    if (!ctx || EVP_CipherInit_ex2(ctx, EVP_aes_256_ecb(), key, NULL, is_encrypting, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(ctx, 0) != 1)
        abort();
    return ctx;
}

struct ca_nonces *ca_nonces_new(void)
{
    struct ca_nonces *nonces = calloc(1, sizeof(*nonces));
    unsigned char key[32];

    if (!nonces)
        abort();
    pthread_mutex_init(&nonces->lock, NULL);
    random_bytes(key, sizeof(key));
    nonces->encrypt = cipher_new(key, 1);
    nonces->decrypt = cipher_new(key, 0);
    explicit_bzero(key, sizeof(key));
    return nonces;
}

void ca_nonces_free(struct ca_nonces *nonces)
{
    if (!nonces)
        return;
    EVP_CIPHER_CTX_free(nonces->encrypt);
    EVP_CIPHER_CTX_free(nonces->decrypt);
    pthread_mutex_destroy(&nonces->lock);
    free(nonces);
}

/* With the lock: a context has one user at a time. */
static void transform(EVP_CIPHER_CTX *ctx, const unsigned char in[BLOCK], unsigned char out[BLOCK])
{
    int len = 0;

    if (EVP_CipherUpdate(ctx, out, &len, in, BLOCK) != 1 || len != BLOCK)
        abort();
}

static uint64_t *word_of(struct ca_nonces *nonces, uint64_t counter, uint64_t *bit)
{
    uint64_t slot = counter % CA_NONCE_WINDOW;

    *bit = UINT64_C(1) << (slot % 64);
    return &nonces->used[slot / 64];
}

/* A block of a counter is the counter and as many zeros. */
static void write_block(uint64_t counter, unsigned char block[BLOCK])
{
    struct buf out = buf_fixed(block, BLOCK);

    buf_u64(&out, counter);
    buf_u64(&out, 0);
    assert(buf_ok(&out));
}

static bool read_block(const unsigned char block[BLOCK], uint64_t *counter)
{
    struct slice in = slice_of(block, BLOCK);
    uint64_t zeros;

    return slice_u64(&in, counter) && slice_u64(&in, &zeros) && zeros == 0;
}

const char *ca_nonce_new(struct arena *mem, struct ca_nonces *nonces)
{
    unsigned char block[BLOCK], nonce[BLOCK];
    uint64_t bit, *word;

    pthread_mutex_lock(&nonces->lock);
    word = word_of(nonces, nonces->next, &bit);
    *word &= ~bit;
    write_block(nonces->next++, block);
    transform(nonces->encrypt, block, nonce);
    pthread_mutex_unlock(&nonces->lock);
    return base64url_encode(mem, slice_of(nonce, BLOCK));
}

/* With the lock. */
static bool use(struct ca_nonces *nonces, const unsigned char nonce[BLOCK])
{
    unsigned char block[BLOCK];
    uint64_t counter, bit, *word;

    transform(nonces->decrypt, nonce, block);
    if (!read_block(block, &counter) || counter >= nonces->next ||
        nonces->next - counter > CA_NONCE_WINDOW)
        return false;
    word = word_of(nonces, counter, &bit);
    if (*word & bit)
        return false;
    *word |= bit;
    return true;
}

bool ca_nonce_use(struct arena *mem, struct ca_nonces *nonces, const char *text)
{
    struct slice nonce;
    struct err err;
    bool is_good;

    if (strlen(text) != CA_NONCE_LEN || !base64url_decode(mem, text, &nonce, &err) ||
        nonce.len != BLOCK)
        return false;
    pthread_mutex_lock(&nonces->lock);
    is_good = use(nonces, nonce.data);
    pthread_mutex_unlock(&nonces->lock);
    return is_good;
}
