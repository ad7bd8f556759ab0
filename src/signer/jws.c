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

static bool sign(struct arena *mem, const json_t *jwk, const char *alg, json_t *header,
                 struct slice payload, const char **out)
{
    json_auto_t *jws = json_pack("{s:s}", "payload", base64url_encode(mem, payload));
    json_auto_t *signature = json_pack("{s:O}", "protected", header);
    char *text;

    if (!jws || !signature || json_object_set_new(header, "alg", json_string(alg)) != 0 ||
        !jose_jws_sig(NULL, jws, signature, jwk))
        return false;
    text = json_dumps(jws, JSON_COMPACT | JSON_SORT_KEYS);
    if (!text)
        return false;
    *out = arena_strdup(mem, text);
    free(text);
    return true;
}

bool jws_sign(struct arena *mem, EVP_PKEY *key, json_t *header, struct slice payload,
              const char **out, struct err *err)
{
    json_auto_t *jwk = jose_openssl_jwk_from_EVP_PKEY(NULL, key);

    if (!jwk || !sign(mem, jwk, "ES256", header, payload, out))
        return tls_err(err, ERR_CRYPTO, "could not sign with an account key");
    return true;
}

bool jws_mac(struct arena *mem, const struct secret *secret, json_t *header, struct slice payload,
             const char **out, struct err *err)
{
    json_auto_t *jwk = json_pack("{s:s, s:s}", "kty", "oct", "alg", "HS256");
    json_t *octets = jose_b64_enc(secret->data, secret->len);

    if (!jwk || json_object_set_new(jwk, "k", octets) != 0 ||
        !sign(mem, jwk, "HS256", header, payload, out))
        return tls_err(err, ERR_CRYPTO, "could not sign with an EAB key");
    return true;
}
