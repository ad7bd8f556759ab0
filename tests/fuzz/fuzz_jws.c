/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "ca/contact.h"
#include "ca/csr.h"
#include "ca/jws.h"
#include "ca/renewal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is refused is refused with a document that can be sent. */
static void check_problem(struct arena *mem, const struct ca_problem *problem)
{
    const char *text = ca_problem_text(mem, problem);

    assert(problem->status >= 400 && problem->type < CA_PROBLEM_COUNT);
    assert(strncmp(text, "{\"type\":\"urn:ietf:params:acme:error:", 36) == 0);
}

/* What a payload may hold, past the signature: an attacker has an account, too. */
static void read_payload(struct arena *mem, const json_t *payload)
{
    struct ca_suffixes suffixes;
    struct ca_problem problem;
    struct ca_names names;
    struct ca_csr csr;
    const char *text;
    struct err err;

    assert(ca_suffixes_make(mem, NULL, 0, &suffixes, &err));
    if (ca_names_read(mem, &suffixes, json_object_get(payload, "identifiers"), &names, &problem))
        assert(names.count > 0 && ca_suffixes_permit(&suffixes, names.items[0]));
    else
        check_problem(mem, &problem);
    if (!ca_contacts_read(mem, json_object_get(payload, "contact"), &text, &problem))
        check_problem(mem, &problem);
    text = json_string_value(json_object_get(payload, "csr"));
    if (text && !ca_csr_read(mem, text, &csr, &problem))
        check_problem(mem, &problem);
}

static void read_key(struct arena *mem, const struct ca_jws *jws)
{
    struct ca_jwk key, again;
    struct ca_problem problem;
    struct err err;

    if (!ca_jwk_read(mem, jws->jwk, &key, &problem)) {
        check_problem(mem, &problem);
        return;
    }
    assert(ca_jwk_parse(mem, ca_jwk_text(mem, &key), &again, &err));
    assert(strcmp(key.thumbprint, again.thumbprint) == 0);
    if (!ca_jws_verify(jws, &key, &problem))
        check_problem(mem, &problem);
}

/* What anybody may put into a path (renewalInfo) or an order ("replaces"). */
static void read_id(struct arena *mem, const char *id)
{
    const char *serial = ca_renewal_serial(mem, id);

    assert(!serial || (*serial && strspn(serial, "0123456789abcdef") == strlen(serial)));
}

/* The input as what stands inside of a JWS in base64url, where a fuzzer hardly gets to. */
static void read_inside(struct arena *mem, struct slice input)
{
    json_t *payload = ca_json_keep(mem, json_loadb((const char *)input.data, input.len, 0, NULL));
    struct ca_problem problem;
    struct ca_csr csr;

    read_id(mem, arena_strndup(mem, (const char *)input.data, input.len));
    if (payload)
        read_payload(mem, payload);
    if (!ca_csr_parse(mem, input, &csr, &problem))
        check_problem(mem, &problem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_problem problem;
    struct ca_jws jws;
    json_t *payload;

    read_inside(mem, slice_of(data, size));
    if (!ca_jws_parse(mem, slice_of(data, size), &jws, &problem)) {
        check_problem(mem, &problem);
        return 0;
    }
    assert(!jws.kid != !jws.jwk || (!jws.kid && !jws.jwk));
    if (jws.jwk)
        read_key(mem, &jws);
    if (ca_jws_payload(mem, &jws, &payload, &problem))
        read_payload(mem, payload);
    return 0;
}
