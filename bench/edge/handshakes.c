/* SPDX-License-Identifier: Apache-2.0 */

/*
 * handshakes: full TLS handshakes with an edge, as fast as one thread can make them; the meter for
 * the server's CPU time (bench/edge/run), since the client is slower than the server.
 *
 * Each connection is new: TCP, handshake with a random one of the names, then the first session
 * ticket is waited for (TLS 1.3) and the connection reset. The client does not verify signatures,
 * which halves its own cost; what it does check is that the certificate is for the name. One line
 * of JSON on stdout at the end.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* there is no other way to leave verification out */
#include <argp.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/slice.h"

#define NAME_MAX_SIZE   64
#define CONNECTIONS_MAX 1000
#define EVENTS          64
#define SOURCES         200 /* loopback addresses to connect from: ports run out otherwise */

struct options {
    int64_t port, connections, seconds, names;
    bool is_tls12;
};

enum step { STEP_HANDSHAKE, STEP_TICKET };

struct connection {
    int fd;
    SSL *ssl;
    enum step step;
    char name[NAME_MAX_SIZE];
};

struct bench {
    const struct options *options;
    SSL_CTX *context;
    int epoll;
    uint64_t source;
    struct connection *connections;
    uint64_t done, failed, wrong;
    char why[128]; /* the last failure */
};

static const struct argp_option argp_options[] = {
    {"port", 'p', "N", 0, "https port on 127.0.0.1", 0},
    {"connections", 'c', "N", 0, "at a time (default 64)", 0},
    {"seconds", 's', "N", 0, "how long (default 3)", 0},
    {"names", 'n', "N", 0, "h0.example to h<N-1>.example, one at random", 0},
    {"tls12", '2', NULL, 0, "TLS 1.2 without tickets, instead of 1.3", 0},
    {0},
};

static void take_number(struct argp_state *state, const char *text, int64_t max, int64_t *out)
{
    if (!slice_i64(slice_str(text), 1, max, out))
        argp_error(state, "%s: not a number from 1 to %lld", text, (long long)max);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case 'p':
        take_number(state, arg, UINT16_MAX, &options->port);
        return 0;
    case 'c':
        take_number(state, arg, CONNECTIONS_MAX, &options->connections);
        return 0;
    case 's':
        take_number(state, arg, 3600, &options->seconds);
        return 0;
    case 'n':
        take_number(state, arg, 100000000, &options->names);
        return 0;
    case '2':
        options->is_tls12 = true;
        return 0;
    case ARGP_KEY_END:
        if (options->port == 0)
            argp_error(state, "--port is missing");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void need(bool is_done, const char *what)
{
    if (is_done)
        return;
    fprintf(stderr, "handshakes: %s failed: %s\n", what, strerror(errno));
    exit(1);
}

static int any_signature(int type, const unsigned char *digest, int digest_len,
                         const unsigned char *signature, int signature_len, EC_KEY *key)
{
    (void)type, (void)digest, (void)digest_len, (void)signature, (void)signature_len, (void)key;
    return 1;
}

static int any_ecdsa(const unsigned char *digest, int digest_len, const ECDSA_SIG *signature,
                     EC_KEY *key)
{
    (void)digest, (void)digest_len, (void)signature, (void)key;
    return 1;
}

static int any_chain(X509_STORE_CTX *store, void *arg)
{
    (void)store, (void)arg;
    return 1;
}

static SSL_CTX *make_context(bool is_tls12)
{
    EC_KEY_METHOD *method = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    int version = is_tls12 ? TLS1_2_VERSION : TLS1_3_VERSION;

    need(method && context, "OpenSSL");
    EC_KEY_METHOD_set_verify(method, any_signature, any_ecdsa);
    EC_KEY_set_default_method(method);
    SSL_CTX_set_cert_verify_callback(context, any_chain, NULL);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    if (is_tls12)
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    need(SSL_CTX_set_min_proto_version(context, version) == 1 &&
             SSL_CTX_set_max_proto_version(context, version) == 1 &&
             SSL_CTX_set1_groups_list(context, "X25519:P-256") == 1 &&
             SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") == 1 &&
             SSL_CTX_set1_sigalgs_list(context, "ECDSA+SHA256") == 1,
         "OpenSSL");
    return context;
}

static int connect_from(uint64_t source, int64_t port)
{
    const int on = 1;
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(0x7f000002 + (uint32_t)source)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    need(fd >= 0, "socket");
    need(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
             setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) == 0 &&
             bind(fd, (const struct sockaddr *)&from, sizeof(from)) == 0,
         "bind");
    need(connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0 || errno == EINPROGRESS,
         "connect");
    return fd;
}

