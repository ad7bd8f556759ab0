/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/certificate.h"
#include "app/timeline.h"
#include "base/clock.h"
#include "base/crash.h"
#include "job/ca_session.h"
#include "job/renew.h"
#include "model/revocation.h"
#include "store/ca_account_store.h"
#include "store/certificate_store.h"
#include "store/issuance_store.h"

#define LOOK_AGAIN_MS INT64_C(60000) /* at the successor; that it is live comes sooner */

static bool find_ca(const struct worker *worker, struct arena *mem,
                    const struct certificate *certificate, const struct worker_ca **out,
                    struct err *err)
{
    const struct scope scope = scope_platform();
    const struct issuance *made;

    if (!issuance_store_get(mem, worker->app->db, &scope, certificate->issuance_id, &made, err))
        return false;
    if (!made)
        return err_set(err, ERR_STORE, "certificate %s has no issuance", certificate->id);
    return worker_find_ca(worker, made->ca, out, err);
}

/* The account is gone at the CA: the next run registers its key again. */
static bool note_lost(const struct worker *worker, const struct ca_session *session)
{
    struct err ignored;

    if (session->problem.type != ACME_PROBLEM_NONE && session->problem.reaction == ACME_REGISTER)
        return ca_account_store_move(worker->app->db, session->account_id, CA_ACCOUNT_VALID,
                                     CA_ACCOUNT_LOST, NULL, &ignored);
    return true;
}

static bool ask_ca(const struct worker *worker, struct arena *mem,
                   const struct certificate *certificate, enum revocation_reason reason,
                   struct err *err)
{
    const struct worker_ca *ca;
    struct ca_session *session;

    if (!find_ca(worker, mem, certificate, &ca, err) ||
        !ca_session_open(worker, mem, ca, &session, err))
        return false;
    CRASH_POINT(REVOKE_BEFORE);
    if (acme_revoke(mem, &session->call, certificate->leaf,
                    (enum acme_revocation_reason)revocation_reason_code(reason), err)) {
        CRASH_POINT(REVOKE_REPLY);
        return true;
    }
    (void)note_lost(worker, session);
    return false;
}

static bool store(const struct worker *worker, struct arena *mem,
                  const struct certificate *certificate, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct scope scope = scope_platform();
    struct timeline_entry entry = {
        .subject_id = certificate->id,
        .kind = "certificate.revoked",
        .text = arena_printf(mem, "revoked by its certificate authority (%s)",
                             certificate->revoke_reason),
    };

    return domain_store_get(mem, worker->app->db, &scope, certificate->domain_id, &entry.domain,
                            err) &&
           db_tx_begin(worker->app->db, &tx, err) &&
           certificate_store_set_revoked(tx, certificate->id, clock_now(), err) &&
           timeline_add(mem, tx, &entry, err) && db_tx_commit(&tx, err);
}

bool job_revoke(void *arg, struct arena *mem, const struct job *job, struct job_result *out,
                struct err *err)
{
    const struct worker *worker = arg;
    const struct scope scope = scope_platform();
    const struct certificate *certificate;
    enum revocation_reason reason;

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
    if (!revocation_reason_parse(certificate->revoke_reason, &reason))
        return err_set(err, ERR_STORE, "unknown reason to revoke: \"%.40s\"",
                       certificate->revoke_reason);
    out->is_done = true;
    if (!ask_ca(worker, mem, certificate, reason, err) || !store(worker, mem, certificate, err))
        return false;
    CRASH_POINT(REVOKE_COMMIT);
    return true;
}
