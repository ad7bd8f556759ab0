/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* exchange: one request of the library and its answer (RFC 8555 section 6), nonces included. */
#include "acme/answer.h"
#include "acme/client.h"
#include "acme/problem.h"
#include "acme/sign.h"

struct acme_post {
    const char *what; /* for the error text: "newOrder" */
    const char *url;
    const json_t *payload; /* NULL = POST-as-GET (RFC 8555 section 6.3) */
    enum acme_key_form key_form;
    size_t body_max;               /* octets; 0 = ACME_JSON_SIZE_MAX */
    const char *accept;            /* media type; NULL = any */
    enum acme_problem_place place; /* of a refusal; 0 = ACME_IN_ANSWER */
};

struct acme_answer {
    struct http_response response; /* 2xx */
    const char *location;          /* checked URL, or NULL */
    int64_t retry_at;              /* from Retry-After; 0 = none */
};

/* scheme://host[:port] of the directory: see acme_url_is_allowed. */
const char *acme_client_origin(const struct acme_client *client);

/* What a call has failed of before is over: call->problem says nothing. Every request begins so,
 * and whatever may succeed without one. */
void acme_exchange_begin(const struct acme_call *call);
/* Signs and sends; badNonce is retried. Fills call->problem when it fails. */
MUST_CHECK bool acme_exchange_post(struct arena *mem, const struct acme_call *call,
                                   const struct acme_post *post, struct acme_answer *out,
                                   struct err *err);
/* An unsigned GET, for the directory and renewalInfo. */
MUST_CHECK bool acme_exchange_get(struct arena *mem, const struct acme_call *call, const char *what,
                                  const char *url, struct acme_answer *out, struct err *err);
/* A failure on this side: fills call->problem, leaves `err` as it is. Returns false, as all below.
 */
bool acme_exchange_failed_here(const struct acme_call *call, struct err *err);
/* The CA's directory has no such member. */
bool acme_exchange_missing(const struct acme_call *call, const char *member, struct err *err);
/* An answer that has to say where its object is, and does not. */
bool acme_exchange_no_location(const struct acme_call *call, const char *what, struct err *err);
/* "<CA>, <what>: " before the text of an answer that makes no sense; fills call->problem. */
bool acme_exchange_bad(const struct acme_call *call, const char *what, struct err *err);
