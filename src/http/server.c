/* SPDX-License-Identifier: Apache-2.0 */
#include "http/server.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/exchange.h"
#include "http/listen.h"

/* How long http_server_stop() waits for answers to be taken by their clients. */
#define STOP_MS 2000

struct http_server {
    struct http_options options;
    struct MHD_Daemon *daemon;
    struct pool *pool;
    struct room *room;
    int listener;
    atomic_bool is_stopping;
    pthread_mutex_t lock;
    pthread_cond_t one_less;
    size_t live; /* exchanges */
};

#define CONTAINER_OF(p, type, member) ((type *)(void *)((char *)(p)-offsetof(type, member)))

static void *on_target(void *cls, const char *target, struct MHD_Connection *connection)
{
    struct http_server *server = cls;

    (void)connection;
    pthread_mutex_lock(&server->lock);
    server->live++;
    pthread_mutex_unlock(&server->lock);
    return exchange_new(server, &server->options, target);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode how)
{
    struct http_server *server = cls;
    struct exchange *x = *context;

    (void)connection;
    *context = NULL;
    exchange_log(x, how);
    room_leave(server->room, &x->waiter);
    exchange_free(x);
    pthread_mutex_lock(&server->lock);
    server->live--;
    pthread_cond_signal(&server->one_less);
    pthread_mutex_unlock(&server->lock);
}

static bool refuse_busy(const struct http_server *server, struct err *err)
{
    if (server->is_stopping)
        return err_set(err, ERR_BUSY, "the server is stopping");
    return err_set(err, ERR_BUSY, "too many requests are waiting, the limit is %u",
                   server->options.max_queued);
}

static enum pool_lane lane_of(const struct exchange *x)
{
    return x->req.match.route->is_follower ? POOL_LATER : POOL_NOW;
}

/* The request is whole: give it to a handler thread, or say that none is free. */
static enum MHD_Result admit(struct http_server *server, struct exchange *x)
{
    struct err err = {0};

    x->must_close = atomic_load(&server->is_stopping);
    if (!pool_reserve(server->pool, lane_of(x))) {
        refuse_busy(server, &err);
        exchange_refuse(x, &err);
        return exchange_answer(x);
    }
    x->state = EXCHANGE_RUNNING;
    MHD_suspend_connection(x->connection);
    pool_push(server->pool, &x->item, lane_of(x));
    return MHD_YES;
}

static enum MHD_Result on_whole(struct http_server *server, struct exchange *x)
{
    switch (x->state) {
    case EXCHANGE_READING:
        return admit(server, x);
    case EXCHANGE_REFUSED:
    case EXCHANGE_READY:
        return exchange_answer(x);
    case EXCHANGE_GONE:
        return MHD_NO;
    case EXCHANGE_RUNNING:
        break;
    }
    return MHD_NO;
}

/* NOLINTNEXTLINE(readability-function-size): the library's prototype */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_len, void **context)
{
    struct exchange *x = *context;
    size_t len = *data_len;

    (void)url;
    if (!x->is_begun) {
        exchange_begin(x, connection, method, version);
        return x->must_close ? exchange_answer(x) : MHD_YES;
    }
    if (len > 0) {
        *data_len = 0;
        return exchange_take_body(x, data, len) ? MHD_YES : MHD_NO;
    }
    return on_whole(cls, x);
}

static void run_item(struct pool_item *item)
{
    static const enum http_turn turns[] = {
        [ROOM_WOKEN] = HTTP_WOKEN,
        [ROOM_DEADLINE] = HTTP_DEADLINE,
    };
    struct exchange *x = CONTAINER_OF(item, struct exchange, item);
    const union MHD_ConnectionInfo *info;

    exchange_run(x, x->res.is_parked ? turns[x->waiter.reason] : HTTP_FIRST);
    if (x->state == EXCHANGE_READY) {
        MHD_resume_connection(x->connection);
        return;
    }
    info = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    room_park(x->server->room, &x->waiter, x->res.park_until, info->connect_fd);
    /* From here on the exchange may be in another thread, or gone. */
}

