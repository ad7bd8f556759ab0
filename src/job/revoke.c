/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/certificate.h"
#include "app/timeline.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/hash.h"
#include "job/ca_session.h"
#include "job/renew.h"
#include "model/job_kind.h"
#include "model/revocation.h"
#include "store/ca_account_store.h"
#include "store/certificate_end_store.h"
#include "store/certificate_store.h"
#include "store/issuance_store.h"
#include "store/job_store.h"
#include "tls/chain.h"

#define COORDINATE    32             /* octets of x and of y */
#define LOOK_AGAIN_MS INT64_C(60000) /* at the successor; that it is live comes sooner */

/* The public key of a P-256 certificate as a JWK (RFC 7517, RFC 7518 section 6.2). */
static bool jwk_of(struct arena *mem, struct slice leaf, const char **out, struct err *err)
{
    uint16_t offset;

    if (!chain_point_offset(leaf, &offset, err))
        return false;
    *out = arena_printf(
        mem, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}",
        base64url_encode(mem, slice_of(leaf.data + offset + 1, COORDINATE)),
        base64url_encode(mem, slice_of(leaf.data + offset + 1 + COORDINATE, COORDINATE)));
    return true;
}

/* A certificate that its CA is to revoke, and why. */
struct revocation {
    const struct worker *worker;
    struct arena *mem;
    const struct job *job;
    const struct certificate *certificate;
    enum revocation_reason reason;
};

/* Signed by the certificate's own key. */
static bool open_as_key(const struct revocation *r, const struct worker_ca *ca, struct slice key,
                        struct ca_session **out, struct err *err)
{
    if (!ca_session_begin(r->worker, r->mem, ca, out, err))
        return false;
    (*out)->key = (struct worker_key){{r->certificate->id, key}, true};
    return jwk_of(r->mem, r->certificate->leaf, &(*out)->account.jwk, err);
}

/* By the account, but for a compromise by the key itself, while there is one: who shows it says
 * just that, whatever else is said (decision 0066). */
static bool open_session(const struct revocation *r, const struct worker_ca *ca,
                         struct ca_session **out, struct err *err)
{
    struct slice key;

    *out = NULL;
    if (!revocation_is_by_key(r->reason))
        return ca_session_open(r->worker, r->mem, ca, out, err);
    if (!certificate_store_key(r->mem, r->worker->app->db, r->certificate->id, &key, err))
        return false;
    return key.len == 0 ? ca_session_open(r->worker, r->mem, ca, out, err)
                        : open_as_key(r, ca, key, out, err);
}

/* ERR_LOST_RACE: the account is to be registered again first. */
static bool lost_account(const struct worker *worker, const struct ca_session *session,
                         struct err *err)
{
    if (!ca_account_store_move(worker->app->db, session->account_id, CA_ACCOUNT_VALID,
                               CA_ACCOUNT_LOST, NULL, err))
        return false;
    return err_set(err, ERR_LOST_RACE, "the account was lost");
}

static bool revoke(const struct revocation *r, const struct ca_session *session, struct err *err)
{
    CRASH_POINT(REVOKE_BEFORE);
    if (!acme_revoke(r->mem, &session->call, r->certificate->leaf,
                     (enum acme_revocation_reason)revocation_reason_code(r->reason), err))
        return session->account_id && session->problem.reaction == ACME_REGISTER
                   ? lost_account(r->worker, session, err)
                   : false;
    CRASH_POINT(REVOKE_REPLY);
    return true;
}

static bool ask_ca(const struct revocation *r, struct err *err)
{
    struct ca_session *session;
    const struct worker_ca *ca;
    bool is_revoked;

    if (!worker_find_ca(r->worker, r->certificate->ca, &ca, err))
        return false;
    is_revoked = open_session(r, ca, &session, err) && revoke(r, session, err);
    return ca_session_end(r->worker, r->mem, session, is_revoked, err);
}

/* That its CA does not revoke it, once for each reason: it is asked again all the same, and what is
 * returned is the failure of the run. */
static bool refused(const struct revocation *r, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct db *db = r->worker->app->db;
    const struct scope scope = scope_platform();
    const struct err why = *err;
    struct timeline_entry entry = {
        .subject_id = r->certificate->id,
        .kind = "certificate.revocation.failed",
        .text = arena_printf(r->mem, "it could not be revoked yet (%s), and is tried again: %s",
                             r->certificate->revoke_reason, why.text),
    };

    if (why.code == ERR_LOST_RACE ||
        (r->job->last_error && strcmp(r->job->last_error, why.text) == 0))
        return false;
    if (!domain_store_get(r->mem, db, &scope, r->certificate->domain_id, &entry.domain, err) ||
        !job_tx_begin(db, r->job, &tx, err) || !timeline_add(r->mem, tx, &entry, err) ||
        !db_tx_commit(&tx, err))
        return false;
    *err = why;
    return false;
}

static bool store(const struct revocation *r, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct db *db = r->worker->app->db;
    const struct scope scope = scope_platform();
    struct timeline_entry entry = {
        .subject_id = r->certificate->id,
        .kind = "certificate.revoked",
        .text = arena_printf(r->mem, "revoked by its certificate authority (%s)",
                             r->certificate->revoke_reason),
    };

    return domain_store_get(r->mem, db, &scope, r->certificate->domain_id, &entry.domain, err) &&
           job_tx_begin(db, r->job, &tx, err) &&
           certificate_end_store_set_revoked(tx, r->certificate->id, clock_now(), err) &&
           job_store_enqueue(tx, job_kind_name(JOB_RETIRE), r->certificate->domain_id,
                             clock_now() + JOB_RETIRE_AFTER_MS, err) &&
           timeline_add(r->mem, tx, &entry, err) && db_tx_commit(&tx, err);
}

bool job_revoke(void *arg, struct arena *mem, const struct job *job, struct job_result *out,
                struct err *err)
{
    const struct worker *worker = arg;
    const struct scope scope = scope_platform();
    struct revocation revocation = {.worker = worker, .mem = mem, .job = job};
    const struct certificate *certificate;

    if (!certificate_store_get(mem, worker->app->db, &scope, job->subject_id, &certificate, err))
        return false;
    out->is_done = !certificate || !certificate->revoke_reason || certificate->revoked_at ||
                   certificate->not_after_at <= clock_now();
    if (out->is_done)
        return true;
    if (certificate->state == CERTIFICATE_LIVE) {
        out->run_at = clock_now() + LOOK_AGAIN_MS;
        return true;
    }
    if (!revocation_reason_parse(certificate->revoke_reason, &revocation.reason))
        return err_set(err, ERR_STORE, "unknown reason to revoke: \"%.40s\"",
                       certificate->revoke_reason);
    revocation.certificate = certificate;
    out->is_done = true;
    if (!ask_ca(&revocation, err))
        return refused(&revocation, err);
    if (!store(&revocation, err))
        return false;
    CRASH_POINT(REVOKE_COMMIT);
    return true;
}
