/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A CA for tests over plain http on loopback: the directory and newNonce are real, nonces are
 * checked (each once), every POST and renewalInfo answers what the test scripted. The "JWS" of
 * fake_sign() is the protected header and the payload in clear, in two lines; inside of another one
 * it is JSON.
 */
#include <string.h>
#include <strings.h>

#include "acme/client.h"
#include "base/buf.h"
#include "tiny_server.h"

#define FAKE_NONCES 4096
#define FAKE_URLS                                                                                  \
    "\"newNonce\":\"{}/nonce\",\"newAccount\":\"{}/account\",\"newOrder\":\"{}/new-order\","       \
    "\"revokeCert\":\"{}/revoke\",\"keyChange\":\"{}/key-change\",\"newAuthz\":\"{}/new-authz\""

/* What every POST gets, and renewalInfo. */
struct fake_reply {
    const char *text; /* status line, headers and body; {} is the origin. NULL: 200 and {} */
    size_t padding;   /* octets written after it */
    int pause_ms;     /* between its octets */
};

/* What a POST whose URL ends in `path` gets instead. */
struct fake_route {
    const char *path, *text;
};

#define FAKE_ROUTES_MAX 16

struct fake_ca {
    struct tiny_server server;
    char origin[64];
    pthread_mutex_t lock; /* of the next four */
    struct fake_reply reply;
    struct fake_route routes[FAKE_ROUTES_MAX];
    size_t route_count;
    char last_post[4096], one_before[4096];
    _Atomic int bad_nonces;         /* so many POSTs are refused with badNonce first */
    _Atomic bool is_directory_down; /* 503 to GET /dir */
    _Atomic bool has_renewal_info;  /* which is answered by `reply` */
    _Atomic int directories, new_nonces, posts, stale;
    _Atomic int handed_out;
    _Atomic bool is_used[FAKE_NONCES];
};

static inline void fake_set_reply(struct fake_ca *ca, struct fake_reply reply)
{
    pthread_mutex_lock(&ca->lock);
    ca->reply = reply;
    pthread_mutex_unlock(&ca->lock);
}

/* Both texts must live as long as the CA. */
static inline void fake_route(struct fake_ca *ca, const char *path, const char *text)
{
    pthread_mutex_lock(&ca->lock);
    ca->routes[ca->route_count++] = (struct fake_route){path, text};
    pthread_mutex_unlock(&ca->lock);
}

/* Whether the POST before the last one had this text in its "JWS". */
static inline bool fake_got_before(struct fake_ca *ca, const char *text)
{
    bool is_there;

    pthread_mutex_lock(&ca->lock);
    is_there = strstr(ca->one_before, text) != NULL;
    pthread_mutex_unlock(&ca->lock);
    return is_there;
}

/* Whether the last POST had this text in its "JWS", or the last GET of renewalInfo in its head. */
static inline bool fake_got(struct fake_ca *ca, const char *text)
{
    bool is_there;

    pthread_mutex_lock(&ca->lock);
    is_there = strstr(ca->last_post, text) != NULL;
    pthread_mutex_unlock(&ca->lock);
    return is_there;
}

static inline void fake_respond(struct tiny_conn *conn, const char *head, const char *body)
{
    struct fake_ca *ca = conn->server->arg;
    char text[4096];

    snprintf(text, sizeof(text),
             "HTTP/1.1 %s\r\nReplay-Nonce: n%d\r\nContent-Length: %zu\r\n\r\n%s", head,
             atomic_fetch_add(&ca->handed_out, 1), strlen(body), body);
    tiny_text(conn, text);
}

/* The text with each {} replaced by the origin. */
static inline void fake_expand(const struct fake_ca *ca, const char *in, char *out, size_t size)
{
    size_t len = 0;

    for (; *in && len + 1 < size; in++) {
        if (strncmp(in, "{}", 2) == 0) {
            len += (size_t)snprintf(out + len, size - len, "%s", ca->origin);
            in++;
        } else {
            out[len++] = *in;
        }
    }
    out[len] = '\0';
}

static inline void fake_write(struct tiny_conn *conn, const struct fake_reply *reply)
{
    char text[8192], block[4096];

    fake_expand(conn->server->arg, reply->text, text, sizeof(text));
    for (const char *c = text; reply->pause_ms && *c; c++) {
        tiny_write(conn, c, 1);
        tiny_wait(conn, reply->pause_ms);
    }
    if (!reply->pause_ms)
        tiny_text(conn, text);
    memset(block, 'x', sizeof(block));
    for (size_t left = reply->padding; left > 0;
         left -= left < sizeof(block) ? left : sizeof(block))
        tiny_write(conn, block, left < sizeof(block) ? left : sizeof(block));
}

