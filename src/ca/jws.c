/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/jws.h"

#include "base/hash.h"
#include "ca/signature.h"

static const size_t json_flags = JSON_REJECT_DUPLICATES;

static bool bad_parse(struct ca_problem *problem)
{
    return ca_refuse(problem, CA_PROBLEM_MALFORMED, "Parse error reading JWS");
}

/* A member of the JWS that must be base64url text; `text` as it is, `out` decoded. */
static bool take_base64(struct arena *mem, const json_t *object, const char *name,
                        struct slice *text, struct slice *out)
{
    const char *member = json_string_value(json_object_get(object, name));
    struct err err;

    *text = slice_str(member ? member : "");
    return member && base64url_decode(mem, member, out, &err);
}

static bool check_members(const json_t *jws, struct ca_problem *problem)
{
    if (json_object_get(jws, "header"))
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "JWS \"header\" field not allowed. All headers must be in \"protected\" "
                         "field");
    if (json_object_get(jws, "signatures"))
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "JWS \"signatures\" field not allowed. Only the \"signature\" field "
                         "should contain a signature");
    return true;
}

/* A header that must be text within `max` octets when it is there. */
static bool header_text(const json_t *header, const char *name, size_t max, const char **out)
{
    const json_t *value = json_object_get(header, name);

    *out = json_string_value(value);
    return !value || (*out && json_string_length(value) <= max);
}

static bool check_alg(const json_t *header, enum ca_alg *out, struct ca_problem *problem)
{
    const char *alg = json_string_value(json_object_get(header, "alg"));

    if (!alg)
        return bad_parse(problem);
    if (!ca_alg_parse(alg, out))
        return ca_refuse(problem, CA_PROBLEM_BAD_SIGNATURE_ALGORITHM,
                         "JWS signature header contains unsupported algorithm \"%s\", expected "
                         "one of %s",
                         alg, ca_alg_words());
    return true;
}

static bool read_header(const json_t *header, struct ca_jws *jws, struct ca_problem *problem)
{
    if (!header_text(header, "kid", CA_JWS_URL_MAX, &jws->kid) ||
        !header_text(header, "nonce", CA_NONCE_MAX, &jws->nonce) ||
        !header_text(header, "url", CA_JWS_URL_MAX, &jws->url))
        return bad_parse(problem);
    if (json_object_get(header, "crit") || json_object_get(header, "b64"))
        return bad_parse(problem);
    jws->jwk = json_object_get(header, "jwk");
    if (jws->jwk && jws->kid)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "jwk and kid header fields are mutually exclusive");
    return check_alg(header, &jws->alg, problem);
}

bool ca_jws_open(struct arena *mem, const json_t *json, struct ca_jws *out, json_t **header,
                 struct ca_problem *problem)
{
    struct ca_jws jws = {.kid = NULL};
    struct slice protected, unused;

    if (!json_is_object(json))
        return bad_parse(problem);
    if (!check_members(json, problem))
        return false;
    if (!take_base64(mem, json, "protected", &jws.signed_texts[0], &protected) ||
        !take_base64(mem, json, "payload", &jws.signed_texts[1], &jws.payload) ||
        !take_base64(mem, json, "signature", &unused, &jws.signature))
        return bad_parse(problem);
    if (jws.signature.len == 0)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "POST JWS not signed");
    *header = json_loadb((const char *)protected.data, protected.len, json_flags, NULL);
    *header = ca_json_keep(mem, *header);
    if (!json_is_object(*header))
        return bad_parse(problem);
    *out = jws;
    return true;
}

bool ca_jws_parse(struct arena *mem, struct slice body, struct ca_jws *out,
                  struct ca_problem *problem)
{
    json_t *json, *header;

    if (body.len == 0)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "No body on POST");
    json = ca_json_keep(mem, json_loadb((const char *)body.data, body.len, json_flags, NULL));
    return ca_jws_open(mem, json, out, &header, problem) && read_header(header, out, problem);
}

bool ca_jws_verify(const struct ca_jws *jws, const struct ca_jwk *key, struct ca_problem *problem)
{
    if (jws->alg != key->alg)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "JWS signature header algorithm \"%s\" does not match expected algorithm "
                         "\"%s\" for JWK",
                         ca_alg_name(jws->alg), ca_alg_name(key->alg));
    if (!ca_signature_is_good(key->key, jws->alg, jws->signed_texts, jws->signature))
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "JWS verification error");
    return true;
}

bool ca_jws_payload(struct arena *mem, const struct ca_jws *jws, json_t **out,
                    struct ca_problem *problem)
{
    json_t *json = json_loadb((const char *)jws->payload.data, jws->payload.len, json_flags, NULL);

    json = ca_json_keep(mem, json);
    if (!json_is_object(json))
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "Request payload did not parse as JSON");
    *out = json;
    return true;
}
