/* SPDX-License-Identifier: Apache-2.0 */
#include "signing.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/hash.h"
#include "tls/key.h"

#define NUMBER        32 /* octets of r, s, x and y */
#define SIGNATURE_MAX 80
#define CSR_MAX       1024
#define JWS_MAX       16384

DEFINE_FREEP(ECDSA_SIG, ECDSA_SIG_free)
DEFINE_FREEP(EVP_MD_CTX, EVP_MD_CTX_free)
DEFINE_FREEP(GENERAL_NAMES, GENERAL_NAMES_free)

/* ecdsa-with-SHA256 (RFC 5758 section 3.2) */
static const unsigned char algorithm[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                          0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};

static void release_key(void *key)
{
    EVP_PKEY_free(key);
}

static bool make_key(struct arena *mem, EVP_PKEY **out, struct err *err)
{
    if (!key_make(out, err))
        return false;
    arena_defer(mem, release_key, *out);
    return true;
}

bool signing_key_make(struct arena *mem, struct signing_key *out, struct err *err)
{
    unsigned char point[KEY_POINT_SIZE], digest[SHA256_SIZE];
    struct signing_key key;
    size_t len;

    if (!make_key(mem, &key.key, err))
        return false;
    if (EVP_PKEY_get_octet_string_param(key.key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point),
                                        &len) != 1 ||
        len != sizeof(point))
        return err_set(err, ERR_CRYPTO, "cannot read the point of a key");
    key.jwk = arena_printf(mem, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}",
                           base64url_encode(mem, slice_of(point + 1, NUMBER)),
                           base64url_encode(mem, slice_of(point + 1 + NUMBER, NUMBER)));
    hash_sha256(slice_str(key.jwk), digest);
    key.thumbprint = base64url_encode(mem, slice_of(digest, sizeof(digest)));
    *out = key;
    return true;
}

static bool sign(EVP_PKEY *key, struct slice what, unsigned char out[SIGNATURE_MAX], size_t *len,
                 struct err *err)
{
    AUTO(EVP_MD_CTX_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    *len = SIGNATURE_MAX;
    return (ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
            EVP_DigestSign(ctx, out, len, what.data, what.len) == 1) ||
           err_set(err, ERR_CRYPTO, "could not sign");
}

/* r and s, as JWS has them (RFC 7518 section 3.4). */
static bool sign_raw(EVP_PKEY *key, struct slice what, unsigned char out[2 * NUMBER],
                     struct err *err)
{
    AUTO(ECDSA_SIG_freep) ECDSA_SIG *signature = NULL;
    unsigned char der[SIGNATURE_MAX];
    const unsigned char *at = der;
    size_t len;

    if (!sign(key, what, der, &len, err))
        return false;
    signature = d2i_ECDSA_SIG(NULL, &at, (long)len);
    return (signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, NUMBER) == NUMBER &&
            BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + NUMBER, NUMBER) == NUMBER) ||
           err_set(err, ERR_CRYPTO, "could not read a signature");
}

bool signing_jws(struct arena *mem, const struct signing_key *key,
                 const struct signing_header *header, const char *payload, const char **out,
                 struct err *err)
{
    const char *who = header->kid ? arena_printf(mem, "\"kid\":\"%s\"", header->kid)
                                  : arena_printf(mem, "\"jwk\":%s", key->jwk);
    const char *protected =
        arena_printf(mem, "{\"alg\":\"ES256\",%s,\"nonce\":\"%s\",\"url\":\"%s\"}", who,
                     header->nonce, header->url);
    unsigned char signature[2 * NUMBER];
    const char *signed_part;

    protected = base64url_encode(mem, slice_str(protected));
    payload = base64url_encode(mem, slice_str(payload));
    signed_part = arena_printf(mem, "%s.%s", protected, payload);
    if (!sign_raw(key->key, slice_str(signed_part), signature, err))
        return false;
    *out = arena_printf(mem, "{\"protected\":\"%s\",\"payload\":\"%s\",\"signature\":\"%s\"}",
                        protected, payload,
                        base64url_encode(mem, slice_of(signature, sizeof(signature))));
    return true;
}

static bool add_name(X509_REQ *request, const char *name)
{
    AUTO(GENERAL_NAMES_freep) GENERAL_NAMES *names = GENERAL_NAMES_new();
    STACK_OF(X509_EXTENSION) *extensions = NULL;
    GENERAL_NAME *general = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    bool is_added;

    assert(names && general && text && ASN1_STRING_set(text, name, -1) == 1);
    GENERAL_NAME_set0_value(general, GEN_DNS, text);
    is_added =
        sk_GENERAL_NAME_push(names, general) > 0 &&
        X509V3_add1_i2d(&extensions, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1 &&
        X509_REQ_add_extensions(request, extensions) == 1;
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    return is_added;
}

bool signing_csr_prepare(struct arena *mem, const char *name, struct signing_csr *out,
                         struct err *err)
{
    AUTO(X509_REQ_freep) X509_REQ *request = X509_REQ_new();
    struct signing_csr csr = {.name_len = strlen(name)};
    unsigned char *der = NULL, *at;
    int len;

    if (!make_key(mem, &csr.key, err))
        return false;
    if (!request || X509_REQ_set_pubkey(request, csr.key) != 1 || !add_name(request, name))
        return err_set(err, ERR_CRYPTO, "could not make a certificate request");
    len = i2d_re_X509_REQ_tbs(request, &der);
    if (len <= 0)
        return err_set(err, ERR_CRYPTO, "could not encode a certificate request");
    csr.unsigned_part = slice_of(arena_memdup(mem, der, (size_t)len), (size_t)len);
    OPENSSL_free(der);
    at = memmem(csr.unsigned_part.data, csr.unsigned_part.len, name, csr.name_len);
    assert(at);
    csr.name_at = (size_t)(at - csr.unsigned_part.data);
    *out = csr;
    return true;
}

/* Tag and length of DER, for up to 64 KiB. */
static void add_head(struct buf *out, uint8_t tag, size_t len)
{
    buf_u8(out, tag);
    if (len >= 256) {
        buf_u8(out, 0x82);
        buf_u16(out, (uint16_t)len);
        return;
    }
    if (len >= 128)
        buf_u8(out, 0x81);
    buf_u8(out, (uint8_t)len);
}

bool signing_csr_make(struct arena *mem, const struct signing_csr *csr, const char *name,
                      const char **out, struct err *err)
{
    struct buf inner = buf_new(mem, CSR_MAX), outer = buf_new(mem, CSR_MAX);
    unsigned char signature[SIGNATURE_MAX];
    unsigned char *part = arena_memdup(mem, csr->unsigned_part.data, csr->unsigned_part.len);
    size_t len;

    assert(strlen(name) == csr->name_len);
    memcpy(part + csr->name_at, name, csr->name_len);
    if (!sign(csr->key, slice_of(part, csr->unsigned_part.len), signature, &len, err))
        return false;
    buf_add(&inner, part, csr->unsigned_part.len);
    buf_add(&inner, algorithm, sizeof(algorithm));
    add_head(&inner, 0x03, len + 1);
    buf_u8(&inner, 0);
    buf_add(&inner, signature, len);
    add_head(&outer, 0x30, inner.len);
    buf_slice(&outer, buf_view(&inner));
    assert(buf_ok(&outer));
    *out = base64url_encode(mem, buf_view(&outer));
    return true;
}
