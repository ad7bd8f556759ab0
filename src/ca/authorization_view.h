/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* authorization_view: an authorization as its client sees it, with its challenges. */
#include "ca/authorization_store.h"
#include "ca/call.h"
#include "ca/challenge_store.h"

struct ca_authorization_view {
    struct ca_authorization authorization;
    const struct ca_challenge *taken; /* up by the client; NULL: none yet */
};

/* What is said of one that is not there, and of another account's. */
struct ca_authorization_words {
    const char *missing, *foreign;
};

/* The one in the path of the request. */
MUST_CHECK bool ca_authorization_view(const struct ca_call *call,
                                      const struct ca_authorization_words *words,
                                      struct ca_authorization_view *out,
                                      struct ca_problem *problem);

/* Whether it has a challenge of this type: those that fit its name, and only the one that was taken
 * up when that is decided (RFC 8555 section 7.1.4). */
bool ca_authorization_has(const struct ca_authorization_view *view, enum ca_challenge_type type);

const char *ca_authorization_url(const struct ca_call *call,
                                 const struct ca_authorization *authorization);
const char *ca_challenge_url(const struct ca_call *call,
                             const struct ca_authorization *authorization,
                             enum ca_challenge_type type);

/* New objects. The challenges of an authorization are in another order each time. */
json_t *ca_authorization_json(const struct ca_call *call, const struct ca_authorization_view *view);
json_t *ca_challenge_json(const struct ca_call *call, const struct ca_authorization_view *view,
                          enum ca_challenge_type type);
