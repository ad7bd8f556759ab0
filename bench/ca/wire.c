/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"

#define STATUS_LINE "HTTP/1.1 "

/* An answer as it comes in. */
struct intake {
    char *data; /* WIRE_ANSWER_MAX + 1, with a NUL behind what is there */
    size_t len;
};

static void freep(char **p)
{
    free(*p);
}

bool wire_tls(const char *ca_file, SSL_CTX **out, struct err *err)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

    if (!tls || SSL_CTX_load_verify_file(tls, ca_file) != 1) {
        SSL_CTX_free(tls);
        return err_set(err, ERR_CONFIG, "cannot read certificates from %s", ca_file);
    }
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    *out = tls;
    return true;
}

void wire_close(struct wire *wire)
{
    SSL_free(wire->ssl);
    wire->ssl = NULL;
    if (wire->fd >= 0)
        close(wire->fd);
    wire->fd = -1;
}

static void set_timeout(int fd, int64_t ms)
{
    const struct timeval limit = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    const int on = 1;

    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static bool dial_unix(struct wire *wire)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};

    snprintf(to.sun_path, sizeof(to.sun_path), "%s", wire->place->socket);
    wire->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return wire->fd >= 0 && connect(wire->fd, (const struct sockaddr *)&to, sizeof(to)) == 0;
}

static bool dial_tls(struct wire *wire)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons(wire->place->port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    wire->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (wire->fd < 0 || connect(wire->fd, (const struct sockaddr *)&to, sizeof(to)) != 0)
        return false;
    set_timeout(wire->fd, wire->place->timeout_ms);
    wire->ssl = SSL_new(wire->place->tls);
    errno = EPROTO;
    return wire->ssl && SSL_set_fd(wire->ssl, wire->fd) == 1 &&
           SSL_set1_host(wire->ssl, "localhost") == 1 && SSL_connect(wire->ssl) == 1;
}

static bool dial(struct wire *wire, struct err *err)
{
    bool is_open = wire->place->socket ? dial_unix(wire) : dial_tls(wire);
    int number = errno;

    if (is_open) {
        set_timeout(wire->fd, wire->place->timeout_ms);
        return true;
    }
    ERR_clear_error();
    return err_errno(err, ERR_NET, number, "could not connect to the CA");
}

static bool put(struct wire *wire, struct slice octets, struct err *err)
{
    while (octets.len > 0) {
        ssize_t n = wire->ssl ? SSL_write(wire->ssl, octets.data, (int)octets.len)
                              : send(wire->fd, octets.data, octets.len, MSG_NOSIGNAL);

        if (n <= 0)
            return err_set(err, ERR_NET, "could not send a request: the connection is closed");
        octets = slice_of(octets.data + n, octets.len - (size_t)n);
    }
    return true;
}

static bool take(struct wire *wire, struct intake *in, struct err *err)
{
    size_t room = WIRE_ANSWER_MAX - in->len;
    ssize_t n;

    if (room == 0)
        return err_set(err, ERR_NET, "an answer is longer than %d octets", WIRE_ANSWER_MAX);
    errno = 0;
    n = wire->ssl ? SSL_read(wire->ssl, in->data + in->len, (int)room)
                  : recv(wire->fd, in->data + in->len, room, 0);
    if (n < 0 && errno == EAGAIN)
        return err_set(err, ERR_TIMEOUT, "no answer within %lld ms",
                       (long long)wire->place->timeout_ms);
    if (n <= 0)
        return err_set(err, ERR_NET, "the connection was closed before the answer had ended");
    in->len += (size_t)n;
    in->data[in->len] = '\0';
    return true;
}

/* The value of a header, copied; `name` with a line feed before and a colon behind it. */
static const char *header(struct arena *mem, const char *head, const char *name)
{
    const char *at = strcasestr(head, name);

    if (!at)
        return NULL;
    at += strlen(name);
    at += strspn(at, " ");
    return arena_strndup(mem, at, strcspn(at, "\r"));
}

/* The chunk of a body at `at`; false: not all of it is there yet. */
static bool chunk_at(const struct intake *in, size_t at, struct slice *out)
{
    const char *line = in->data + at, *end = strstr(line, "\r\n");
    size_t size = end ? strtoul(line, NULL, 16) : 0;

    if (!end || size > WIRE_ANSWER_MAX || end + 2 + size + 2 > in->data + in->len)
        return false;
    *out = slice_of(end + 2, size);
    return true;
}

static bool take_chunks(struct wire *wire, struct arena *mem, struct intake *in, size_t at,
                        struct slice *out, struct err *err)
{
    struct buf joined = buf_new(mem, WIRE_ANSWER_MAX + 1);
    struct slice chunk;

    do {
        while (!chunk_at(in, at, &chunk)) {
            if (!take(wire, in, err))
                return false;
        }
        buf_slice(&joined, chunk);
        at = (size_t)((const char *)chunk.data + chunk.len + 2 - in->data);
    } while (chunk.len > 0);
    *out = slice_of(buf_cstr(&joined), joined.len);
    return true;
}

static bool take_body(struct wire *wire, struct arena *mem, struct intake *in,
                      struct wire_answer *answer, struct err *err)
{
    size_t at = strlen(answer->head);
    const char *length = header(mem, answer->head, "\nContent-Length:");
    int64_t len = 0;

    if (header(mem, answer->head, "\nTransfer-Encoding: chunked"))
        return take_chunks(wire, mem, in, at, &answer->body, err);
    if (length && !slice_i64(slice_str(length), 0, WIRE_ANSWER_MAX, &len))
        return err_set(err, ERR_NET, "an answer has the length %s", length);
    while (in->len < at + (size_t)len) {
        if (!take(wire, in, err))
            return false;
    }
    answer->body = slice_of(arena_strndup(mem, in->data + at, (size_t)len), (size_t)len);
    return true;
}

static bool take_answer(struct wire *wire, struct arena *mem, bool has_body,
                        struct wire_answer *out, struct err *err)
{
    AUTO(freep) char *data = malloc(WIRE_ANSWER_MAX + 1);
    struct intake in = {.data = data};
    struct wire_answer answer = {.status = 0};
    const char *end;

    if (!data)
        abort();
    *data = '\0';
    while (!(end = strstr(in.data, "\r\n\r\n"))) {
        if (!take(wire, &in, err))
            return false;
    }
    answer.head = arena_strndup(mem, in.data, (size_t)(end - in.data) + 4);
    if (strncmp(answer.head, STATUS_LINE, strlen(STATUS_LINE)) != 0)
        return err_set(err, ERR_NET, "the answer is no HTTP/1.1");
    answer.status = (int)strtol(answer.head + strlen(STATUS_LINE), NULL, 10);
    answer.location = header(mem, answer.head, "\nLocation:");
    answer.nonce = header(mem, answer.head, "\nReplay-Nonce:");
    if (has_body && !take_body(wire, mem, &in, &answer, err))
        return false;
    *out = answer;
    return true;
}

bool wire_exchange(struct wire *wire, struct arena *mem, struct slice request,
                   struct wire_answer *out, struct err *err)
{
    bool has_body = !slice_starts(request, SLICE_LIT("HEAD "));

    if ((wire->fd >= 0 || dial(wire, err)) && put(wire, request, err) &&
        take_answer(wire, mem, has_body, out, err)) {
        if (header(mem, out->head, "\nConnection: close"))
            wire_close(wire);
        return true;
    }
    wire_close(wire);
    return false;
}
