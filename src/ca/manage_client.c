/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/manage_client.h"

#include "ca/manage_server.h"
#include "ca/state_dir.h"
#include "http/request.h"
#include "net/http_client.h"
#include "net/unix_path.h"

static bool send(struct arena *mem, const struct http_request *request, struct http_response *out,
                 struct err *err)
{
    static const struct net_policy nowhere = {.public_reach = NET_PUBLIC_NONE};
    const struct http_client_options options = {.policy = &nowhere};
    AUTO(http_client_freep) struct http_client *client = NULL;

    return http_client_new(&options, &client, err) && http_do(mem, client, request, out, err);
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

bool ca_manage_ask(struct arena *mem, const struct ca_manage_request *want, json_t **out,
                   struct err *err)
{
    static const struct http_header type = {"Content-Type", "application/json"};
    struct http_request request = {
        .method = want->method,
        .url = arena_printf(mem, "http://localhost%s", want->path),
    };
    const char *socket = ca_state_path(mem, want->dir, CA_MANAGE_SOCKET);
    struct http_response answer;
    struct unix_path path_of;
    bool is_answered;

    if (want->body) {
        char *text = json_dumps(want->body, JSON_COMPACT);

        request.body = slice_str(arena_strdup(mem, text));
        request.headers = &type;
        request.header_count = 1;
        free(text);
        json_decref(want->body);
    }
    if (!ca_state_exists(socket))
        return err_set(err, ERR_NOT_FOUND, "no sandbox CA is running in %s", want->dir);
    if (!unix_path_open(socket, &path_of, err))
        return false;
    request.unix_socket = path_of.text;
    is_answered = send(mem, &request, &answer, err);
    unix_path_close(&path_of);
    return is_answered && read_answer(mem, &answer, out, err);
}
