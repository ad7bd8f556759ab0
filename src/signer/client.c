/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/client.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "signer/address.h"

#define RESEND_MS 300 /* far more than an answer takes, and a signer is there again by then */

#define ID_MAX (INT64_C(1) << 52) /* exact in any JSON reader */

/* A connection. The call that has taken it owns it. */
struct line {
    int fd; /* -1: not connected */
    json_int_t last_id;
    char datagram[SIGNER_DATAGRAM_MAX];
};

struct signer {
    pthread_mutex_t lock; /* of idle, idle_count and room */
    pthread_cond_t is_free;
    struct line *idle[SIGNER_LINES_MAX]; /* the one that was used last is the last */
    size_t idle_count;
    size_t room;             /* how many lines may still be made */
    struct sockaddr_un path; /* of family AF_UNSPEC for an inherited connection */
};

enum outcome { DONE, FAILED, LOST }; /* LOST: the other end is gone */

struct call {
    struct signer *signer;
    struct line *line;
    int64_t deadline_ms; /* CLOCK_MONOTONIC */
    json_t *request;
    json_int_t id;
};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct line *line_new(int fd)
{
    struct line *line = calloc(1, sizeof(*line));

    assert(line);
    line->fd = fd;
    line->last_id = random_between(1, ID_MAX);
    return line;
}

static struct signer *signer_new(void)
{
    struct signer *signer = calloc(1, sizeof(*signer));
    pthread_condattr_t attributes;

    assert(signer);
    pthread_mutex_init(&signer->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&signer->is_free, &attributes);
    pthread_condattr_destroy(&attributes);
    return signer;
}

struct signer *signer_new_fd(int fd)
{
    struct signer *signer = signer_new();

    signer->idle[signer->idle_count++] = line_new(fd);
    return signer;
}

bool signer_new_path(const char *path, struct signer **out, struct err *err)
{
    struct sockaddr_un at;
    struct signer *signer;

    if (!signer_address(path, &at, err))
        return false;
    signer = signer_new();
    signer->path = at;
    signer->room = SIGNER_LINES_MAX;
    *out = signer;
    return true;
}

static void disconnect(struct line *line)
{
    if (line->fd >= 0)
        (void)close(line->fd);
    line->fd = -1;
}

void signer_free(struct signer *signer)
{
    if (!signer)
        return;
    for (size_t i = 0; i < signer->idle_count; i++) {
        disconnect(signer->idle[i]);
        free(signer->idle[i]);
    }
    pthread_cond_destroy(&signer->is_free);
    pthread_mutex_destroy(&signer->lock);
    free(signer);
}

static bool take_line(struct call *call, struct err *err)
{
    struct signer *signer = call->signer;
    struct timespec until = {.tv_sec = call->deadline_ms / 1000,
                             .tv_nsec = call->deadline_ms % 1000 * 1000000};

    pthread_mutex_lock(&signer->lock);
    while (signer->idle_count + signer->room == 0 &&
           pthread_cond_timedwait(&signer->is_free, &signer->lock, &until) == 0)
        continue;
    if (signer->idle_count > 0) {
        call->line = signer->idle[--signer->idle_count];
    } else if (signer->room > 0) {
        signer->room--;
        call->line = line_new(-1);
    }
    pthread_mutex_unlock(&signer->lock);
    return call->line || err_set(err, ERR_SIGNER, "the signer did not answer others for %d ms",
                                 SIGNER_DEADLINE_MS);
}

static void give_line_back(struct call *call)
{
    struct signer *signer = call->signer;

    pthread_mutex_lock(&signer->lock);
    signer->idle[signer->idle_count++] = call->line;
    pthread_mutex_unlock(&signer->lock);
    pthread_cond_signal(&signer->is_free); /* after: who wakes up wants the lock */
}

static bool connect_path(const struct call *call, struct err *err)
{
    const struct sockaddr_un *path = &call->signer->path;
    struct line *line = call->line;

    if (line->fd >= 0)
        return true;
    /* With a full queue of connections a blocking connect() would wait past any deadline. */
    line->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (line->fd >= 0 && connect(line->fd, (const struct sockaddr *)path, sizeof(*path)) == 0)
        return true;
    err_errno(err, ERR_SIGNER, errno, "could not reach the signer at %s", path->sun_path);
    disconnect(line);
    return false;
}

/* *is_ready is false when the socket was not by `until_ms`. */
static bool wait_until(const struct call *call, short events, int64_t until_ms, bool *is_ready,
                       struct err *err)
{
    struct pollfd at = {.fd = call->line->fd, .events = events};
    int ready;

    do {
        int64_t left = until_ms - now_ms();

        ready = left > 0 ? poll(&at, 1, (int)left) : 0;
    } while (ready < 0 && errno == EINTR);
    *is_ready = ready > 0;
    return ready >= 0 || err_errno(err, ERR_SIGNER, errno, "could not wait for the signer");
}

static bool wait_for(const struct call *call, short events, struct err *err)
{
    bool is_ready;

    return wait_until(call, events, call->deadline_ms, &is_ready, err) &&
           (is_ready ||
            err_set(err, ERR_SIGNER, "the signer did not answer within %d ms", SIGNER_DEADLINE_MS));
}

