/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/api_client.h"

#include <ctype.h>
#include <netdb.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/http_client.h"

#define TOTAL_MS   60000 /* a long poll of 25 s and then some */
#define ANSWER_MAX (16 << 20)
#define QUERY_MAX  8192

enum { OPT_URL = 512, OPT_CA_FILE };

/* clang-format off */
static const struct argp_option options[] = {
    {"url", OPT_URL, "URL", 0, "Where the API is; else LATCHKEY_URL", 0},
    {"ca-file", OPT_CA_FILE, "FILE", 0,
     "PEM roots of its https; else LATCHKEY_CA_FILE, else the system's", 0},
    {0},
};
/* clang-format on */

/* NOLINTNEXTLINE(readability-non-const-parameter): argp's prototype */
static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct cli_target *target = state->input;

    switch (key) {
    case OPT_URL:
        target->url = arg;
        return 0;
    case OPT_CA_FILE:
        target->ca_file = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp cli_target_argp = {.options = options, .parser = parse};

struct cli_api {
    const char *url;
    struct http_header headers[2];
    struct http_client *client;
};

/* The user says where to connect: any place will do. */
static const struct net_allowed everywhere[] = {{.port = 0}, {.prefix.address.is_v6 = true}};
static const struct net_policy policy = {
    .public_reach = NET_PUBLIC_ANY, .allowed = everywhere, .allowed_count = ARRAY_LEN(everywhere)};

static bool resolve(void *arg, const char *host, struct address *out, size_t *count,
                    struct err *err)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    size_t n = 0;
    int rc = getaddrinfo(host, NULL, &hints, &list);

    (void)arg;
    if (rc != 0)
        return err_set(err, ERR_NET, "could not look up %s: %s", host, gai_strerror(rc));
    for (struct addrinfo *i = list; i && n < *count; i = i->ai_next)
        n += address_from_sockaddr(i->ai_addr, &out[n], NULL);
    freeaddrinfo(list);
    *count = n;
    return true;
}

static const char *setting(const char *given, const char *variable)
{
    const char *value = given ? given : getenv(variable);

    return value && *value ? value : NULL;
}

static void free_client(void *client)
{
    http_client_free(client);
}

bool cli_api_open(struct arena *mem, const struct cli_target *target, struct cli_api **out,
                  struct err *err)
{
    struct cli_api *api = arena_new_of(mem, struct cli_api);
    const char *token = setting(NULL, "LATCHKEY_TOKEN");
    const struct http_client_options how = {
        .policy = &policy,
        .resolve = resolve,
        .ca_file = setting(target->ca_file, "LATCHKEY_CA_FILE"),
    };

    api->url = setting(target->url, "LATCHKEY_URL");
    if (!api->url)
        return err_set(err, ERR_CONFIG, "LATCHKEY_URL is not set: where is the API");
    if (strncmp(api->url, "https://", 8) != 0 && strncmp(api->url, "http://", 7) != 0)
        return err_set(err, ERR_CONFIG, "%.200s is not an http or https URL", api->url);
    if (!token)
        return err_set(err, ERR_CONFIG,
                       "LATCHKEY_TOKEN is not set: `latchkey token create` makes one");
    api->headers[0] = (struct http_header){"Authorization", arena_printf(mem, "Bearer %s", token)};
    api->headers[1] = (struct http_header){"Content-Type", "application/json"};
    if (!http_client_new(&how, &api->client, err))
        return false;
    arena_defer(mem, free_client, api->client);
    *out = api;
    return true;
}

static enum err_code code_of(const char *name)
{
    for (int code = ERR_NONE + 1; name && code < ERR_COUNT; code++)
        if (strcmp(err_name((enum err_code)code), name) == 0)
            return (enum err_code)code;
    return ERR_NET;
}

static bool take_problem(const json_t *problem, int status, struct err *err)
{
    const char *detail = json_string_value(json_object_get(problem, "detail"));
    const char *field = json_string_value(json_object_get(problem, "field"));
    const char *retry = json_string_value(json_object_get(problem, "retry_at"));
    struct err ignored;
    int64_t retry_at;

    if (!detail)
        return err_set(err, ERR_NET, "the API answered with status %d and no reason", status);
    err_set(err, code_of(json_string_value(json_object_get(problem, "code"))), "%s%s%s",
            field ? field : "", field ? ": " : "", detail);
    if (field)
        snprintf(err->field, sizeof(err->field), "%s", field);
    if (retry && clock_parse(retry, &retry_at, &ignored))
        err->retry_at = retry_at;
    return false;
}

static void drop_json(void *json)
{
    json_decref(json);
}

static bool transfer(struct arena *mem, struct cli_api *api, struct http_request *request,
                     const json_t **answer, struct err *err)
{
    struct http_response response;
    json_t *json;

    request->headers = api->headers;
    request->header_count = request->body.data ? 2 : 1;
    request->total_ms = TOTAL_MS;
    request->body_max = ANSWER_MAX;
    if (!http_do(mem, api->client, request, &response, err))
        return false;
    json = json_loadb((const char *)response.body.data, response.body.len, 0, NULL);
    if (json)
        arena_defer(mem, drop_json, json);
    if (response.status < 200 || response.status > 299)
        return take_problem(json, response.status, err);
    if (!json && response.body.len > 0)
        return err_set(err, ERR_NET, "%s answered with something that is not JSON", request->url);
    *answer = json;
    return true;
}

bool cli_api_get(struct arena *mem, struct cli_api *api, const char *path, const json_t **answer,
                 struct err *err)
{
    struct http_request request = {.url = arena_printf(mem, "%s%s", api->url, path)};

    return transfer(mem, api, &request, answer, err);
}

static bool send_json(struct arena *mem, struct cli_api *api, struct http_request *request,
                      json_t *body, const json_t **answer, struct err *err)
{
    char *text = json_dumps(body, JSON_COMPACT);
    bool is_done;

    request->body = slice_str(text);
    is_done = transfer(mem, api, request, answer, err);
    free(text);
    json_decref(body);
    return is_done;
}

bool cli_api_post(struct arena *mem, struct cli_api *api, const char *path, json_t *body,
                  const json_t **answer, struct err *err)
{
    struct http_request request = {.url = arena_printf(mem, "%s%s", api->url, path)};

    return send_json(mem, api, &request, body, answer, err);
}

bool cli_api_delete(struct arena *mem, struct cli_api *api, const char *path, const json_t **answer,
                    struct err *err)
{
    struct http_request request = {.method = "DELETE",
                                   .url = arena_printf(mem, "%s%s", api->url, path)};

    return transfer(mem, api, &request, answer, err);
}

bool cli_api_patch(struct arena *mem, struct cli_api *api, const char *path, json_t *body,
                   const json_t **answer, struct err *err)
{
    struct http_request request = {.method = "PATCH",
                                   .url = arena_printf(mem, "%s%s", api->url, path)};

    return send_json(mem, api, &request, body, answer, err);
}

const char *cli_query_text(struct arena *mem, const char *text)
{
    struct buf b = buf_new(mem, QUERY_MAX);

    for (const char *c = text; *c; c++) {
        if (isalnum((unsigned char)*c) || strchr("-._~", *c))
            buf_u8(&b, (uint8_t)*c);
        else
            buf_printf(&b, "%%%02X", (unsigned)(unsigned char)*c);
    }
    return buf_ok(&b) ? buf_cstr(&b) : "";
}
