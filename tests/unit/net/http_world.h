/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A server on loopback, and a client that may talk to it alone. */
#include "check.h"
#include "net/http_client.h"
#include "tiny_server.h"

static struct tiny_server server;

static struct net_allowed allowed[1];
static struct net_policy policy = {NET_PUBLIC_WEB, allowed, 1};

static inline struct http_client *client_new(void)
{
    struct http_client *client = NULL;
    struct err err = {0};

    if (!http_client_new(&(struct http_client_options){.policy = &policy}, &client, &err))
        fail_msg("%s", err.text);
    return client;
}

static inline const char *url_of(struct arena *mem, const char *path)
{
    return arena_printf(mem, "http://127.0.0.1:%u%s", server.port, path);
}

/* What the server does with a request is the test's. */
static inline int start_server(bool (*answer)(struct tiny_conn *conn, const char *request))
{
    struct err err;

    server.answer = answer;
    if (!tiny_start(&server, "127.0.0.1", 0) ||
        !prefix_parse("127.0.0.1", &allowed[0].prefix, &err))
        return -1;
    allowed[0].port = server.port;
    return 0;
}

static inline int stop_server(void **state)
{
    (void)state;
    tiny_stop(&server);
    return 0;
}