/* What a socket call left in errno: worth a wait (DONE), the end of the connection, or a failure.
 */
static enum outcome socket_outcome(struct err *err)
{
    int number = errno;

    if (number == EAGAIN || number == EINTR)
        return DONE;
    err_errno(err, ERR_SIGNER, number, "could not talk to the signer");
    return number == EPIPE || number == ECONNRESET || number == ENOTCONN ? LOST : FAILED;
}

static enum outcome send_request(struct call *call, struct err *err)
{
    struct line *line = call->line;
    size_t len = json_dumpb(call->request, line->datagram, SIGNER_DATAGRAM_MAX, JSON_COMPACT);

    if (len > SIGNER_DATAGRAM_MAX) {
        err_set(err, ERR_TOO_LARGE, "request of %zu octets, the signer takes at most %d", len,
                SIGNER_DATAGRAM_MAX);
        return FAILED;
    }
    for (;;) {
        enum outcome outcome;

        if (send(line->fd, line->datagram, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
            return DONE;
        outcome = socket_outcome(err);
        if (outcome != DONE)
            return outcome;
        if (!wait_for(call, POLLOUT, err))
            return FAILED;
    }
}

/* The reply of this id, or NULL for one to somebody who has given up. */
static json_t *read_reply(const struct call *call, size_t len)
{
    json_t *reply = json_loadb(call->line->datagram, len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *id = json_object_get(reply, "id");

    if (json_is_integer(id) && json_integer_value(id) == call->id)
        return reply;
    json_decref(reply);
    return NULL;
}

/* A signer that died has taken the request along, and its successor at an inherited connection
 * knows nothing of it: sent again, ever later. Of two replies the second is nobody's. */
static enum outcome wait_for_reply(struct call *call, struct err *err)
{
    for (int64_t patience = RESEND_MS;; patience *= 2) {
        enum outcome outcome;
        bool is_ready;

        if (now_ms() + patience >= call->deadline_ms)
            return wait_for(call, POLLIN, err) ? DONE : FAILED;
        if (!wait_until(call, POLLIN, now_ms() + patience, &is_ready, err))
            return FAILED;
        outcome = is_ready ? DONE : send_request(call, err);
        if (is_ready || outcome != DONE)
            return outcome;
    }
}

static enum outcome receive(struct call *call, json_t **reply, struct err *err)
{
    struct line *line = call->line;

    for (;;) {
        enum outcome outcome = wait_for_reply(call, err);
        ssize_t len;

        if (outcome != DONE)
            return outcome;
        len = recv(line->fd, line->datagram, SIGNER_DATAGRAM_MAX, MSG_DONTWAIT);
        if (len == 0) {
            err_set(err, ERR_SIGNER, "the signer has closed the connection");
            return LOST;
        }
        if (len < 0)
            outcome = socket_outcome(err);
        if (outcome != DONE)
            return outcome;
        *reply = len > 0 ? read_reply(call, (size_t)len) : NULL;
        if (*reply)
            return DONE;
    }
}

/* A connection by path that was lost is made anew once: the signer has been replaced. Requests may
 * be repeated. */
static bool exchange(struct call *call, json_t **reply, struct err *err)
{
    bool has_path = call->signer->path.sun_family == AF_UNIX;

    for (bool is_again = false;; is_again = true) {
        bool was_connected = call->line->fd >= 0;
        enum outcome outcome;

        if (has_path && !connect_path(call, err))
            return false;
        outcome = send_request(call, err);
        if (outcome == DONE)
            outcome = receive(call, reply, err);
        if (outcome == DONE)
            return true;
        if (has_path)
            disconnect(call->line); /* and with it any reply still under way */
        if (outcome == FAILED || !has_path || !was_connected || is_again)
            return false;
    }
}

static enum err_code code_of(const char *name)
{
    for (enum err_code code = ERR_NONE + 1; name && code < ERR_COUNT; code++)
        if (strcmp(err_name(code), name) == 0)
            return code;
    return ERR_SIGNER;
}

static bool read_refusal(const json_t *reply, struct err *err)
{
    const char *text = signer_text(reply, "text"), *field = signer_text(reply, "field");
    enum err_code code = code_of(signer_text(reply, "code"));

    err_set(err, code, "%s", text ? text : "the signer gave no reason");
    snprintf(err->field, sizeof(err->field), "%s", field ? field : "");
    return false;
}

bool signer_call(struct signer *signer, enum signer_op op, json_t *request, json_t **reply,
                 struct err *err)
{
    json_auto_t *owned = request, *answer = NULL;
    struct call call = {
        .signer = signer, .deadline_ms = now_ms() + SIGNER_DEADLINE_MS, .request = request};
    bool is_done;

    assert(request);
    json_object_set_new(request, "op", json_string(signer_op_name(op)));
    if (!take_line(&call, err))
        return false;
    call.id = ++call.line->last_id;
    json_object_set_new(request, "id", json_integer(call.id));
    is_done = exchange(&call, &answer, err);
    give_line_back(&call);
    if (!is_done)
        return false;
    if (!json_is_true(json_object_get(answer, "ok")))
        return read_refusal(answer, err);
    *reply = json_incref(answer);
    return true;
}
