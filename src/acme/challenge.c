/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/challenge.h"

#include <jansson.h>
#include <jose/jwk.h>
#include <string.h>

#include "acme/authorization.h"
#include "base/hash.h"

#define BASE64URL "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

bool acme_token_is_valid(const char *token)
{
    size_t len = strnlen(token, ACME_TOKEN_MAX + 1);

    return len >= ACME_TOKEN_MIN && len <= ACME_TOKEN_MAX && strspn(token, BASE64URL) == len;
}

bool acme_jwk_thumbprint(struct arena *mem, const char *jwk, const char **out, struct err *err)
{
    json_auto_t *json = json_loads(jwk, JSON_REJECT_DUPLICATES, NULL);
    json_auto_t *thumbprint = json ? jose_jwk_thp(NULL, json, "S256") : NULL;

    if (!thumbprint)
        return err_set(err, ERR_CRYPTO, "cannot take the thumbprint: not a public JWK");
    *out = arena_strdup(mem, json_string_value(thumbprint));
    return true;
}

bool acme_key_authorization(struct arena *mem, const char *token, const char *thumbprint,
                            const char **out, struct err *err)
{
    if (!acme_token_is_valid(token))
        return err_set(err, ERR_CA_PROTOCOL,
                       "the challenge's token is not %d to %d characters of base64url",
                       ACME_TOKEN_MIN, ACME_TOKEN_MAX);
    *out = arena_printf(mem, "%s.%s", token, thumbprint);
    return true;
}

const char *acme_dns_01_name(struct arena *mem, const char *identifier)
{
    bool is_wildcard = strncmp(identifier, "*.", 2) == 0;

    return arena_printf(mem, ACME_DNS_01_LABEL ".%s", identifier + (is_wildcard ? 2 : 0));
}

const char *acme_dns_01_value(struct arena *mem, const char *key_authorization)
{
    unsigned char digest[SHA256_SIZE];

    hash_sha256(slice_str(key_authorization), digest);
    return base64url_encode(mem, slice_of(digest, sizeof(digest)));
}

void acme_tls_alpn_01_digest(const char *key_authorization,
                             unsigned char out[ACME_TLS_ALPN_01_SIZE])
{
    hash_sha256(slice_str(key_authorization), out);
}
