/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "check/proof_run.h"
#include "model/hostname.h"

#define VISITED_BYTES 8 /* of a name below a star, before hex */

/* What a step came to. */
enum progress { PROGRESS_NEXT, PROGRESS_WAIT, PROGRESS_ENDED };

#define X(id, name, is_held) [PROOF_##id] = is_held,
static const bool holds[PROOF_CODE_COUNT] = {PROOF_CODES(X)};
#undef X

bool proof_end(struct proof_run *run, enum proof_code code, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    run->proof->code = code;
    run->proof->is_ok = holds[code];
    run->proof->text = arena_strdup(run->mem, text);
    run->proof->took_ms = clock_boot_ms() - run->began_ms;
    run->step = PROOF_ENDED;
    return false;
}

/* ---- connecting ---- */

static void end_connect(struct proof_run *run, int number)
{
    char reason[128];

    if (number == ECONNREFUSED)
        (void)proof_end(run, PROOF_REFUSED, "could not connect to %s: connection refused",
                        run->place);
    else
        (void)proof_end(run, PROOF_UNREACHABLE, "could not connect to %s: %s", run->place,
                        strerror_r(number, reason, sizeof(reason)));
}

static int open_socket(const struct proof_target *target)
{
    const struct address *address = &target->address;
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(target->port)};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(target->port)};
    struct sockaddr *sa = address->is_v6 ? (void *)&v6 : (void *)&v4;
    int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    memcpy(&v6.sin6_addr, address->octets, 16);
    memcpy(&v4.sin_addr, address->octets, 4);
    if (fd < 0)
        return -1;
    if (connect(fd, sa, address->is_v6 ? sizeof(v6) : sizeof(v4)) == 0 || errno == EINPROGRESS)
        return fd;
    int number = errno;
    close(fd);
    errno = number;
    return -1;
}

/* Of a wildcard a name that it stands for, and that nobody has. */
static const char *visited_name(struct arena *mem, const char *name)
{
    unsigned char octets[VISITED_BYTES];

    if (!hostname_is_wildcard(name))
        return name;
    random_bytes(octets, sizeof(octets));
    return arena_printf(mem, "%s.%s", hex_encode(mem, slice_of(octets, sizeof(octets))),
                        hostname_base(name));
}

void proof_begin(struct proof_run *run, SSL_CTX *tls)
{
    const struct proof_target *target = run->target;
    const char *host = visited_name(run->mem, target->name);
    const char *sni = target->sni ? target->sni : host;
    struct err err;

    run->began_ms = clock_boot_ms();
    run->fd = -1;
    *run->proof = (struct proof){0};
    address_place(&target->address, target->port, run->place);
    if (!net_policy_check(run->options->policy, &target->address, target->port, &err)) {
        (void)proof_end(run, PROOF_FORBIDDEN, "%s", err.text);
        return;
    }
    run->fd = open_socket(target);
    if (run->fd < 0) {
        end_connect(run, errno);
        return;
    }
    run->ssl = SSL_new(tls);
    assert(run->ssl);
    if (SSL_set_fd(run->ssl, run->fd) != 1 || SSL_set_tlsext_host_name(run->ssl, sni) != 1)
        (void)proof_end(run, PROOF_TLS, "\"%s\" cannot be asked for in a TLS handshake", sni);
    run->request = arena_printf(run->mem,
                                "GET / HTTP/1.1\r\nHost: %s\r\nUser-Agent: Latchkey/%s\r\n"
                                "Accept: */*\r\nConnection: close\r\n\r\n",
                                host, LATCHKEY_VERSION);
    run->events = POLLOUT;
}

static enum progress finish_connect(struct proof_run *run)
{
    struct pollfd fd = {.fd = run->fd, .events = POLLOUT};
    socklen_t len = sizeof(int);
    int number = 0;

    if (poll(&fd, 1, 0) == 0)
        return PROGRESS_WAIT;
    getsockopt(run->fd, SOL_SOCKET, SO_ERROR, &number, &len);
    if (number == 0)
        return PROGRESS_NEXT;
    end_connect(run, number);
    return PROGRESS_ENDED;
}

/* ---- TLS ---- */

/* What to do after an operation of OpenSSL that did not succeed. `what` was going on. */
static enum progress after_tls(struct proof_run *run, int result, enum proof_code code,
                               const char *what)
{
    unsigned long queued = ERR_peek_error();
    int kind = SSL_get_error(run->ssl, result);
    const char *reason = ERR_reason_error_string(queued);

    if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) {
        run->events = kind == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
        return PROGRESS_WAIT;
    }
    if (kind == SSL_ERROR_SSL && ERR_GET_REASON(queued) != SSL_R_UNEXPECTED_EOF_WHILE_READING)
        (void)proof_end(run, code, "%s %s for %s: %s", run->place, what, run->target->name,
                        reason ? reason : "TLS error");
    else
        (void)proof_end(run, PROOF_CUT, "%s %s for %s: it closed the connection", run->place, what,
                        run->target->name);
    ERR_clear_error();
    return PROGRESS_ENDED;
}

