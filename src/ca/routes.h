/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* routes: every URL of the CA, and how a request to it is taken in (ca/call.h). */
#include "ca/call.h"
#include "http/router.h"

enum ca_endpoint_id {
    CA_ENDPOINT_DIRECTORY,
    CA_ENDPOINT_DIRECTORY_POST,
    CA_ENDPOINT_NEW_NONCE,
    CA_ENDPOINT_NEW_NONCE_POST,
    CA_ENDPOINT_TERMS,
    CA_ENDPOINT_NEW_ACCOUNT,
    CA_ENDPOINT_ACCOUNT,
    CA_ENDPOINT_KEY_CHANGE,
    CA_ENDPOINT_NEW_ORDER,
    CA_ENDPOINT_ORDER,
    CA_ENDPOINT_FINALIZE,
    CA_ENDPOINT_AUTHORIZATION,
    CA_ENDPOINT_CHALLENGE,
    CA_ENDPOINT_CERTIFICATE,
    CA_ENDPOINT_CERTIFICATE_CHAIN,
    CA_ENDPOINT_ISSUER,
    CA_ENDPOINT_REVOKE,
    CA_ENDPOINT_RENEWAL_INFO,
    CA_ENDPOINT_EXPLANATION,
    CA_ENDPOINT_LIMITS,
    CA_ENDPOINT_UNPAUSE,
    CA_ENDPOINT_UNPAUSE_POST,
    CA_ENDPOINT_COUNT
};

extern const struct ca_endpoint ca_endpoints[CA_ENDPOINT_COUNT];
extern const struct http_route ca_routes[CA_ENDPOINT_COUNT];
