/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * http_client: HTTP(S) requests to others, over libcurl, with every size and time bounded.
 *
 * A client belongs to one thread at a time and keeps connections open between its requests. The
 * addresses come from the caller (or from the `resolve` callback), never from the system, and its
 * policy is asked about the very address of each connection, just before it is made. Redirects are
 * not followed: the caller sees the 3xx. No proxy, no cookies, no credentials but those given. It
 * speaks HTTP/1.1: a connection has one request at a time, so HTTP/2 would only cost more.
 *
 * Times of sockets and of certificates are real time, not the movable clock.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"
#include "net/address.h"

#define HTTP_BODY_MAX      (1024 * 1024) /* octets of an answer's body unless the request says */
#define HTTP_HEADERS_MAX   (64 * 1024)   /* octets of an answer's header section, likewise */
#define HTTP_CONNECT_MS    10000         /* TCP and TLS, likewise */
#define HTTP_TOTAL_MS      30000         /* the whole request, likewise */
#define HTTP_ADDRESSES_MAX 16            /* of one host */

struct http_client;

/* The addresses of a host, for requests that give none. `*count` is the room on the way in. */
typedef bool (*http_resolve_fn)(void *arg, const char *host, struct address *out, size_t *count,
                                struct err *err);

struct http_client_options {
    const struct net_policy *policy; /* lives as long as the client */
    http_resolve_fn resolve;         /* NULL: hosts must be literals, localhost or given */
    void *resolve_arg;
    const char *ca_file; /* PEM roots for https; NULL or "" = the system's */
};

/* ERR_CONFIG when libcurl cannot be used or the file cannot be read. */
MUST_CHECK bool http_client_new(const struct http_client_options *options, struct http_client **out,
                                struct err *err);
void http_client_free(struct http_client *client);
static inline void http_client_freep(struct http_client **client)
{
    if (*client)
        http_client_free(*client);
}

struct http_header {
    const char *name, *value;
};

struct http_request {
    const char *method; /* NULL = GET, or POST when there is a body */
    const char *url;    /* http or https */
    const struct http_header *headers;
    size_t header_count;
    struct slice body; /* data NULL = none */
    /* Connect to one of these, whatever the host of the URL resolves to. */
    const struct address *addresses;
    size_t address_count;
    const char *unix_socket;      /* connect to this path instead; the policy is not asked */
    const char *user_agent;       /* NULL = "Latchkey/<version>" */
    bool is_fresh;                /* on a connection of its own, closed afterwards */
    bool is_any_certificate;      /* https, with whatever certificate: only to see who answers */
    bool is_beginning_enough;     /* of a longer body the first body_max octets are the answer */
    size_t body_max, headers_max; /* octets; 0 = HTTP_..._MAX */
    int connect_ms, total_ms;     /* 0 = HTTP_..._MS */
};

/* Why there is no answer. The err has the text for people. */
#define HTTP_FAILURES(X)                                                                           \
    X(NONE, "none")                                                                                \
    X(NO_ADDRESS, "no_address")   /* the host has none, or its look-up failed */                   \
    X(FORBIDDEN, "forbidden")     /* the policy refused every address */                           \
    X(REFUSED, "refused")         /* TCP: connection refused */                                    \
    X(UNREACHABLE, "unreachable") /* TCP: no route, and the like */                                \
    X(NO_CONNECT, "no_connect")   /* TCP: nothing came back in time */                             \
    X(TLS, "tls")                 /* handshake or certificate */                                   \
    X(CUT, "cut")                 /* connected, but closed before the end */                       \
    X(SLOW, "slow")               /* connected, but not done in time */                            \
    X(TOO_LARGE, "too_large")                                                                      \
    X(PROTOCOL, "protocol") /* not HTTP */                                                         \
    X(LOCAL, "local")       /* a request that cannot be sent */

#define X(id, name) HTTP_FAILED_##id,
enum http_failure { HTTP_FAILURES(X) HTTP_FAILURE_COUNT };
#undef X
const char *http_failure_name(enum http_failure failure);

struct http_response {
    int status;
    const struct http_header *headers; /* in order; the values without surrounding space */
    size_t header_count;
    struct slice body;   /* a NUL follows it, not counted */
    struct address peer; /* all 0 over a Unix socket */
    int64_t took_ms;
};

/* One request of a batch. `err` and `failure` tell why `is_ok` is false. */
struct http_exchange {
    struct http_request request;
    struct http_response response;
    bool is_ok;
    enum http_failure failure;
    struct err err;
};

/* Any status is success. ERR_NET, ERR_TIMEOUT, ERR_TOO_LARGE, ERR_FORBIDDEN, ERR_BAD_INPUT; the
 * text names the address, the port and the reason. */
MUST_CHECK bool http_do(struct arena *mem, struct http_client *client,
                        const struct http_request *request, struct http_response *out,
                        struct err *err);
/* All at the same time; returns when the last has ended. */
void http_do_all(struct arena *mem, struct http_client *client, struct http_exchange *exchanges,
                 size_t count);

/* The first header of this name, in any case; NULL when there is none. */
const char *http_header(const struct http_response *response, const char *name);
/* The one after `*at` (begin with 0), for names that may come often (Link); NULL at the end. */
const char *http_header_next(const struct http_response *response, const char *name, size_t *at);
/* The host of an absolute http(s) URL (a Location), lower case, printable; NULL for others. */
const char *http_url_host(struct arena *mem, const char *url);

/* A URL in parts: scheme and host in lower case, printable; port 0 when the scheme has none. */
struct http_url {
    const char *url, *scheme, *host, *path;
    uint16_t port;
};
/* Where a Location of an answer from `base` leads, without a fragment (RFC 3986 section 5). False:
 * it is no URL. Whether to go there is not looked at. */
MUST_CHECK bool http_url_follow(struct arena *mem, const char *base, const char *location,
                                struct http_url *out);
