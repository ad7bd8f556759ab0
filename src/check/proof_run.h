/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * proof_run: one proof under way; only for the files of proof. proof.c drives all of a call,
 * proof_step.c is the conversation, proof_certificate.c judges what was shown.
 */
#include <openssl/ssl.h>

#include "check/proof.h"
#include "tls/chain.h"

#define PROOF_REPLY_MAX                                                                            \
    16384 /* octets of the answer that are read: up to its final status line                       \
           */

enum proof_step { PROOF_CONNECTING, PROOF_HANDSHAKING, PROOF_ASKING, PROOF_LISTENING, PROOF_ENDED };

/* A chain that was shown, and what came of it: where the very same octets are shown again in the
 * same call, the same holds. */
struct proof_chain {
    bool is_read; /* false: none yet, too */
    struct chain chain;
    struct err unread; /* why not */
    struct verify_result verdict;
    bool is_trusted; /* by the trust store, too */
};

struct proof_run {
    struct arena *mem;
    const struct proof_options *options;
    struct proof_chain *last; /* shared by all of a call */
    const struct proof_target *target;
    struct proof *proof;
    char place[ADDRESS_PLACE_SIZE];
    enum proof_step step;
    int fd;
    SSL *ssl;
    short events; /* what to poll for */
    int64_t began_ms;
    const char *request;
    size_t sent, got;
    char reply[PROOF_REPLY_MAX + 1];
};

/* Ends the run with this outcome; false, so that a failing path is one line. */
bool proof_end(struct proof_run *run, enum proof_code code, const char *fmt, ...) PRINTF(3, 4);

/* Opens the socket, or ends the run. */
void proof_begin(struct proof_run *run, SSL_CTX *tls);
/* The socket is ready: goes as far as it can without waiting. */
void proof_go_on(struct proof_run *run);
/* Ends a run whose time is over. */
void proof_time_out(struct proof_run *run, int timeout_ms);
void proof_close(struct proof_run *run);

/* True when the certificate is the one expected; else the run is ended. */
bool proof_judge_certificate(struct proof_run *run);
