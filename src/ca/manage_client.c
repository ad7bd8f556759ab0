/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/manage_client.h"

#include "ca/manage_server.h"
#include "ca/state_dir.h"
#include "http/request.h"
#include "net/http_client.h"
#include "net/unix_path.h"

#define TOTAL_MS (10 * 60 * 1000) /* a revocation of a million certificates */

static bool send(struct arena *mem, struct http_exchange *exchange, struct err *err)
{
    static const struct net_policy nowhere = {.public_reach = NET_PUBLIC_NONE};
    const struct http_client_options options = {.policy = &nowhere};
    AUTO(http_client_freep) struct http_client *client = NULL;

    if (!http_client_new(&options, &client, err))
        return false;
    http_do_all(mem, client, exchange, 1);
    return true;
}

static bool not_running(const char *dir, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "no sandbox CA is running in %s: start it, then ask again",
                   dir);
}

static bool read_answer(struct arena *mem, const struct http_response *answer, json_t **out,
                        struct err *err)
{
    const char *detail;

    if (!http_json_parse(mem, answer->body, out, err))
        return err_wrap(err, "the CA's answer");
    if (answer->status == 200)
        return true;
    detail = json_string_value(json_object_get(*out, "detail"));
    return err_set(err, answer->status == 404 ? ERR_NOT_FOUND : ERR_BAD_INPUT, "%s",
                   detail ? detail : "the CA refused it");
}

static void add_body(struct arena *mem, json_t *body, struct http_request *out)
{
    static const struct http_header type = {"Content-Type", "application/json"};
    char *text = json_dumps(body, JSON_COMPACT);

    out->body = slice_str(arena_strdup(mem, text));
    out->headers = &type;
    out->header_count = 1;
    free(text);
    json_decref(body);
}

bool ca_manage_ask(struct arena *mem, const struct ca_manage_request *ask, json_t **out,
                   struct err *err)
{
    struct http_exchange exchange = {
        .request = {.method = ask->method,
                    .url = arena_printf(mem, "http://localhost%s", ask->path),
                    .total_ms = TOTAL_MS},
    };
    const char *socket = ca_state_path(mem, ask->dir, CA_MANAGE_SOCKET);
    struct unix_path path_of;
    bool is_sent;

    if (ask->body)
        add_body(mem, ask->body, &exchange.request);
    if (!ca_state_exists(socket))
        return not_running(ask->dir, err);
    if (!unix_path_open(socket, &path_of, err))
        return false;
    exchange.request.unix_socket = path_of.text;
    is_sent = send(mem, &exchange, err);
    unix_path_close(&path_of);
    if (!is_sent)
        return false;
    if (exchange.failure == HTTP_FAILED_REFUSED)
        return not_running(ask->dir, err);
    if (exchange.is_ok)
        return read_answer(mem, &exchange.response, out, err);
    *err = exchange.err;
    return err_wrap(err, "the sandbox CA in %s", ask->dir);
}
