/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/jwk.h"

#include <jose/jose.h>
#include <jose/openssl.h>

#include "base/hash.h"
#include "ca/public_key.h"

/* RFC 7518 section 6, RFC 7638 section 3.2: the members that make a public key, and no others. */
static const struct kind {
    const char *kty;
    const char *crv; /* NULL: not an EC key */
    const char *members[2];
    enum ca_alg alg;
} kinds[] = {
    {"EC", "P-256", {"x", "y"}, CA_ALG_ES256},
    {"EC", "P-384", {"x", "y"}, CA_ALG_ES384},
    {"RSA", NULL, {"n", "e"}, CA_ALG_RS256},
};

static void release_json(void *json)
{
    json_decref(json);
}

json_t *ca_json_keep(struct arena *mem, json_t *json)
{
    if (json)
        arena_defer(mem, release_json, json);
    return json;
}

static void release_key(void *key)
{
    EVP_PKEY_free(key);
}

EVP_PKEY *ca_jwk_keep(struct arena *mem, EVP_PKEY *key)
{
    EVP_PKEY_up_ref(key);
    arena_defer(mem, release_key, key);
    return key;
}

static const char *member(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static const struct kind *kind_of(const json_t *object)
{
    const char *kty = member(object, "kty");
    const char *crv = member(object, "crv");

    for (size_t i = 0; kty && i < ARRAY_LEN(kinds); i++) {
        if (strcmp(kty, kinds[i].kty) == 0 &&
            (!kinds[i].crv || (crv && strcmp(crv, kinds[i].crv) == 0)))
            return &kinds[i];
    }
    return NULL;
}

static bool refuse_kind(const json_t *object, struct ca_problem *problem)
{
    const char *kty = member(object, "kty");

    if (kty && (strcmp(kty, "EC") == 0 || strcmp(kty, "OKP") == 0 || strcmp(kty, "oct") == 0))
        return ca_refuse(problem, CA_PROBLEM_BAD_PUBLIC_KEY,
                         "JWK contains unsupported key type (expected RSA, or ECDSA P-256 or "
                         "P-384)");
    return ca_refuse(problem, CA_PROBLEM_MALFORMED, "Invalid JWK in JWS header");
}

/* A fresh object of kty, crv and the two numbers; NULL when one is not there. */
static json_t *public_members(const json_t *object, const struct kind *kind)
{
    json_t *clean = json_pack("{s:s}", "kty", kind->kty);

    if (kind->crv)
        json_object_set_new(clean, "crv", json_string(kind->crv));
    for (size_t i = 0; i < ARRAY_LEN(kind->members); i++) {
        const char *value = member(object, kind->members[i]);

        if (!value) {
            json_decref(clean);
            return NULL;
        }
        json_object_set_new(clean, kind->members[i], json_string(value));
    }
    return clean;
}

static bool check_key(struct arena *mem, EVP_PKEY *key, struct ca_problem *problem)
{
    const char *refusal = ca_key_refusal(mem, key);

    return !*refusal ||
           ca_refuse(problem, CA_PROBLEM_BAD_PUBLIC_KEY, CA_KEY_REFUSED ": %s", refusal);
}

static const char *thumbprint(struct arena *mem, const json_t *jwk)
{
    unsigned char digest[SHA256_SIZE];

    if (jose_jwk_thp_buf(NULL, jwk, "S256", digest, sizeof(digest)) != sizeof(digest))
        return NULL;
    return base64url_encode(mem, slice_of(digest, sizeof(digest)));
}

/* One key has one JWK: a number with leading zeros would give it a second thumbprint. */
static bool is_canonical(const json_t *jwk, EVP_PKEY *key)
{
    json_t *canonical = jose_openssl_jwk_from_EVP_PKEY(NULL, key);
    bool is_same = canonical && json_equal(canonical, jwk);

    json_decref(canonical);
    return is_same;
}

static const char *key_hash(struct arena *mem, const json_t *jwk, const struct kind *kind,
                            const EVP_PKEY *key)
{
    struct slice numbers[2];
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        if (!base64url_decode(mem, member(jwk, kind->members[i]), &numbers[i], &err))
            return NULL;
    }
    return ca_key_hash_of(mem, EVP_PKEY_get_bits(key), numbers[0], numbers[1]);
}

bool ca_jwk_read(struct arena *mem, const json_t *object, struct ca_jwk *out,
                 struct ca_problem *problem)
{
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
    const struct kind *kind;
    struct ca_jwk jwk;

    if (!json_is_object(object))
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "Invalid JWK in JWS header");
    if (json_object_get(object, "d"))
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "Invalid JWK in JWS header: it contains a private key");
    kind = kind_of(object);
    if (!kind)
        return refuse_kind(object, problem);
    jwk.alg = kind->alg;
    jwk.json = ca_json_keep(mem, public_members(object, kind));
    key = jwk.json ? jose_openssl_jwk_to_EVP_PKEY(NULL, jwk.json) : NULL;
    if (!key)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "Invalid JWK in JWS header");
    if (!is_canonical(jwk.json, key))
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "Invalid JWK in JWS header");
    if (!check_key(mem, key, problem))
        return false;
    jwk.key = ca_jwk_keep(mem, key);
    jwk.thumbprint = thumbprint(mem, jwk.json);
    jwk.key_hash = key_hash(mem, jwk.json, kind, key);
    if (!jwk.thumbprint || !jwk.key_hash)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "Invalid JWK in JWS header");
    *out = jwk;
    return true;
}

const char *ca_json_text(struct arena *mem, const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    const char *out = arena_strdup(mem, text);

    free(text);
    return out;
}

const char *ca_jwk_text(struct arena *mem, const struct ca_jwk *jwk)
{
    return ca_json_text(mem, jwk->json);
}

bool ca_jwk_parse(struct arena *mem, const char *text, struct ca_jwk *out, struct err *err)
{
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
    json_t *object = ca_json_keep(mem, json_loads(text, JSON_REJECT_DUPLICATES, NULL));
    const struct kind *kind = object ? kind_of(object) : NULL;
    struct ca_jwk jwk = {.json = object};

    if (!kind)
        return err_set(err, ERR_STORE, "the stored account key is not a JWK");
    jwk.alg = kind->alg;
    jwk.thumbprint = thumbprint(mem, object);
    if (!jwk.thumbprint)
        return err_set(err, ERR_STORE, "the stored account key has no thumbprint");
    key = jose_openssl_jwk_to_EVP_PKEY(NULL, object);
    if (!key)
        return err_set(err, ERR_STORE, "the stored account key is not a key");
    jwk.key = ca_jwk_keep(mem, key);
    *out = jwk;
    return true;
}
