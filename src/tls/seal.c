/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/seal.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#define NONCE_SIZE  12
#define TAG_SIZE    16
#define HEADER_SIZE (2 + NONCE_SIZE)
#define AAD_MAX     (sizeof("latchkey-seal-1|certificate-key||255") + SEAL_OWNER_MAX)

DEFINE_FREEP(EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)

static const struct {
    const char *name;
    enum seal_family family;
} kinds[SEAL_KIND_COUNT] = {
    [SEAL_CERTIFICATE_KEY] = {"certificate-key", SEAL_FAMILY_EDGE},
    [SEAL_ACCOUNT_KEY] = {"account-key", SEAL_FAMILY_SIGNER},
    [SEAL_SECRET] = {"secret", SEAL_FAMILY_SIGNER},
};

static const char *const families[SEAL_FAMILY_COUNT] = {
    [SEAL_FAMILY_EDGE] = "edge",
    [SEAL_FAMILY_SIGNER] = "signer",
};

static const char *const results[] = {
    [SEAL_OK] = "ok",
    [SEAL_BAD_BLOB] = "not a sealed blob",
    [SEAL_WRONG_KID] = "sealed under another key",
    [SEAL_REFUSED] = "altered, or sealed for another kind, owner or key",
    [SEAL_NO_ROOM] = "too large",
    [SEAL_BAD_OWNER] = "not an owner id",
    [SEAL_NO_CRYPTO] = "the crypto library failed",
};

const char *seal_kind_name(enum seal_kind kind)
{
    return kinds[kind].name;
}

enum seal_family seal_family(enum seal_kind kind)
{
    return kinds[kind].family;
}

const char *seal_family_name(enum seal_family family)
{
    return families[family];
}

const char *seal_result_text(enum seal_result result)
{
    return results[result];
}

bool seal_kid(struct slice blob, uint8_t *kid)
{
    if (blob.len < SEAL_OVERHEAD || blob.data[0] != SEAL_VERSION || blob.data[1] == 0)
        return false;
    *kid = blob.data[1];
    return true;
}

static bool is_owner(struct slice owner)
{
    if (owner.len == 0 || owner.len > SEAL_OWNER_MAX)
        return false;
    for (size_t i = 0; i < owner.len; i++) {
        unsigned char c = owner.data[i];
        bool is_alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

        if (!is_alnum && c != '.' && c != '_' && c != ':' && c != '-')
            return false;
    }
    return true;
}

static int write_aad(const struct seal_label *label, uint8_t kid, char aad[AAD_MAX])
{
    return snprintf(aad, AAD_MAX, "latchkey-seal-1|%s|%.*s|%u", kinds[label->kind].name,
                    (int)label->owner.len, (const char *)label->owner.data, kid);
}

/* Sets up key, nonce and associated data for one direction: 1 encrypts, 0 decrypts. */
static EVP_CIPHER_CTX *cipher_new(const struct seal_key *key, const struct seal_label *label,
                                  const unsigned char nonce[NONCE_SIZE], int direction)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    char aad[AAD_MAX];
    int len = write_aad(label, key->kid, aad), done;

    if (ctx &&
        EVP_CipherInit_ex2(ctx, EVP_aes_256_gcm(), key->octets, nonce, direction, NULL) == 1 &&
        EVP_CipherUpdate(ctx, NULL, &done, (const unsigned char *)aad, len) == 1)
        return ctx;
    EVP_CIPHER_CTX_free(ctx);
    return NULL;
}

static bool encrypt(const struct seal_key *key, const struct seal_label *label, struct slice plain,
                    unsigned char *out)
{
    unsigned char *nonce = out + 2, *text = out + HEADER_SIZE;
    AUTO(EVP_CIPHER_CTX_freep) EVP_CIPHER_CTX *ctx = NULL;
    int done;

    out[0] = SEAL_VERSION;
    out[1] = key->kid;
    if (RAND_bytes(nonce, NONCE_SIZE) != 1)
        return false;
    ctx = cipher_new(key, label, nonce, 1);
    return ctx && EVP_CipherUpdate(ctx, text, &done, plain.data, (int)plain.len) == 1 &&
           EVP_CipherFinal_ex(ctx, text + done, &done) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, text + plain.len) == 1;
}

enum seal_result seal_close(const struct seal_key *key, const struct seal_label *label,
                            struct slice plain, unsigned char *out, size_t room, size_t *out_len)
{
    bool is_done;

    if (!is_owner(label->owner))
        return SEAL_BAD_OWNER;
    if (plain.len > SEAL_PLAIN_MAX || room < plain.len + SEAL_OVERHEAD)
        return SEAL_NO_ROOM;
    ERR_set_mark();
    is_done = encrypt(key, label, plain, out);
    ERR_pop_to_mark();
    if (!is_done)
        return SEAL_NO_CRYPTO;
    *out_len = plain.len + SEAL_OVERHEAD;
    return SEAL_OK;
}

static enum seal_result decrypt(const struct seal_key *key, const struct seal_label *label,
                                struct slice blob, unsigned char *out)
{
    unsigned char tag[TAG_SIZE];
    int len = (int)(blob.len - SEAL_OVERHEAD), done;
    AUTO(EVP_CIPHER_CTX_freep)
    EVP_CIPHER_CTX *ctx = cipher_new(key, label, blob.data + 2, 0);

    memcpy(tag, blob.data + blob.len - TAG_SIZE, TAG_SIZE);
    if (!ctx || EVP_CipherUpdate(ctx, out, &done, blob.data + HEADER_SIZE, len) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) != 1)
        return SEAL_NO_CRYPTO;
    return EVP_CipherFinal_ex(ctx, out + done, &done) == 1 ? SEAL_OK : SEAL_REFUSED;
}

enum seal_result seal_open(const struct seal_key *key, const struct seal_label *label,
                           struct slice blob, unsigned char *out, size_t room, size_t *out_len)
{
    enum seal_result result;
    uint8_t kid;
    size_t len;

    if (!seal_kid(blob, &kid))
        return SEAL_BAD_BLOB;
    if (kid != key->kid)
        return SEAL_WRONG_KID;
    if (!is_owner(label->owner))
        return SEAL_BAD_OWNER;
    len = blob.len - SEAL_OVERHEAD;
    if (len > SEAL_PLAIN_MAX || len > room)
        return SEAL_NO_ROOM;
    ERR_set_mark();
    result = decrypt(key, label, blob, out);
    ERR_pop_to_mark();
    if (result == SEAL_OK)
        *out_len = len;
    else
        OPENSSL_cleanse(out, len);
    return result;
}
