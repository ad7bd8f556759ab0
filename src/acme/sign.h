/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* sign: the protected headers of RFC 8555, and the callback that signs them. */
#include <jansson.h>

#include "acme/client.h"

enum acme_key_form { ACME_BY_URL, ACME_BY_JWK }; /* how a request's header names the key */

/* JSON in one line, in the arena. */
const char *acme_json_text(struct arena *mem, const json_t *json);

struct acme_request {
    enum acme_key_form key_form;
    const char *url, *nonce;
    const json_t *payload; /* NULL = POST-as-GET */
};

/* All fail with the callback's error, and ERR_CRYPTO for a JWK that is no JSON. */
MUST_CHECK bool acme_sign(struct arena *mem, const struct acme_call *call,
                          const struct acme_request *request, const char **jws, struct err *err);
/* The externalAccountBinding of call->account; `url` is newAccount. A new reference. */
MUST_CHECK bool acme_sign_binding(struct arena *mem, const struct acme_call *call,
                                  const struct acme_binding *binding, const char *url, json_t **jws,
                                  struct err *err);
/* The payload of a keyChange of call->account to `next`; `url` is keyChange. A new reference. */
MUST_CHECK bool acme_sign_key_change(struct arena *mem, const struct acme_call *call,
                                     const struct acme_account *next, const char *url, json_t **jws,
                                     struct err *err);
