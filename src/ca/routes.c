/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/routes.h"

const struct ca_endpoint ca_endpoints[CA_ENDPOINT_COUNT] = {
    [CA_ENDPOINT_DIRECTORY] = {CA_AUTH_NONE, CA_PAYLOAD_EMPTY, ca_get_directory},
    [CA_ENDPOINT_DIRECTORY_POST] = {CA_AUTH_ACCOUNT, CA_PAYLOAD_EMPTY, ca_get_directory},
    [CA_ENDPOINT_NEW_NONCE] = {CA_AUTH_NONE, CA_PAYLOAD_EMPTY, ca_new_nonce},
    [CA_ENDPOINT_NEW_NONCE_POST] = {CA_AUTH_ACCOUNT, CA_PAYLOAD_EMPTY, ca_new_nonce},
    [CA_ENDPOINT_TERMS] = {CA_AUTH_NONE, CA_PAYLOAD_EMPTY, ca_get_terms},
    [CA_ENDPOINT_NEW_ACCOUNT] = {CA_AUTH_KEY, CA_PAYLOAD_OBJECT, ca_new_account},
    [CA_ENDPOINT_ACCOUNT] = {CA_AUTH_ACCOUNT, CA_PAYLOAD_EITHER, ca_update_account},
    [CA_ENDPOINT_KEY_CHANGE] = {CA_AUTH_ACCOUNT, CA_PAYLOAD_OBJECT, ca_change_key},
    [CA_ENDPOINT_NEW_ORDER] = {CA_AUTH_ACCOUNT, CA_PAYLOAD_OBJECT, ca_new_order},
    [CA_ENDPOINT_ORDER] = {CA_AUTH_ACCOUNT, CA_PAYLOAD_EMPTY, ca_get_order},
    [CA_ENDPOINT_FINALIZE] = {CA_AUTH_ACCOUNT, CA_PAYLOAD_OBJECT, ca_finalize_order},
    [CA_ENDPOINT_AUTHORIZATION] = {CA_AUTH_ACCOUNT, CA_PAYLOAD_EITHER, ca_get_authorization},
    [CA_ENDPOINT_CHALLENGE] = {CA_AUTH_ACCOUNT, CA_PAYLOAD_EITHER, ca_post_challenge},
    [CA_ENDPOINT_CERTIFICATE] = {CA_AUTH_ACCOUNT, CA_PAYLOAD_EMPTY, ca_get_certificate},
    [CA_ENDPOINT_REVOKE] = {CA_AUTH_EITHER, CA_PAYLOAD_OBJECT, ca_revoke_certificate},
    [CA_ENDPOINT_RENEWAL_INFO] = {CA_AUTH_NONE, CA_PAYLOAD_EMPTY, ca_get_renewal_info},
    [CA_ENDPOINT_EXPLANATION] = {CA_AUTH_NONE, CA_PAYLOAD_EMPTY, ca_get_explanation},
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
    GET(TERMS, CA_TERMS_PATH, "terms"),
    POST(NEW_ACCOUNT, "/acme/new-acct", "newAccount"),
    POST(ACCOUNT, "/acme/acct/{account}", "account"),
    POST(KEY_CHANGE, "/acme/key-change", "keyChange"),
    POST(NEW_ORDER, "/acme/new-order", "newOrder"),
    POST(ORDER, "/acme/order/{account}/{order}", "order"),
    POST(FINALIZE, "/acme/finalize/{account}/{order}", "finalize"),
    POST(AUTHORIZATION, "/acme/authz/{account}/{authorization}", "authorization"),
    POST(CHALLENGE, "/acme/chall/{account}/{authorization}/{challenge}", "challenge"),
    POST(CERTIFICATE, "/acme/cert/{serial}", "certificate"),
    POST(REVOKE, "/acme/revoke-cert", "revokeCert"),
    GET(RENEWAL_INFO, CA_RENEWAL_INFO_PATH "/{certificate}", "renewalInfo"),
    GET(EXPLANATION, CA_EXPLANATION_PATH, "explanation"),
};
