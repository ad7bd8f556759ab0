/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/feed_client.h"

#include <assert.h>
#include <stdlib.h>

#define RECORDS_TYPE "application/octet-stream"

struct feed_client {
    const struct feed_place *place;
    struct http_client *http;
    struct net_policy policy;
    struct net_allowed anywhere[2];
};

/* The operator chose the place, redirects are not followed: it may be anywhere. */
static bool make(struct feed_client *client, struct err *err)
{
    const struct http_client_options options = {
        .policy = &client->policy,
        .resolve = client->place->resolve,
        .resolve_arg = client->place->resolve_arg,
        .ca_file = client->place->ca_file,
    };

    if (!prefix_parse("0.0.0.0/0", &client->anywhere[0].prefix, err) ||
        !prefix_parse("::/0", &client->anywhere[1].prefix, err))
        return false;
    client->policy = (struct net_policy){.public_reach = NET_PUBLIC_ANY,
                                         .allowed = client->anywhere,
                                         .allowed_count = ARRAY_LEN(client->anywhere)};
    return http_client_new(&options, &client->http, err);
}

bool feed_client_new(const struct feed_place *place, struct feed_client **out, struct err *err)
{
    AUTO(feed_client_freep) struct feed_client *client = calloc(1, sizeof(*client));

    if (!client)
        return err_set(err, ERR_INTERNAL, "out of memory");
    client->place = place;
    if (!make(client, err))
        return false;
    *out = client;
    client = NULL;
    return true;
}

void feed_client_free(struct feed_client *client)
{
    http_client_freep(&client->http);
    free(client);
}

bool feed_client_do(struct arena *mem, struct feed_client *client,
                    const struct feed_request *request, struct http_response *out, struct err *err)
{
    const struct secret *token = client->place->token;
    struct http_header headers[2 + FEED_HEADERS_MAX] = {
        {"Authorization",
         arena_printf(mem, "Bearer %.*s", (int)token->len, (const char *)token->data)},
        {request->body.data ? "Content-Type" : "Accept", RECORDS_TYPE},
    };
    const struct http_request http = {
        .url = arena_printf(mem, "%s%s", client->place->url, request->path),
        .headers = headers,
        .header_count = 2 + request->header_count,
        .body = request->body,
        .body_max = request->body_max,
        .total_ms = request->total_ms,
    };

    assert(request->header_count <= FEED_HEADERS_MAX);
    for (size_t i = 0; i < request->header_count; i++)
        headers[2 + i] = request->headers[i];
    if (!http_do(mem, client->http, &http, out, err))
        return err_wrap(err, "could not ask the feed");
    if (out->status == 401 || out->status == 403)
        return err_set(err, ERR_UNAUTHENTICATED, "the feed refuses the token of this edge: %d",
                       out->status);
    return true;
}