static void begin(struct bench *bench, struct connection *c)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};

    snprintf(c->name, sizeof(c->name), "h%llu.example",
             (unsigned long long)random_below((uint64_t)bench->options->names));
    c->step = STEP_HANDSHAKE;
    c->fd = connect_from(bench->source++ % SOURCES, bench->options->port);
    c->ssl = SSL_new(bench->context);
    need(c->ssl && SSL_set_fd(c->ssl, c->fd) == 1 && SSL_set_tlsext_host_name(c->ssl, c->name) == 1,
         "OpenSSL");
    SSL_set_connect_state(c->ssl);
    need(epoll_ctl(bench->epoll, EPOLL_CTL_ADD, c->fd, &event) == 0, "epoll_ctl");
}

/* By a reset, so that no port is left waiting. */
static void end(struct connection *c)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    SSL_free(c->ssl);
    close(c->fd);
    ERR_clear_error();
}

static void fail(struct bench *bench, const char *step)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());

    bench->failed++;
    snprintf(bench->why, sizeof(bench->why), "%s: %s", step, reason ? reason : strerror(errno));
}

static bool is_certificate_of(SSL *ssl, const char *name)
{
    X509 *leaf = SSL_get0_peer_certificate(ssl);

    return leaf && X509_check_host(leaf, name, 0, 0, NULL) == 1;
}

/* Whether the connection has ended, well or not. */
static bool go_on(struct bench *bench, struct connection *c)
{
    char octets[4096];
    ssize_t len;

    if (c->step == STEP_HANDSHAKE) {
        int result = SSL_do_handshake(c->ssl), error = SSL_get_error(c->ssl, result);

        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
            return false;
        if (result != 1) {
            fail(bench, "handshake");
            return true;
        }
        if (!is_certificate_of(c->ssl, c->name))
            bench->wrong++;
        if (bench->options->is_tls12) {
            bench->done++;
            return true;
        }
        c->step = STEP_TICKET;
    }
    len = recv(c->fd, octets, sizeof(octets), 0);
    if (len < 0 && errno == EAGAIN)
        return false;
    if (len > 0)
        bench->done++;
    else
        fail(bench, "ticket");
    return true;
}

static void run(struct bench *bench)
{
    const int64_t until = clock_boot_ms() + bench->options->seconds * 1000;
    struct epoll_event events[EVENTS];

    for (int64_t i = 0; i < bench->options->connections; i++)
        begin(bench, &bench->connections[i]);
    while (clock_boot_ms() < until) {
        int count = epoll_wait(bench->epoll, events, EVENTS, 50);

        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;

            if (!go_on(bench, c))
                continue;
            end(c);
            begin(bench, c);
        }
    }
    for (int64_t i = 0; i < bench->options->connections; i++)
        end(&bench->connections[i]);
}

static void report(const struct bench *bench)
{
    struct rusage usage;
    double cpu_us;

    getrusage(RUSAGE_SELF, &usage);
    cpu_us = 1e6 * (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
             (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    printf("{\"done\":%llu,\"failed\":%llu,\"wrong\":%llu,\"client_cpu_us\":%.1f,\"why\":\"%s\"}\n",
           (unsigned long long)bench->done, (unsigned long long)bench->failed,
           (unsigned long long)bench->wrong, bench->done ? cpu_us / (double)bench->done : 0,
           bench->why);
}

int main(int argc, char **argv)
{
    static const struct argp argp = {argp_options, parse, NULL, "Full TLS handshakes with an edge.",
                                     NULL,         NULL,  NULL};
    struct options options = {.connections = 64, .seconds = 3, .names = 1};
    struct bench bench = {.options = &options};

    argp_parse(&argp, argc, argv, 0, NULL, &options);
    bench.context = make_context(options.is_tls12);
    bench.epoll = epoll_create1(EPOLL_CLOEXEC);
    bench.connections = calloc((size_t)options.connections, sizeof(*bench.connections));
    need(bench.epoll >= 0 && bench.connections, "start");
    run(&bench);
    report(&bench);
    SSL_CTX_free(bench.context);
    free(bench.connections);
    return bench.failed || bench.wrong ? 1 : 0;
}
