/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/routes.h"

#define TAKE_IF(id, who, body, handler, limit, terms)                                              \
    [CA_ENDPOINT_##id] = {.auth = CA_AUTH_##who,                                                   \
                          .payload = CA_PAYLOAD_##body,                                            \
                          .run = (handler),                                                        \
                          .requests = CA_LIMIT_REQUESTS_##limit,                                   \
                          .needs_terms = (terms)}
#define TAKE(id, who, body, handler, limit)   TAKE_IF(id, who, body, handler, limit, false)
#define AGREED(id, who, body, handler, limit) TAKE_IF(id, who, body, handler, limit, true)

const struct ca_endpoint ca_endpoints[CA_ENDPOINT_COUNT] = {
    TAKE(DIRECTORY, NONE, EMPTY, ca_get_directory, DIRECTORY),
    TAKE(DIRECTORY_POST, ACCOUNT, EMPTY, ca_get_directory, DIRECTORY),
    TAKE(NEW_NONCE, NONE, EMPTY, ca_new_nonce, NONCE),
    TAKE(NEW_NONCE_POST, ACCOUNT, EMPTY, ca_new_nonce, NONCE),
    TAKE(TERMS, NONE, EMPTY, ca_get_terms, OTHER),
    TAKE(AGREEMENT, NONE, EMPTY, ca_get_agreement, OTHER),
    TAKE(AGREEMENT_POST, NONE, EMPTY, ca_post_agreement, OTHER),
    TAKE(NEW_ACCOUNT, KEY, OBJECT, ca_new_account, ACCOUNT),
    TAKE(ACCOUNT, ACCOUNT, EITHER, ca_update_account, OTHER),
    TAKE(KEY_CHANGE, ACCOUNT, OBJECT, ca_change_key, OTHER),
    AGREED(NEW_ORDER, ACCOUNT, OBJECT, ca_new_order, ORDER),
    TAKE(ORDER, ACCOUNT, EMPTY, ca_get_order, OTHER),
    AGREED(FINALIZE, ACCOUNT, OBJECT, ca_finalize_order, OTHER),
    TAKE(AUTHORIZATION, ACCOUNT, EITHER, ca_get_authorization, OTHER),
    TAKE(CHALLENGE, ACCOUNT, EITHER, ca_post_challenge, OTHER),
    TAKE(CERTIFICATE, ACCOUNT, EMPTY, ca_get_certificate, OTHER),
    TAKE(CERTIFICATE_CHAIN, ACCOUNT, EMPTY, ca_get_certificate_chain, OTHER),
    TAKE(ISSUER, NONE, EMPTY, ca_get_issuer, OTHER),
    TAKE(CRL, NONE, EMPTY, ca_get_crl, OTHER),
    TAKE(REVOKE, EITHER, OBJECT, ca_revoke_certificate, REVOKE),
    TAKE(RENEWAL_INFO, NONE, EMPTY, ca_get_renewal_info, RENEWAL_INFO),
    TAKE(EXPLANATION, NONE, EMPTY, ca_get_explanation, OTHER),
    TAKE(LIMITS, NONE, EMPTY, ca_get_limits, OTHER),
    TAKE(UNPAUSE, NONE, EMPTY, ca_get_unpause, OTHER),
    TAKE(UNPAUSE_POST, NONE, EMPTY, ca_post_unpause, OTHER),
};

#define ROW(id, verb, pattern, name, ...)                                                          \
    [CA_ENDPOINT_##id] = {.method = (verb),                                                        \
                          .path = (pattern),                                                       \
                          .operation = (name),                                                     \
                          .run = ca_handle,                                                        \
                          .needs = CA_ENDPOINT_##id,                                               \
                          __VA_ARGS__}
#define POST(id, pattern, name) ROW(id, HTTP_POST, pattern, name, .max_body = CA_JWS_MAX)
#define GET(id, pattern, name)  ROW(id, HTTP_GET, pattern, name, .max_body = 0)

const struct http_route ca_routes[CA_ENDPOINT_COUNT] = {
    GET(DIRECTORY, "/directory", "directory"),
    POST(DIRECTORY_POST, "/directory", "directory"),
    GET(NEW_NONCE, "/acme/new-nonce", "newNonce"),
    POST(NEW_NONCE_POST, "/acme/new-nonce", "newNonce"),
    GET(TERMS, CA_TERMS_PATH "/{version}", "terms"),
    GET(AGREEMENT, CA_AGREEMENT_PATH "/{page}", "agreement"),
    ROW(AGREEMENT_POST, HTTP_POST, CA_AGREEMENT_PATH "/{page}", "agreement", .max_body = 0),
    POST(NEW_ACCOUNT, "/acme/new-acct", "newAccount"),
    POST(ACCOUNT, "/acme/acct/{account}", "account"),
    POST(KEY_CHANGE, "/acme/key-change", "keyChange"),
    POST(NEW_ORDER, "/acme/new-order", "newOrder"),
    POST(ORDER, "/acme/order/{account}/{order}", "order"),
    POST(FINALIZE, "/acme/finalize/{account}/{order}", "finalize"),
    POST(AUTHORIZATION, "/acme/authz/{account}/{authorization}", "authorization"),
    POST(CHALLENGE, "/acme/chall/{account}/{authorization}/{challenge}", "challenge"),
    POST(CERTIFICATE, "/acme/cert/{serial}", "certificate"),
    POST(CERTIFICATE_CHAIN, "/acme/cert/{serial}/{chain}", "certificate"),
    GET(ISSUER, CA_ISSUER_PATH "/{issuer}", "issuer"),
    GET(CRL, CA_CRL_PATH "/{issuer}/{shard}", "crl"),
    POST(REVOKE, "/acme/revoke-cert", "revokeCert"),
    GET(RENEWAL_INFO, CA_RENEWAL_INFO_PATH "/{certificate}", "renewalInfo"),
    GET(EXPLANATION, CA_EXPLANATION_PATH, "explanation"),
    GET(LIMITS, CA_LIMITS_PATH, "limits"),
    GET(UNPAUSE, CA_UNPAUSE_PATH "/{page}", "unpause"),
    ROW(UNPAUSE_POST, HTTP_POST, CA_UNPAUSE_PATH "/{page}", "unpause", .max_body = 0),
};
