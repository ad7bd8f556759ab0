/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A server on a socket of its own and a client that sends octets as they are. */
#include "http/server.h"

struct peer {
    char dir[64];
    char path[96];
    struct http_server *server;
};

/* Starts with `options`, socket filled in. Aborts when it cannot. */
void peer_start(struct peer *peer, struct http_options options);
void peer_stop(struct peer *peer);

int peer_connect(const struct peer *peer);
void peer_send(int fd, const void *data, size_t len);

struct reply {
    int status;     /* 0: the connection ended without a reply */
    bool is_closed; /* the server closed after it */
    char head[4096];
    char body[65536];
    size_t body_len;
};

/* One reply by its Content-Length; waits up to 10 s. */
void peer_read(int fd, bool is_head, struct reply *out);
/* Connects, sends, reads one reply, and looks whether the connection stays open. */
void peer_ask(const struct peer *peer, const char *request, size_t len, struct reply *out);
/* The value of a header of the reply, into `value`; "" when there is none. */
const char *reply_header(const struct reply *reply, const char *name, char value[256]);
