/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/eab.h"

#include <openssl/evp.h>

#include "base/hash.h"
#include "base/name_table.h"

static const struct {
    const char *name, *digest;
    size_t size;
} macs[CA_MAC_COUNT] = {
    [CA_MAC_HS256] = {"HS256", "SHA256", 32},
    [CA_MAC_HS384] = {"HS384", "SHA384", 48},
    [CA_MAC_HS512] = {"HS512", "SHA512", 64},
};

static bool malformed(struct ca_problem *problem, const char *why)
{
    return ca_refuse(problem, CA_PROBLEM_MALFORMED, "%s", why);
}

static bool read_mac(const json_t *header, enum ca_mac *out, struct ca_problem *problem)
{
    const char *alg = json_string_value(json_object_get(header, "alg"));

    for (size_t i = 0; alg && i < CA_MAC_COUNT; i++) {
        if (strcmp(alg, macs[i].name) == 0) {
            *out = (enum ca_mac)i;
            return true;
        }
    }
    return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                     "failed to decode external account binding: unexpected signature algorithm "
                     "\"%s\"; expected [\"HS256\" \"HS384\" \"HS512\"]",
                     alg ? alg : "");
}

static bool read_header(const json_t *header, const char *url, struct ca_eab *out,
                        struct ca_problem *problem)
{
    const json_t *kid = json_object_get(header, "kid"), *bound = json_object_get(header, "url");

    if (!read_mac(header, &out->mac, problem))
        return false;
    if (json_object_get(header, "nonce"))
        return malformed(problem, "the 'nonce' field must be absent in external account binding");
    if (json_object_get(header, "crit") || json_object_get(header, "b64"))
        return malformed(problem, "failed to decode external account binding: unsupported header");
    if (json_string_length(kid) == 0 || json_string_length(kid) > CA_EAB_KID_MAX)
        return malformed(problem, "the 'kid' field is required in external account binding");
    if (!json_is_string(bound))
        return malformed(problem, "the 'url' field must be present in external account binding");
    if (strcmp(json_string_value(bound), url) != 0)
        return malformed(problem,
                         "the 'url' field in external account binding differs from outer JWS");
    out->kid = json_string_value(kid);
    return true;
}

bool ca_eab_read(struct arena *mem, const json_t *value, const char *url, struct ca_eab *out,
                 struct ca_problem *problem)
{
    json_t *header;

    if (!ca_jws_open(mem, value, &out->jws, &header, problem))
        return malformed(problem, "failed to decode external account binding");
    return read_header(header, url, out, problem);
}

static bool is_good(const struct ca_eab *eab, struct slice mac_key, struct slice text)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    size_t len = 0;

    return eab->jws.signature.len == macs[eab->mac].size &&
           EVP_Q_mac(NULL, "HMAC", NULL, macs[eab->mac].digest, NULL, mac_key.data, mac_key.len,
                     text.data, text.len, mac, sizeof(mac), &len) &&
           len == eab->jws.signature.len && hash_equal(mac, eab->jws.signature.data, len);
}

bool ca_eab_verify(struct arena *mem, const struct ca_eab *eab, struct slice mac_key,
                   const char *key_hash, struct ca_problem *problem)
{
    const struct slice *texts = eab->jws.signed_texts;
    const char *text =
        arena_printf(mem, "%.*s.%.*s", (int)texts[0].len, (const char *)texts[0].data,
                     (int)texts[1].len, (const char *)texts[1].data);
    struct ca_jwk bound;
    json_t *payload;

    if (!is_good(eab, mac_key, slice_str(text)))
        return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED,
                         "external account binding JWS verification error");
    if (!ca_jws_payload(mem, &eab->jws, &payload, problem) ||
        !ca_jwk_read(mem, payload, &bound, problem))
        return malformed(problem, "external account binding JWK payload malformed");
    if (strcmp(bound.key_hash, key_hash) != 0)
        return malformed(problem, "external account binding payload key does not match account key "
                                  "authenticating request");
    return true;
}
