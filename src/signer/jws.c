/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/jws.h"

#include <jose/jose.h>
#include <jose/openssl.h>

#include "base/hash.h"

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

/* In base64url nothing needs an escape. */
const char *jws_serialize(struct arena *mem, const char *protected, const char *payload,
                          const char *signature)
{
    return arena_printf(mem, "{\"payload\":\"%s\",\"protected\":\"%s\",\"signature\":\"%s\"}",
                        payload, protected, signature);
}

/* What is signed (RFC 7515 section 5.1). */
static struct slice signing_input(struct arena *mem, const char *protected, const char *payload)
{
    return slice_str(arena_printf(mem, "%s.%s", protected, payload));
}

bool jws_signature(struct arena *mem, const unsigned char scalar[KEY_SCALAR_SIZE],
                   const char *protected, const char *payload, unsigned char out[ES256_SIZE],
                   struct err *err)
{
    return es256_sign(scalar, signing_input(mem, protected, payload), out, err);
}

bool jws_sign(struct arena *mem, const unsigned char scalar[KEY_SCALAR_SIZE], json_t *header,
              struct slice payload, const char **out, struct err *err)
{
    const char *protected = protect(mem, header, "ES256"), *body = base64url_encode(mem, payload);
    unsigned char signature[ES256_SIZE];

    if (!protected)
        return tls_err(err, ERR_CRYPTO, "could not sign with an account key");
    if (!jws_signature(mem, scalar, protected, body, signature, err))
        return false;
    *out = jws_serialize(mem, protected, body,
                         base64url_encode(mem, slice_of(signature, sizeof(signature))));
    return true;
}

bool jws_mac(struct arena *mem, const struct secret *secret, json_t *header, struct slice payload,
             const char **out, struct err *err)
{
    const char *protected = protect(mem, header, "HS256"), *body = base64url_encode(mem, payload);
    unsigned char mac[SHA256_SIZE];

    if (!protected)
        return tls_err(err, ERR_CRYPTO, "could not sign with an EAB key");
    hash_hmac_sha256(secret_view(secret), signing_input(mem, protected, body), mac);
    *out = jws_serialize(mem, protected, body, base64url_encode(mem, slice_of(mac, sizeof(mac))));
    return true;
}
