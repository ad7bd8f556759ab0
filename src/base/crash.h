/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * crash: the points at which the tests kill a process. They exist only in a build with
 * -Dcrash_points=true; in any other CRASH_POINT() is nothing, and no name of a point is in the
 * program.
 *
 * A step is something that can be half done. `before`: what is to be done is decided and, where it
 * has an effect outside, its intent is committed. `reply`: the effect is there, nothing here says
 * so. `commit`: its outcome is stored. A new step with an effect outside gets a row here and its
 * three points where it is made; tests/system/test_crash.py kills at each point of the table.
 *
 * The process that comes to a point kills itself with SIGKILL when the point is chosen:
 *   LATCHKEY_CRASH_POINT=NAME      each time
 *   LATCHKEY_CRASH_FILE=PATH       once: the file holds "NAME" or "NAME N" (at the N-th time), may
 * be written (by rename) while the processes run, and is renamed to PATH.hit by the one that dies
 * "NAME hold" kills nobody: the thread that comes there stands still until PATH.hit is removed.
 */
#include "base/base.h"

/* The shapes of a step: which points it has. */
#define CRASH_REQUEST(X, id, name)                                                                 \
    CRASH_ASK(X, id, name)                                                                         \
    X(id##_COMMIT, name ".commit")
#define CRASH_ASK(X, id, name) /* the outcome is stored with that of a later step */               \
    X(id##_BEFORE, name ".before")                                                                 \
    X(id##_REPLY, name ".reply")
#define CRASH_STORE(X, id, name) /* no effect but the commit itself */                             \
    X(id##_BEFORE, name ".before")                                                                 \
    X(id##_COMMIT, name ".commit")

/* X(id, name, shape, what is half done) */
#define CRASH_STEPS(X)                                                                             \
    X(START_CHILD, "run.start-child", STORE, "a child is started, and has written its pid")        \
    X(RESTART_CHILD, "run.restart-child", STORE, "a child that died is started again")             \
    X(PLACE_ORDER, "web.place-order", STORE, "an order is placed")                                 \
    X(ONCE, "web.once", STORE, "a request with an Idempotency-Key, and its answer")                \
    X(FEED_PAGE, "web.feed-page", ASK, "a page of the feed goes to an edge")                       \
    X(STORE_ACKS, "web.store-acks", STORE, "what the edges have is stored")                        \
    X(CHECK, "worker.check", REQUEST, "DNS and hosts of the names are looked at")                  \
    X(MAKE_KEY, "worker.make-key", REQUEST, "the key and request of a certificate are made")       \
    X(ACCOUNT_KEY, "worker.account-key", REQUEST, "the key of an account at the CA is made")       \
    X(NEW_ACCOUNT, "worker.new-account", REQUEST, "newAccount")                                    \
    X(NEW_ORDER, "worker.new-order", REQUEST, "newOrder")                                          \
    X(AUTHORIZATIONS, "worker.authorizations", ASK, "the authorizations are read")                 \
    X(CHALLENGES, "worker.challenges", REQUEST, "the challenges are signed and put in the feed")   \
    X(PUT_VALUE, "worker.put-value", REQUEST, "a TXT value is put into a zone")                    \
    X(DROP_VALUE, "worker.drop-value", REQUEST, "a TXT value is taken out of a zone")              \
    X(ANSWER, "worker.answer", ASK, "the CA is told to validate a name")                           \
    X(FINALIZE, "worker.finalize", ASK, "the certificate is asked for")                            \
    X(DOWNLOAD, "worker.download", REQUEST, "the certificate is fetched")                          \
    X(DEPLOY, "worker.deploy", REQUEST, "the certificate is signed and put in the feed")           \
    X(STAGE, "worker.stage", ASK, "the edges show a new certificate that no visitor gets yet")     \
    X(PROVE, "worker.prove", REQUEST, "handshakes with the edges; the order is fulfilled")         \
    X(PUBLISH, "worker.publish", REQUEST, "the records of a domain are made anew")                 \
    X(RENEW, "worker.renew", REQUEST, "the CA is asked when to renew")                             \
    X(REVOKE, "worker.revoke", REQUEST, "a certificate is revoked at the CA")                      \
    X(GIVE_UP, "worker.give-up", REQUEST, "an order at the CA is given up, and what came of it")   \
    X(WITHDRAWN, "worker.withdrawn", STORE, "edges have removed the hosts of a domain")            \
    X(LOOK, "worker.look", STORE, "names without a certificate are looked at")                     \
    X(RETIRE, "worker.retire", REQUEST, "a key is destroyed, its record withdrawn")                \
    X(EPOCH, "worker.epoch", STORE, "a new epoch of the feed begins; nothing is signed for it")    \
    X(FINISH_JOB, "worker.finish-job", STORE, "a job has run; its row says so")                    \
    X(SIGNER_MAKE_KEY, "signer.make_key", ASK, "an account's key is made and sealed")              \
    X(SIGNER_CSR, "signer.csr", ASK, "a key is made, sealed, and signs a certificate request")     \
    X(SIGNER_JWS, "signer.jws", ASK, "a request to the CA is signed")                              \
    X(SIGNER_PUBLIC_JWK, "signer.public_jwk", ASK, "the public half of a key is read")             \
    X(SIGNER_MAC, "signer.mac", ASK, "edge records are authenticated")                             \
    X(SIGNER_TSIG, "signer.tsig", ASK, "an update of a zone is signed, or the answer verified")    \
    X(POLL, "agent.poll", ASK, "the feed is asked, which acknowledges what is stored")             \
    X(SNAPSHOT, "agent.snapshot", ASK, "a page of a snapshot is asked for")                        \
    X(STORE_PAGE, "agent.store-page", STORE, "a page of records goes into the LMDB")

#ifdef CRASH_POINTS

enum crash_point {
#define X(id, name)                 CRASH_##id,
#define STEP(id, name, shape, what) CRASH_##shape(X, id, name)
    CRASH_STEPS(STEP)
#undef STEP
#undef X
        CRASH_POINT_COUNT
};

#define CRASH_POINT(id)                      crash_at(CRASH_##id)
#define CRASH_POINT_OF(process, step, phase) crash_at_name(process, step, phase)

void crash_at(enum crash_point point);
/* For steps that are the rows of another table; no point when "PROCESS.STEP.PHASE" is not in ours.
 */
void crash_at_name(const char *process, const char *step, const char *phase);

#else

#define CRASH_POINT(id)                      ((void)0)
#define CRASH_POINT_OF(process, step, phase) ((void)0)

#endif
