/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A server for tests: listens on a free port of a loopback address; each connection has a thread
 * that hands every request (its header section) to `answer`, which writes what it likes and says
 * whether the connection stays open. With a TLS context it speaks TLS.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base.h"

#define TINY_CONNECTIONS_MAX 512

struct tiny_server;

struct tiny_conn {
    struct tiny_server *server;
    int fd;
    SSL *ssl;
};

typedef bool (*tiny_answer_fn)(struct tiny_conn *conn, const char *request);

struct tiny_server {
    tiny_answer_fn answer;
    SSL_CTX *tls; /* NULL: plain */
    void *arg;    /* for the answer function */
    int fd, stop[2];
    uint16_t port;
    pthread_t thread, workers[TINY_CONNECTIONS_MAX];
    struct tiny_conn conns[TINY_CONNECTIONS_MAX];
    _Atomic int count; /* connections that were made */
    _Atomic int requests;
};

static inline void tiny_write(struct tiny_conn *conn, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = conn->ssl ? SSL_write(conn->ssl, data, (int)len)
                              : send(conn->fd, data, len, MSG_NOSIGNAL);

        if (n <= 0)
            return;
        data += n;
        len -= (size_t)n;
    }
}

static inline void tiny_text(struct tiny_conn *conn, const char *text)
{
    tiny_write(conn, text, strlen(text));
}

/* Sleeps, but not longer than the server lives. */
static inline void tiny_wait(struct tiny_conn *conn, int ms)
{
    struct pollfd stop = {.fd = conn->server->stop[0], .events = POLLIN};

    (void)poll(&stop, 1, ms);
}

static inline bool tiny_read(struct tiny_conn *conn, char *request, size_t size)
{
    size_t len = 0;

    while (len < size - 1) {
        struct pollfd fds[] = {{.fd = conn->fd, .events = POLLIN},
                               {.fd = conn->server->stop[0], .events = POLLIN}};
        ssize_t n;

        if (!conn->ssl || !SSL_pending(conn->ssl))
            (void)poll(fds, 2, -1);
        if (fds[1].revents)
            return false;
        n = conn->ssl ? SSL_read(conn->ssl, request + len, (int)(size - 1 - len))
                      : read(conn->fd, request + len, size - 1 - len);
        if (n <= 0)
            return false;
        len += (size_t)n;
        request[len] = '\0';
        if (strstr(request, "\r\n\r\n"))
            return true;
    }
    return false;
}

static inline void *tiny_serve(void *arg)
{
    struct tiny_conn *conn = arg;
    char request[8192];
    bool is_open = true;
    sigset_t pipe;

    /* In this thread alone: whether the code under test is safe from the signal shall be seen. */
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, NULL);

    if (conn->server->tls) {
        conn->ssl = SSL_new(conn->server->tls);
        SSL_set_fd(conn->ssl, conn->fd);
        is_open = SSL_accept(conn->ssl) == 1;
    }
    while (is_open && tiny_read(conn, request, sizeof(request))) {
        atomic_fetch_add(&conn->server->requests, 1);
        is_open = conn->server->answer(conn, request);
    }
    if (conn->ssl) {
        SSL_shutdown(conn->ssl);
        SSL_free(conn->ssl);
    }
    close(conn->fd);
    return NULL;
}

static inline void *tiny_accept(void *arg)
{
    struct tiny_server *server = arg;
    struct pollfd fds[] = {{.fd = server->fd, .events = POLLIN},
                           {.fd = server->stop[0], .events = POLLIN}};

    for (;;) {
        int i = atomic_load(&server->count), fd;

        (void)poll(fds, 2, -1);
        if (fds[1].revents)
            return NULL;
        fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0 || i == TINY_CONNECTIONS_MAX)
            continue;
        server->conns[i] = (struct tiny_conn){.server = server, .fd = fd};
        atomic_fetch_add(&server->count, 1); /* before its first answer */
        pthread_create(&server->workers[i], NULL, tiny_serve, &server->conns[i]);
    }
}

/* `host` is "127.0.0.1", "127.0.0.2", "::1", ...; port 0 = a free one. False: cannot listen. */
static inline bool tiny_start(struct tiny_server *server, const char *host, uint16_t port)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    bool is_v6 = inet_pton(AF_INET6, host, &v6.sin6_addr) == 1;
    struct sockaddr *sa = is_v6 ? (void *)&v6 : (void *)&v4;
    socklen_t len = is_v6 ? sizeof(v6) : sizeof(v4);
    int on = 1;

    inet_pton(AF_INET, host, &v4.sin_addr);
    server->fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(server->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(server->fd, sa, len) != 0 || listen(server->fd, 64) != 0) {
        close(server->fd);
        return false;
    }
    getsockname(server->fd, sa, &len);
    server->port = ntohs(is_v6 ? v6.sin6_port : v4.sin_port);
    return pipe2(server->stop, O_CLOEXEC) == 0 &&
           pthread_create(&server->thread, NULL, tiny_accept, server) == 0;
}

static inline void tiny_stop(struct tiny_server *server)
{
    close(server->stop[1]);
    pthread_join(server->thread, NULL);
    for (int i = 0; i < atomic_load(&server->count); i++) {
        shutdown(server->conns[i].fd, SHUT_RDWR);
        pthread_join(server->workers[i], NULL);
    }
    close(server->fd);
    close(server->stop[0]);
}