static void on_ready(struct room_waiter *waiter)
{
    struct exchange *x = CONTAINER_OF(waiter, struct exchange, waiter);

    if (waiter->reason == ROOM_GONE) {
        x->state = EXCHANGE_GONE;
        MHD_resume_connection(x->connection);
        return;
    }
    pool_push_admitted(x->server->pool, &x->item, lane_of(x));
}

void http_watch(struct http_req *req, const char *key)
{
    room_watch(req->exchange->server->room, &req->exchange->waiter, key);
}

bool http_park(struct http_res *res, int64_t wait_ms)
{
    assert(wait_ms >= 0 && wait_ms <= HTTP_PARK_MAX_MS);
    res->is_parked = true;
    res->park_until = res->req->started_ms + wait_ms;
    return true;
}

/* The target is decoded in uri.c; the library's own decoding would cut it at an encoded NUL. */
static size_t keep_escaped(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strlen(text);
}

PRINTF(2, 0) static void on_library_log(void *cls, const char *fmt, va_list ap)
{
    char text[256];

    (void)cls;
    vsnprintf(text, sizeof(text), fmt, ap);
    LOG(DEBUG, "http.library", KS("text", text));
}

static bool start_daemon(struct http_server *server, struct err *err)
{
    const struct http_options *o = &server->options;

    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        on_request, server, MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, server->listener, MHD_OPTION_THREAD_POOL_SIZE, o->event_threads,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_LIMIT, o->max_connections,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_S, MHD_OPTION_URI_LOG_CALLBACK,
        on_target, server, MHD_OPTION_UNESCAPE_CALLBACK, keep_escaped, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_END);
    if (!server->daemon)
        return err_set(err, ERR_INTERNAL, "could not start the HTTP server on %s", o->socket_path);
    return true;
}

static bool start_parts(struct http_server *server, struct err *err)
{
    const struct http_options *o = &server->options;

    return room_new(on_ready, &server->room, err) &&
           pool_new(o->handlers, o->max_queued, run_item, &server->pool, err) &&
           listen_unix(o->socket_path, o->socket_mode, &server->listener, err) &&
           start_daemon(server, err);
}

/* Signals belong to the thread that started the server: its threads take none. */
static bool start_without_signals(struct http_server *server, struct err *err)
{
    sigset_t all, before;
    bool is_started;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    is_started = start_parts(server, err);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return is_started;
}

bool http_server_start(const struct http_options *options, struct http_server **out,
                       struct err *err)
{
    struct http_server *server = calloc(1, sizeof(*server));
    pthread_condattr_t monotonic;

    if (!server)
        abort();
    server->options = *options;
    server->options.event_threads = options->event_threads ? options->event_threads : 2;
    server->options.handlers = options->handlers ? options->handlers : 8;
    server->options.max_queued = options->max_queued ? options->max_queued : 256;
    server->options.max_connections = options->max_connections ? options->max_connections : 4096;
    server->options.body_ms = options->body_ms ? options->body_ms : HTTP_BODY_MS;
    server->listener = -1;
    pthread_mutex_init(&server->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&server->one_less, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (!start_without_signals(server, err)) {
        http_server_stop(server);
        return false;
    }
    *out = server;
    return true;
}

void http_server_wake(struct http_server *server, const char *key)
{
    room_wake(server->room, key);
}

static void wait_for_answers(struct http_server *server)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += STOP_MS / 1000;
    pthread_mutex_lock(&server->lock);
    while (server->live > 0)
        if (pthread_cond_timedwait(&server->one_less, &server->lock, &until) != 0)
            break;
    pthread_mutex_unlock(&server->lock);
}

/* The order matters: nothing may be suspended when the library is stopped, and a handler that is
 * still running may park. */
void http_server_stop(struct http_server *server)
{
    if (!server)
        return;
    atomic_store(&server->is_stopping, true);
    if (server->daemon)
        MHD_quiesce_daemon(server->daemon);
    if (server->listener >= 0)
        unlisten_unix(server->options.socket_path, server->listener);
    if (server->room)
        room_close(server->room);
    if (server->pool)
        pool_stop(server->pool);
    wait_for_answers(server);
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    pool_free(server->pool);
    room_free(server->room);
    pthread_cond_destroy(&server->one_less);
    pthread_mutex_destroy(&server->lock);
    free(server);
}
