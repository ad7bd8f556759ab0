/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * call: one request on its way through the CA. ca_handle() takes it in by the rules of its row
 * (content type, JWS, key or account, signature, nonce, URL, payload; RFC 8555 section 6), runs the
 * row's handler and answers, with a problem document when that refused.
 */
#include "ca/account_store.h"
#include "ca/journal_store.h"
#include "ca/jws.h"
#include "ca/service.h"
#include "http/response.h"

enum ca_auth {
    CA_AUTH_NONE,    /* GET */
    CA_AUTH_KEY,     /* jwk */
    CA_AUTH_ACCOUNT, /* kid, of a valid account */
    CA_AUTH_EITHER
};

enum ca_payload {
    CA_PAYLOAD_EMPTY, /* POST-as-GET */
    CA_PAYLOAD_OBJECT,
    CA_PAYLOAD_EITHER
};

struct ca_call {
    struct ca *ca;
    struct arena *mem;
    struct http_req *req;
    struct http_res *res;
    int64_t now;
    struct ca_jws jws;
    struct ca_jwk key;                /* that signed it */
    const struct ca_account *account; /* NULL when signed by a bare key */
    const json_t *payload;            /* NULL: POST-as-GET, or GET */
};

/* Replies and returns true, or fills `problem` and returns false. */
typedef bool ca_handler(struct ca_call *call, struct ca_problem *problem);

struct ca_endpoint {
    enum ca_auth auth;
    enum ca_payload payload;
    ca_handler *run;
    enum ca_limit_id requests; /* that it counts towards, by address */
    bool needs_terms;          /* that are in force to be agreed to */
};

/* The http_handler of every route; http_route.needs is the index into ca_endpoints[]. */
bool ca_handle(struct http_req *req, struct http_res *res, struct err *err);
/* http_options.problem: the server's own refusals, as ACME problems. */
bool ca_handle_error(struct http_res *res, const struct err *err);

/* A positive id in the path; 404 malformed with `what` ("No such authorization") otherwise. */
MUST_CHECK bool ca_call_id(const struct ca_call *call, const char *param, const char *what,
                           int64_t *out, struct ca_problem *problem);

/* Refused with this type and "what: public key is forbidden" when the key was shown to revoke a
 * certificate. */
MUST_CHECK bool ca_call_admit_key(const struct ca_call *call, const char *key_hash,
                                  enum ca_problem_type type, const char *what,
                                  struct ca_problem *problem);

/* userActionRequired: the account has not agreed to the terms of service that are in force. */
bool ca_terms_admit(struct ca_call *call, struct ca_problem *problem);

/* --- handlers, one file a resource ----------------------------------------------------------- */
ca_handler ca_get_directory, ca_new_nonce;
ca_handler ca_get_terms, ca_get_agreement, ca_post_agreement;
ca_handler ca_new_account, ca_update_account, ca_change_key;
ca_handler ca_new_order, ca_get_order, ca_finalize_order;
ca_handler ca_get_authorization, ca_post_challenge;
ca_handler ca_get_certificate, ca_get_certificate_chain, ca_revoke_certificate;
ca_handler ca_get_issuer, ca_get_crl;
ca_handler ca_get_renewal_info, ca_get_explanation;
ca_handler ca_get_limits, ca_get_unpause, ca_post_unpause;
