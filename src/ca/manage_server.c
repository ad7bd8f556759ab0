/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/manage_server.h"

#include "ca/manage_handlers.h"
#include "ca/service.h"
#include "ca/state_dir.h"
#include "http/server.h"

#define BODY_MAX 4096

#define ROW(verb, pattern, name, handler, ...)                                                     \
    {                                                                                              \
        .method = HTTP_##verb, .path = (pattern), .operation = (name), .run = (handler),           \
        __VA_ARGS__                                                                                \
    }

static const struct http_route routes[] = {
    ROW(GET, "/faults", "listFaults", ca_list_faults, .max_body = 0),
    ROW(DELETE, "/faults", "endFaults", ca_end_faults, .max_body = 0),
    ROW(POST, "/faults/{kind}", "beginFault", ca_begin_fault, .max_body = BODY_MAX),
    ROW(POST, "/certificates/{serial}/renew-now", "renewNow", ca_post_renew_now, .max_body = 0),
    ROW(POST, "/certificates/{serial}/revoke", "revokeNow", ca_post_revoke, .max_body = BODY_MAX),
    ROW(POST, "/accounts/lose", "loseAccounts", ca_post_lose, .max_body = 0),
    ROW(POST, "/accounts/{account}/unpause", "unpause", ca_post_unpausing, .max_body = 0),
    ROW(GET, "/eab", "listEab", ca_list_eab, .max_body = 0),
    ROW(POST, "/eab", "addEab", ca_add_eab, .max_body = BODY_MAX),
    ROW(DELETE, "/eab/{kid}", "revokeEab", ca_revoke_eab_key, .max_body = 0),
    ROW(GET, "/terms", "showTerms", ca_show_terms, .max_body = 0),
    ROW(POST, "/terms", "changeTerms", ca_post_terms, .max_body = 0),
    ROW(POST, "/accounts/{account}/agree", "agree", ca_post_agreements, .max_body = 0),
    ROW(GET, "/clock", "showClock", ca_show_clock, .max_body = 0),
    ROW(PUT, "/clock", "moveClock", ca_put_clock, .max_body = BODY_MAX),
};

bool ca_manage_start(struct ca *ca, struct http_server **out, struct err *err)
{
    const struct http_options options = {
        .socket_path = ca_state_path(ca->mem, ca->options.dir, CA_MANAGE_SOCKET),
        .socket_mode = 0600,
        .table = {.routes = routes, .count = ARRAY_LEN(routes)},
        .context = ca,
        .event_threads = 1,
        .handlers = 1,
        .max_connections = 16,
    };

    return http_server_start(&options, out, err);
}
