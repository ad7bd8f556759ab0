/* SPDX-License-Identifier: Apache-2.0 */
#include "check/proof.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>

#include "base/clock.h"
#include "base/name_table.h"
#include "check/proof_run.h"
#include "tls/lean.h"

#define X(id, name, holds) [PROOF_##id] = name,
static const char *const names[PROOF_CODE_COUNT] = {PROOF_CODES(X)};
#undef X

const char *proof_code_name(enum proof_code code)
{
    return names[code];
}

DEFINE_NAME_PARSE(proof_code_parse, enum proof_code, names)

/* Of all proofs, for ever: to make one takes 0.1 ms. */
static SSL_CTX *tls;

/* proof_certificate.c judges the chain. */
static int leave_chain(X509_STORE_CTX *chain, void *arg)
{
    (void)chain;
    (void)arg;
    return 1;
}

/* The chain is judged by proof_certificate.c, at the movable clock, not by OpenSSL at real time,
 * which would build one even where it is to verify none. */
static void make_tls(void)
{
    static const unsigned char alpn[] = "\x08http/1.1";

    tls = SSL_CTX_new_ex(tls_lean(), NULL, TLS_client_method());
    assert(tls);
    SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    SSL_CTX_set_verify(tls, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_cert_verify_callback(tls, leave_chain, NULL);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_protos(tls, alpn, sizeof(alpn) - 1);
}

/* Waits for the sockets of those that are not ended; false when there are none. */
static bool wait_for_any(struct proof_run *runs, size_t count, struct pollfd *fds, int64_t deadline)
{
    int64_t left = deadline - clock_boot_ms();
    bool is_any = false;

    for (size_t i = 0; i < count; i++) {
        bool is_open = runs[i].step != PROOF_ENDED;

        fds[i] = (struct pollfd){.fd = is_open ? runs[i].fd : -1, .events = runs[i].events};
        is_any = is_any || is_open;
    }
    if (is_any)
        (void)poll(fds, (nfds_t)count, left > 0 ? (int)left : 0);
    return is_any;
}

static void drive(struct proof_run *runs, size_t count, int timeout_ms)
{
    int64_t deadline = clock_boot_ms() + timeout_ms;
    struct pollfd fds[PROOF_TARGETS_MAX];

    while (wait_for_any(runs, count, fds, deadline)) {
        bool is_over = clock_boot_ms() >= deadline;

        for (size_t i = 0; i < count; i++) {
            if (fds[i].fd >= 0 && fds[i].revents)
                proof_go_on(&runs[i]);
            if (is_over && runs[i].step != PROOF_ENDED)
                proof_time_out(&runs[i], timeout_ms);
        }
    }
}

/* OpenSSL writes to sockets that may be closed: the signal of that is kept from the process. */
static void run_all(struct proof_run *runs, size_t count, int timeout_ms)
{
    const struct timespec now = {0};
    sigset_t pipe, before, pending;

    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    drive(runs, count, timeout_ms);
    if (!sigismember(&pending, SIGPIPE))
        (void)sigtimedwait(&pipe, NULL, &now);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void proof_run(struct arena *mem, const struct proof_options *options,
               const struct proof_target *targets, size_t count, struct proof *proofs)
{
    struct proof_run *runs = arena_array_of(mem, count, struct proof_run);
    struct proof_chain *last = arena_new_of(mem, struct proof_chain);
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, make_tls);
    assert(count <= PROOF_TARGETS_MAX);
    for (size_t i = 0; i < count; i++) {
        runs[i] = (struct proof_run){.mem = mem,
                                     .options = options,
                                     .last = last,
                                     .target = &targets[i],
                                     .proof = &proofs[i]};
        proof_begin(&runs[i], tls);
    }
    run_all(runs, count, options->timeout_ms ? options->timeout_ms : PROOF_TIMEOUT_MS);
    for (size_t i = 0; i < count; i++)
        proof_close(&runs[i]);
}
