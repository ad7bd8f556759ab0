/* SPDX-License-Identifier: Apache-2.0 */
#include "api/routes.h"

#include "api/handlers.h"
#include "base/base.h"

#define BODY_MAX 16384

/* The operationId is the handler's name in the contract's spelling. */
#define GET(p, o, n, f)                                                                            \
    {                                                                                              \
        .method = HTTP_GET, .path = (p), .operation = (o), .needs = (n), .run = (f)                \
    }
#define POST(p, o, n, f)                                                                           \
    {                                                                                              \
        .method = HTTP_POST, .path = (p), .operation = (o), .needs = (n), .run = (f),              \
        .max_body = BODY_MAX                                                                       \
    }
#define PATCH(p, o, n, f)                                                                          \
    {                                                                                              \
        .method = HTTP_PATCH, .path = (p), .operation = (o), .needs = (n), .run = (f),             \
        .max_body = BODY_MAX                                                                       \
    }
#define DELETE(p, o, n, f)                                                                         \
    {                                                                                              \
        .method = HTTP_DELETE, .path = (p), .operation = (o), .needs = (n), .run = (f)             \
    }
#define POLL(p, o, n, f)                                                                           \
    {                                                                                              \
        .method = HTTP_GET, .path = (p), .operation = (o), .needs = (n), .run = (f),               \
        .is_quiet = true                                                                           \
    }

#define ONCE (API_WRITE | API_REPEATABLE)

/* clang-format off */
static const struct http_route rows[] = {
    POLL("/healthz", "getHealth", API_PUBLIC, api_get_health),
    GET("/v1/openapi.yaml", "getOpenapi", API_PUBLIC, api_get_openapi),
    GET("/v1/caller", "getCaller", API_READ, api_get_caller),

    GET("/v1/partners", "listPartners", API_READ, api_list_partners),
    POST("/v1/partners", "createPartner", ONCE, api_create_partner),
    GET("/v1/partners/{id}", "getPartner", API_READ, api_get_partner),

    GET("/v1/partners/{id}/share", "getPartnerShare", API_READ, api_get_partner_share),
    PATCH("/v1/partners/{id}/share", "changePartnerShare", API_WRITE, api_change_partner_share),

    GET("/v1/accounts", "listAccounts", API_READ, api_list_accounts),
    POST("/v1/accounts", "createAccount", ONCE, api_create_account),
    GET("/v1/accounts/{id}", "getAccount", API_READ, api_get_account),

    GET("/v1/tokens", "listTokens", API_READ, api_list_tokens),
    POST("/v1/tokens", "createToken", API_TOKENS, api_create_token),
    DELETE("/v1/tokens/{id}", "revokeToken", API_TOKENS, api_revoke_token),

    GET("/v1/sites", "listSites", API_READ, api_list_sites),
    POST("/v1/sites", "createSite", ONCE, api_create_site),
    GET("/v1/sites/{id}", "getSite", API_READ, api_get_site),
    PATCH("/v1/sites/{id}", "changeSite", API_WRITE, api_change_site),

    GET("/v1/domains", "listDomains", API_READ, api_list_domains),
    POST("/v1/domains", "addDomain", ONCE, api_add_domain),
    GET("/v1/domains/{id}", "getDomain", API_READ, api_get_domain),
    DELETE("/v1/domains/{id}", "removeDomain", API_WRITE, api_remove_domain),
    POST("/v1/domains/{id}/names", "addName", ONCE, api_add_name),
    DELETE("/v1/domains/{id}/names/{name}", "removeName", API_WRITE, api_remove_name),
    GET("/v1/domains/{id}/status", "getDomainStatus", API_READ, api_get_domain_status),
    GET("/v1/domains/{id}/history", "listHistory", API_READ, api_list_history),

    GET("/v1/orders", "listOrders", API_READ, api_list_orders),
    POST("/v1/orders", "placeOrder", ONCE, api_place_order),
    GET("/v1/orders/{id}", "getOrder", API_READ, api_get_order),
    POST("/v1/orders/{id}/cancel", "cancelOrder", ONCE, api_cancel_order),
    POST("/v1/orders/{id}/check", "checkOrder", API_WRITE, api_check_order),

    GET("/v1/subscriptions", "listSubscriptions", API_READ, api_list_subscriptions),
    GET("/v1/subscriptions/{id}", "getSubscription", API_READ, api_get_subscription),
    PATCH("/v1/subscriptions/{id}", "changeSubscription", API_WRITE, api_change_subscription),
    POST("/v1/subscriptions/{id}/reissue", "reissueCertificate", ONCE, api_reissue_certificate),

    GET("/v1/certificates", "listCertificates", API_READ, api_list_certificates),
    GET("/v1/certificates/{id}", "getCertificate", API_READ, api_get_certificate),
    POST("/v1/certificates/{id}/revoke", "revokeCertificate", ONCE, api_revoke_certificate),

    GET("/v1/events", "listEvents", API_READ, api_list_events),

    POST("/v1/checks", "runCheck", API_WRITE, api_run_check),
    GET("/v1/checks/{id}", "getCheck", API_READ, api_get_check),

    GET("/v1/cas", "listCas", API_READ, api_list_cas),
    GET("/v1/edges", "listEdges", API_READ, api_list_edges),
    POST("/v1/edges", "enrolEdge", API_TOKENS, api_enrol_edge),
    PATCH("/v1/edges/{id}", "changeEdge", API_WRITE, api_change_edge),

    POLL("/v1/edge/feed", "followFeed", API_EDGE, api_edge_feed),
    POLL("/v1/edge/questions", "nextQuestion", API_EDGE, api_edge_question),
    POST("/v1/edge/answers", "answerQuestion", API_EDGE, api_edge_answer),
    POLL("/v1/edge/snapshot", "takeSnapshot", API_EDGE, api_edge_snapshot),
};
/* clang-format on */

const struct http_table api_routes = {.routes = rows, .count = ARRAY_LEN(rows)};