static enum progress shake_hands(struct proof_run *run)
{
    int result = SSL_connect(run->ssl);

    if (result != 1)
        return after_tls(run, result, PROOF_TLS, "did not complete the TLS handshake");
    if (!proof_judge_certificate(run))
        return PROGRESS_ENDED;
    if (!run->target->sni)
        return PROGRESS_NEXT;
    (void)proof_end(run, PROOF_SHOWN, "%s can show the certificate for %s", run->place,
                    run->target->name);
    return PROGRESS_ENDED;
}

static enum progress ask(struct proof_run *run)
{
    size_t len = strlen(run->request);

    while (run->sent < len) {
        int result = SSL_write(run->ssl, run->request + run->sent, (int)(len - run->sent));

        if (result <= 0)
            return after_tls(run, result, PROOF_CUT, "did not take the request");
        run->sent += (size_t)result;
    }
    run->events = POLLIN;
    return PROGRESS_NEXT;
}

/* ---- HTTP ---- */

static void judge_status(struct proof_run *run, int status)
{
    static const struct {
        int status;
        enum proof_code code;
        const char *why;
    } bad[] = {
        {421, PROOF_MISDIRECTED, "it does not serve this name together with its certificate"},
        {502, PROOF_BAD_GATEWAY, "it cannot reach the site's origin"},
        {504, PROOF_GATEWAY_TIMEOUT, "the site's origin does not answer it in time"},
    };

    run->proof->status = status;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (bad[i].status == status) {
            (void)proof_end(run, bad[i].code, "%s answers %d for %s: %s", run->place, status,
                            run->target->name, bad[i].why);
            return;
        }
    if (status >= 500)
        (void)proof_end(run, PROOF_ORIGIN_ERROR,
                        "%s shows the certificate for %s, but the site answers %d", run->place,
                        run->target->name, status);
    else
        (void)proof_end(run, PROOF_OK, "%s shows the certificate for %s, and the site answers %d",
                        run->place, run->target->name, status);
}

/* The final status, past all 1xx answers; 0: more is needed, -1: not HTTP. */
static int find_status(const char *reply)
{
    for (;;) {
        const char *line_end = strstr(reply, "\r\n"), *section_end = strstr(reply, "\r\n\r\n");
        int64_t status;

        if (strncmp(reply, "HTTP/1.", strlen(reply) < 7 ? strlen(reply) : 7) != 0)
            return -1;
        if (!line_end)
            return 0;
        if (line_end - reply < 12 || reply[8] != ' ' ||
            !slice_i64(slice_of(reply + 9, 3), 100, 599, &status))
            return -1;
        if (status >= 200)
            return (int)status;
        if (!section_end)
            return 0;
        reply = section_end + 4;
    }
}

static enum progress listen_on(struct proof_run *run)
{
    for (;;) {
        int status,
            result = SSL_read(run->ssl, run->reply + run->got, (int)(PROOF_REPLY_MAX - run->got));

        if (result <= 0)
            return after_tls(run, result, PROOF_CUT, "did not answer over https");
        run->got += (size_t)result;
        run->reply[run->got] = '\0';
        status = find_status(run->reply);
        if (status > 0)
            judge_status(run, status);
        else if (status < 0 || run->got == PROOF_REPLY_MAX)
            (void)proof_end(run, PROOF_NOT_HTTP, "%s does not speak HTTP for %s", run->place,
                            run->target->name);
        if (run->step == PROOF_ENDED)
            return PROGRESS_ENDED;
    }
}

/* ---- the order of things ---- */

static const struct {
    enum progress (*go)(struct proof_run *run);
    const char *missing; /* what did not happen when time ran out here */
} steps[] = {
    [PROOF_CONNECTING] = {finish_connect, "could not connect to"},
    [PROOF_HANDSHAKING] = {shake_hands, "there was no end to the TLS handshake with"},
    [PROOF_ASKING] = {ask, "could not send the request to"},
    [PROOF_LISTENING] = {listen_on, "there was no https answer from"},
};

void proof_go_on(struct proof_run *run)
{
    while (run->step != PROOF_ENDED) {
        ERR_clear_error();
        if (steps[run->step].go(run) != PROGRESS_NEXT)
            return;
        run->step++;
    }
}

void proof_time_out(struct proof_run *run, int timeout_ms)
{
    (void)proof_end(run, PROOF_TIMEOUT, "%s %s for %s within %d ms", steps[run->step].missing,
                    run->place, run->target->name, timeout_ms);
}

void proof_close(struct proof_run *run)
{
    SSL_free(run->ssl);
    if (run->fd >= 0)
        close(run->fd);
}
