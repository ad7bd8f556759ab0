/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * jws: the body of every POST (RFC 8555 section 6.2): one flattened JSON JWS with all its headers
 * protected. ca_jws_parse() looks at the form alone; nothing in the result is trusted until
 * ca_jws_verify() has found the signature good. Nonce and URL are the caller's to check, after
 * that.
 */
#include "ca/jwk.h"

#define CA_JWS_MAX     65536 /* octets of a body */
#define CA_JWS_URL_MAX 512
#define CA_NONCE_MAX   128

struct ca_jws {
    enum ca_alg alg;
    const char *kid;              /* account URL, or NULL: then `jwk` */
    json_t *jwk;                  /* as sent, unchecked; NULL when there is a kid */
    const char *nonce;            /* NULL when absent */
    const char *url;              /* NULL when absent */
    struct slice payload;         /* decoded and NUL-terminated; empty: POST-as-GET */
    struct slice signed_texts[2]; /* header and payload as they were sent */
    struct slice signature;       /* decoded */
};

/* What stands in front of each refusal of a JWS (ca_refuse_within()). */
#define CA_JWS_REFUSED "Unable to validate JWS"

/* `problem`: malformed, or badSignatureAlgorithm; the wording is Boulder's. */
MUST_CHECK bool ca_jws_parse(struct arena *mem, struct slice body, struct ca_jws *out,
                             struct ca_problem *problem);
/* The form of one that is parsed already (and lives as long): *header is the protected one, which
 * is not looked at, and neither are the members of *out that come from there. malformed. */
MUST_CHECK bool ca_jws_open(struct arena *mem, const json_t *json, struct ca_jws *out,
                            json_t **header, struct ca_problem *problem);
/* malformed: the algorithm is not the key's, or the signature is bad. */
MUST_CHECK bool ca_jws_verify(const struct ca_jws *jws, const struct ca_jwk *key,
                              struct ca_problem *problem);
/* The verified payload as a JSON object (RFC 8555 has no other); malformed otherwise. */
MUST_CHECK bool ca_jws_payload(struct arena *mem, const struct ca_jws *jws, json_t **out,
                               struct ca_problem *problem);