/* The rest of a request whose header section (and maybe more) is in `request`. */
static inline void fake_read_body(struct tiny_conn *conn, const char *request, char *body,
                                  size_t size)
{
    const char *end = strstr(request, "\r\n\r\n"), *length = strcasestr(request, "content-length:");
    size_t want = length ? strtoul(length + 15, NULL, 10) : 0, len;

    len = (size_t)snprintf(body, size, "%s", end + 4);
    while (len < want && len + 1 < size) {
        ssize_t n = read(conn->fd, body + len, size - 1 - len);

        if (n <= 0)
            return;
        len += (size_t)n;
        body[len] = '\0';
    }
}

static inline bool fake_takes_nonce(struct fake_ca *ca, const char *body)
{
    const char *nonce = strstr(body, "\"nonce\":\"n");
    long number = nonce ? strtol(nonce + 10, NULL, 10) : FAKE_NONCES;

    return number < atomic_load(&ca->handed_out) && number < FAKE_NONCES &&
           !atomic_exchange(&ca->is_used[number], true);
}

/* For the path of the request line. The lock is held. */
static inline struct fake_reply fake_find_reply(const struct fake_ca *ca, const char *request)
{
    const char *path = strchr(request, ' ');
    size_t len = path ? strcspn(++path, " ") : 0;

    for (size_t i = 0; i < ca->route_count; i++)
        if (strlen(ca->routes[i].path) == len && strncmp(path, ca->routes[i].path, len) == 0)
            return (struct fake_reply){.text = ca->routes[i].text};
    return ca->reply;
}

static inline bool fake_post(struct tiny_conn *conn, const char *request)
{
    static const char bad_nonce[] = "{\"type\":\"urn:ietf:params:acme:error:badNonce\","
                                    "\"detail\":\"JWS has an invalid anti-replay nonce\"}";
    struct fake_ca *ca = conn->server->arg;
    struct fake_reply reply;
    char body[sizeof(ca->last_post)];

    fake_read_body(conn, request, body, sizeof(body));
    if (!fake_takes_nonce(ca, body))
        atomic_fetch_add(&ca->stale, 1);
    if (atomic_fetch_add(&ca->posts, 1) < ca->bad_nonces) {
        fake_respond(conn, "400 Bad Request", bad_nonce);
        return true;
    }
    pthread_mutex_lock(&ca->lock);
    reply = fake_find_reply(ca, request);
    memcpy(ca->one_before, ca->last_post, sizeof(ca->one_before));
    memcpy(ca->last_post, body, sizeof(body));
    pthread_mutex_unlock(&ca->lock);
    if (reply.text) {
        fake_write(conn, &reply);
        return false;
    }
    fake_respond(conn, "200 OK\r\nLocation: /", "{}");
    return true;
}

static inline bool fake_get(struct tiny_conn *conn, const char *request)
{
    struct fake_ca *ca = conn->server->arg;
    struct fake_reply reply;

    pthread_mutex_lock(&ca->lock);
    reply = ca->reply;
    snprintf(ca->last_post, sizeof(ca->last_post), "%s", request);
    pthread_mutex_unlock(&ca->lock);
    fake_write(conn, &reply);
    return false;
}

static inline bool fake_answer(struct tiny_conn *conn, const char *request)
{
    struct fake_ca *ca = conn->server->arg;
    char directory[1024];

    if (strncmp(request, "GET /dir ", 9) == 0) {
        atomic_fetch_add(&ca->directories, 1);
        fake_expand(ca,
                    ca->has_renewal_info ? "{" FAKE_URLS ",\"renewalInfo\":\"{}/renewal-info\"}"
                                         : "{" FAKE_URLS "}",
                    directory, sizeof(directory));
        if (ca->is_directory_down)
            fake_respond(conn, "503 Slow Down\r\nRetry-After: 120", "<html>busy</html>");
        else
            fake_respond(conn, "200 OK", directory);
        return true;
    }
    if (strncmp(request, "HEAD /nonce ", 12) == 0) {
        atomic_fetch_add(&ca->new_nonces, 1);
        fake_respond(conn, "200 OK", "");
        return true;
    }
    if (strncmp(request, "GET /renewal-info/", 18) == 0)
        return fake_get(conn, request);
    return fake_post(conn, request);
}

static inline bool fake_sign(void *arg, struct arena *mem, const struct acme_sign_request *want,
                             const char **jws, struct err *err)
{
    if (arg && *(bool *)arg)
        return err_set(err, ERR_SIGNER, "the signer does not answer");
    if (want->purpose != ACME_SIGN_REQUEST) {
        *jws = arena_printf(mem, "{\"purpose\":%u,\"header\":%s,\"payload\":%.*s}", want->purpose,
                            want->protected_header, (int)want->payload.len,
                            (const char *)want->payload.data);
        return true;
    }
    *jws = arena_printf(mem, "%s\n%.*s\n", want->protected_header, (int)want->payload.len,
                        (const char *)want->payload.data);
    return true;
}
