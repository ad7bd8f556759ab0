/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/jws.h"

#include <jose/jose.h>
#include <jose/openssl.h>
#include <openssl/ecdsa.h>

#include "base/hash.h"
#include "tls/key.h"

#define DER_SIGNATURE_MAX 72 /* two integers of at most 33 octets each */

DEFINE_FREEP(ECDSA_SIG, ECDSA_SIG_free)
DEFINE_FREEP(EVP_MD_CTX, EVP_MD_CTX_free)

bool jws_public_jwk(EVP_PKEY *key, json_t **out, struct err *err)
{
    json_auto_t *jwk = jose_openssl_jwk_from_EVP_PKEY(NULL, key);
    json_t *public = json_pack("{s:O?, s:O?, s:O?, s:O?}", "crv", json_object_get(jwk, "crv"),
                               "kty", json_object_get(jwk, "kty"), "x", json_object_get(jwk, "x"),
                               "y", json_object_get(jwk, "y"));

    if (!jwk || !public) {
        json_decref(public);
        return err_set(err, ERR_CRYPTO, "could not write a key as JWK");
    }
    *out = public;
    return true;
}

bool jws_thumbprint(struct arena *mem, const json_t *jwk, const char **out, struct err *err)
{
    json_auto_t *thumbprint = jose_jwk_thp(NULL, jwk, "S256");

    if (!thumbprint)
        return err_set(err, ERR_CRYPTO, "could not compute the thumbprint of a key");
    *out = arena_strdup(mem, json_string_value(thumbprint));
    return true;
}

/* ES256 (RFC 7518 section 3.4): r and s side by side. */
static bool sign_text(EVP_PKEY *key, const char *text, unsigned char out[2 * KEY_SCALAR_SIZE])
{
    AUTO(EVP_MD_CTX_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    AUTO(ECDSA_SIG_freep) ECDSA_SIG *signature = NULL;
    unsigned char der[DER_SIGNATURE_MAX];
    const unsigned char *at = der;
    size_t len = sizeof(der);

    if (!ctx || EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSign(ctx, der, &len, (const unsigned char *)text, strlen(text)) != 1)
        return false;
    signature = d2i_ECDSA_SIG(NULL, &at, (long)len);
    return signature &&
           BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, KEY_SCALAR_SIZE) == KEY_SCALAR_SIZE &&
           BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + KEY_SCALAR_SIZE, KEY_SCALAR_SIZE) ==
               KEY_SCALAR_SIZE;
}

/* The protected header, base64url. */
static const char *protect(struct arena *mem, json_t *header, const char *alg)
{
    const char *encoded;
    char *text;

    if (json_object_set_new(header, "alg", json_string(alg)) != 0)
        return NULL;
    text = json_dumps(header, JSON_COMPACT | JSON_SORT_KEYS);
    if (!text)
        return NULL;
    encoded = base64url_encode(mem, slice_str(text));
    free(text);
    return encoded;
}

/* The flattened serialization; in base64url nothing needs an escape. */
static const char *serialize(struct arena *mem, const char *protected, const char *body,
                             struct slice signature)
{
    return arena_printf(mem, "{\"payload\":\"%s\",\"protected\":\"%s\",\"signature\":\"%s\"}", body,
                        protected, base64url_encode(mem, signature));
}

bool jws_sign(struct arena *mem, EVP_PKEY *key, json_t *header, struct slice payload,
              const char **out, struct err *err)
{
    const char *protected = protect(mem, header, "ES256"), *body = base64url_encode(mem, payload);
    unsigned char signature[2 * KEY_SCALAR_SIZE];

    if (!protected || !sign_text(key, arena_printf(mem, "%s.%s", protected, body), signature))
        return tls_err(err, ERR_CRYPTO, "could not sign with an account key");
    *out = serialize(mem, protected, body, slice_of(signature, sizeof(signature)));
    return true;
}

bool jws_mac(struct arena *mem, const struct secret *secret, json_t *header, struct slice payload,
             const char **out, struct err *err)
{
    const char *protected = protect(mem, header, "HS256"), *body = base64url_encode(mem, payload);
    unsigned char mac[SHA256_SIZE];

    if (!protected)
        return tls_err(err, ERR_CRYPTO, "could not sign with an EAB key");
    hash_hmac_sha256(secret_view(secret), slice_str(arena_printf(mem, "%s.%s", protected, body)),
                     mac);
    *out = serialize(mem, protected, body, slice_of(mac, sizeof(mac)));
    return true;
}
