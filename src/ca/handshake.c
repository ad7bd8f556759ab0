/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/handshake.h"

#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "ca/failure.h"
#include "ca/tls_alert.h"
#include "tls/handle.h"

DEFINE_FREEP(SSL_CTX, SSL_CTX_free)
DEFINE_FREEP(SSL, SSL_free)

static void closep(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

#define HTTP_BEGIN "HTTP/"

struct run {
    const struct ca_handshake *wish;
    struct ca_handshake_result *out;
    struct arena *mem;
    int64_t until_ms;                   /* clock_boot_ms() */
    char first[sizeof(HTTP_BEGIN) - 1]; /* octets that the server said */
    int alert;
};

/* False, as what failed. */
static bool end(struct run *run, enum ca_problem_type type, const char *reason)
{
    run->out->type = type;
    run->out->reason = reason;
    return false;
}

/* False: the time is over. */
static bool wait_for(const struct run *run, int fd, short events)
{
    struct pollfd waited = {.fd = fd, .events = events};
    int64_t left = run->until_ms - clock_boot_ms();

    return left > 0 && poll(&waited, 1, (int)left) > 0;
}

/* --- TCP ------------------------------------------------------------------------------------- */

static int begin_connect(const struct ca_handshake *wish, int fd)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(wish->port)};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(wish->port)};

    memcpy(&v6.sin6_addr, wish->address.octets, 16);
    memcpy(&v4.sin_addr, wish->address.octets, 4);
    return wish->address.is_v6 ? connect(fd, (void *)&v6, sizeof(v6))
                               : connect(fd, (void *)&v4, sizeof(v4));
}

static bool dial(struct run *run, int fd)
{
    int number = 0;
    socklen_t len = sizeof(number);

    if (fd < 0)
        return end(run, CA_PROBLEM_CONNECTION, ca_failure_text(errno));
    if (begin_connect(run->wish, fd) == 0)
        return true;
    if (errno != EINPROGRESS)
        return end(run, CA_PROBLEM_CONNECTION, ca_failure_text(errno));
    if (!wait_for(run, fd, POLLOUT))
        return end(run, CA_PROBLEM_CONNECTION, CA_FAILURE_DIAL_TIMEOUT);
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &len);
    return number == 0 || end(run, CA_PROBLEM_CONNECTION, ca_failure_text(number));
}

/* --- TLS ------------------------------------------------------------------------------------- */

/* The head of the first record, or what stands in its place: a server that speaks HTTP there is
 * told so. */
static void note_first(int is_written, int version, int kind, const void *octets, size_t len,
                       SSL *ssl, void *arg)
{
    struct run *run = arg;

    (void)version;
    (void)ssl;
    if (!is_written && kind == SSL3_RT_HEADER && len >= sizeof(run->first) && !run->first[0])
        memcpy(run->first, octets, sizeof(run->first));
}

static SSL_CTX *make_tls(struct run *run)
{
    static const unsigned char protocols[] = "\x0a" CA_ALPN_PROTOCOL;
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

    if (!tls)
        abort(); /* out of memory */
    SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    SSL_CTX_set_verify(tls, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_alpn_protos(tls, protocols, sizeof(protocols) - 1);
    ca_tls_alert_watch(tls, &run->alert);
    SSL_CTX_set_msg_callback(tls, note_first);
    SSL_CTX_set_msg_callback_arg(tls, run);
    return tls;
}

static bool end_failed(struct run *run, int kind, int number)
{
    ERR_clear_error();
    if (run->alert >= 0)
        return end(run, CA_PROBLEM_TLS, ca_tls_alert_text(run->mem, run->alert));
    if (memcmp(run->first, HTTP_BEGIN, sizeof(run->first)) == 0)
        return end(run, CA_PROBLEM_MALFORMED, "Server only speaks HTTP, not TLS");
    return end(run, CA_PROBLEM_CONNECTION,
               kind == SSL_ERROR_SYSCALL ? ca_failure_text(number) : CA_FAILURE_OTHER);
}

static bool shake(struct run *run, SSL *ssl, int fd)
{
    for (;;) {
        int result = SSL_connect(ssl), number = errno, kind = SSL_get_error(ssl, result);
        bool is_reading = kind == SSL_ERROR_WANT_READ;

        if (result == 1)
            return true;
        if (!is_reading && kind != SSL_ERROR_WANT_WRITE)
            return end_failed(run, kind, number);
        if (!wait_for(run, fd, is_reading ? POLLIN : POLLOUT))
            return end(run, CA_PROBLEM_CONNECTION, CA_FAILURE_TIMEOUT);
    }
}

static void free_certificate(void *certificate)
{
    X509_free(certificate);
}

/* A protocol that was not offered ends a handshake with Go. */
static bool take(struct run *run, const SSL *ssl)
{
    const unsigned char *protocol;
    unsigned len;

    SSL_get0_alpn_selected(ssl, &protocol, &len);
    run->out->has_protocol = slice_eq_str(slice_of(protocol, len), CA_ALPN_PROTOCOL);
    if (len && !run->out->has_protocol)
        return end(run, CA_PROBLEM_CONNECTION, CA_FAILURE_OTHER);
    run->out->leaf = SSL_get1_peer_certificate(ssl);
    if (run->out->leaf)
        arena_defer(run->mem, free_certificate, run->out->leaf);
    return true;
}

/* OpenSSL writes to sockets that may be closed; the threads of a validation do not need the signal.
 */
static void keep_from_signals(void)
{
    sigset_t pipe;

    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, NULL);
}

void ca_handshake(struct arena *mem, const struct ca_handshake *wish,
                  struct ca_handshake_result *out)
{
    int family = wish->address.is_v6 ? AF_INET6 : AF_INET;
    AUTO(closep) int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct run run = {
        .wish = wish, .out = out, .mem = mem, .until_ms = clock_boot_ms() + wish->timeout_ms};
    AUTO(SSL_CTX_freep) SSL_CTX *tls = make_tls(&run);
    AUTO(SSL_freep) SSL *ssl = SSL_new(tls);

    if (!ssl)
        abort(); /* out of memory */
    keep_from_signals();
    *out = (struct ca_handshake_result){.reason = NULL};
    if (!dial(&run, fd))
        return;
    if (SSL_set_fd(ssl, fd) != 1 || SSL_set_tlsext_host_name(ssl, wish->name) != 1)
        (void)end(&run, CA_PROBLEM_CONNECTION, CA_FAILURE_OTHER);
    else if (shake(&run, ssl, fd))
        (void)take(&run, ssl);
}
