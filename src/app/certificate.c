/* SPDX-License-Identifier: Apache-2.0 */
#include "app/certificate.h"

#include "app/issuance.h"
#include "app/leave.h"
#include "app/timeline.h"
#include "base/clock.h"
#include "model/job_kind.h"
#include "store/certificate_end_store.h"
#include "store/job_store.h"

/* What both are about: a domain, its term, and what is live of it. */
struct matter {
    const struct domain *domain;
    const struct subscription *subscription; /* the running one, or NULL */
    const struct certificate *live;          /* or NULL */
    const struct issuance *latest;           /* or NULL */
};

static bool gather(struct arena *mem, struct db *db, const struct caller *caller,
                   const char *domain_id, struct matter *out, struct err *err)
{
    const struct scope *scope = &caller->scope;

    if (!domain_store_get(mem, db, scope, domain_id, &out->domain, err) ||
        !subscription_store_current(mem, db, scope, domain_id, &out->subscription, err) ||
        !certificate_store_current(mem, db, scope, domain_id, &out->live, err) ||
        !issuance_store_latest(mem, db, scope, domain_id, &out->latest, err))
        return false;
    if (!out->domain)
        return err_set(err, ERR_STORE, "domain %s is not in the store", domain_id);
    if (out->live && out->live->state != CERTIFICATE_LIVE)
        out->live = NULL;
    return true;
}

static bool is_under_way(const struct matter *matter)
{
    return matter->latest && !issuance_state_is_final(matter->latest->state);
}

/* ---- reissue ---- */

static bool check_limit(struct arena *mem, struct db *tx, const struct subscription *subscription,
                        int64_t now, struct err *err)
{
    struct issuance_count recent;

    if (!issuance_store_count_reissues(mem, tx, subscription, now - APP_REISSUE_SPAN_MS, &recent,
                                       err))
        return false;
    if (recent.count < APP_REISSUES)
        return true;
    (void)err_set(err, ERR_RATE_LIMITED, "%d reissues a week are possible; the next one from %s on",
                  APP_REISSUES, clock_text_in(mem, recent.first_at + APP_REISSUE_SPAN_MS));
    err->retry_at = recent.first_at + APP_REISSUE_SPAN_MS;
    return false;
}

static bool find_subscription(struct arena *mem, struct db *db, const struct caller *caller,
                              const char *id, const struct subscription **out, struct err *err)
{
    if (!subscription_store_get(mem, db, &caller->scope, id, out, err))
        return false;
    if (!*out)
        return err_set(err, ERR_NOT_FOUND, "there is no subscription %.40s", id);
    if (!subscription_is_served((*out)->state))
        return err_set(err, ERR_CONFLICT, "the subscription is %s",
                       subscription_state_name((*out)->state));
    return true;
}

static bool check_domain(const struct domain *domain, struct err *err)
{
    if (domain->is_removed)
        return err_set(err, ERR_CONFLICT, "%s was removed from the account", domain->name);
    if (!domain->site_id)
        return err_set(err, ERR_CONFLICT, "%s is not attached to a site: attach it first",
                       domain->name);
    return true;
}

bool app_subscription_reissue(const struct app *app, const struct caller *caller, struct arena *mem,
                              const char *subscription_id, const struct issuance **out,
                              struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct subscription *subscription;
    struct matter matter;
    struct timeline_entry entry = {.subject_id = subscription_id,
                                   .kind = "certificate.reissue.started",
                                   .text = "a new certificate with a new key was asked for"};

    if (!db_tx_begin(app->db, &tx, err) ||
        !find_subscription(mem, tx, caller, subscription_id, &subscription, err) ||
        !gather(mem, tx, caller, subscription->domain_id, &matter, err) ||
        !check_domain(matter.domain, err) || !check_limit(mem, tx, subscription, clock_now(), err))
        return false;
    entry.domain = matter.domain;
    return app_issuance_replace(app, mem, tx,
                                &(struct replacement){.domain = matter.domain,
                                                      .subscription = subscription,
                                                      .old = matter.live,
                                                      .reason = ISSUANCE_FOR_REISSUE},
                                out, err) &&
           timeline_add(mem, tx, &entry, err) && db_tx_commit(&tx, err);
}

/* ---- revocation ---- */

static bool nothing_remains(const struct matter *matter, const char *why, struct err *err)
{
    (void)err_field(err, "leave_unsecured",
                    "%s: nothing would secure %s any more; say that this is wanted", why,
                    matter->domain->name);
    err->code = ERR_CONFLICT;
    return false;
}

/* A live certificate has a successor under way before it is revoked. */
static bool begin_successor(const struct app *app, struct arena *mem, struct db *tx,
                            const struct matter *matter, enum revocation_reason reason,
                            struct err *err)
{
    const struct replacement want = {.domain = matter->domain,
                                     .subscription = matter->subscription,
                                     .old = matter->live,
                                     .reason = ISSUANCE_FOR_REVOKED};
    const struct issuance *issuance;

    if (reason == REVOCATION_CESSATION_OF_OPERATION)
        return nothing_remains(matter, "with this reason no new certificate is made", err);
    if (!matter->subscription || matter->domain->is_removed || !matter->domain->site_id)
        return nothing_remains(matter, "it has no running subscription", err);
    return is_under_way(matter) || app_issuance_replace(app, mem, tx, &want, &issuance, err);
}

/* What is under way would secure the domain again; an order has its own way to be cancelled. When
 * the key may go the job knows by itself. */
static bool take_off(struct arena *mem, struct db *tx, const struct matter *matter, struct err *err)
{
    bool is_replaced = is_under_way(matter) && !matter->latest->order_id;
    int64_t now = clock_now();

    return (!is_replaced || app_issuance_cancel(mem, tx, matter->latest, err)) &&
           certificate_end_store_set_ended(tx, matter->live->id, now, err) &&
           job_store_enqueue(tx, job_kind_name(JOB_PUBLISH), matter->domain->id, now, err) &&
           job_store_enqueue(tx, job_kind_name(JOB_RETIRE), matter->domain->id, now, err);
}

static bool is_live(const struct matter *matter, const struct revocation_input *in)
{
    return matter->live && strcmp(matter->live->id, in->certificate_id) == 0;
}

/* Visitors must not need what is going to be revoked. */
static bool free_visitors(const struct app *app, struct arena *mem, struct db *tx,
                          const struct revocation_input *in, const struct matter *matter,
                          struct err *err)
{
    if (!is_live(matter, in))
        return true;
    return in->is_left_unsecured ? take_off(mem, tx, matter, err)
                                 : begin_successor(app, mem, tx, matter, in->reason, err);
}

static bool ask(const struct caller *caller, struct arena *mem, struct db *tx,
                const struct revocation_input *in, const struct matter *matter, struct err *err)
{
    const char *why = revocation_reason_name(in->reason);
    const struct timeline_entry entry = {
        .domain = matter->domain,
        .subject_id = in->certificate_id,
        .kind = "certificate.revocation.started",
        .text = arena_printf(mem, "it is to be revoked (%s)%s", why,
                             !is_live(matter, in)    ? ""
                             : in->is_left_unsecured ? " and is taken off the site at once"
                                                     : ", once another one is live"),
    };

    return certificate_end_store_ask_revoked(tx, &caller->scope, in->certificate_id, why, err) &&
           job_store_enqueue(tx, job_kind_name(JOB_REVOKE), in->certificate_id, clock_now(), err) &&
           timeline_add(mem, tx, &entry, err);
}

static bool check_revocable(const struct certificate *certificate, const struct matter *matter,
                            struct err *err)
{
    if (certificate->not_after_at <= clock_now())
        return err_set(err, ERR_CONFLICT,
                       "the certificate has expired: there is nothing to revoke");
    if (certificate->state == CERTIFICATE_ISSUED && is_under_way(matter))
        return err_set(err, ERR_CONFLICT,
                       "the certificate is on its way to the CDN locations: it can be revoked when "
                       "it is live");
    return true;
}

static bool find_certificate(struct arena *mem, struct db *db, const struct caller *caller,
                             const char *id, const struct certificate **out, struct err *err)
{
    if (!certificate_store_get(mem, db, &caller->scope, id, out, err))
        return false;
    return *out || err_set(err, ERR_NOT_FOUND, "there is no certificate %.40s", id);
}

bool app_certificate_revoke(const struct app *app, const struct caller *caller, struct arena *mem,
                            const struct revocation_input *in, const struct certificate **out,
                            struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct certificate *certificate;
    struct matter matter;

    if (!db_tx_begin(app->db, &tx, err) ||
        !find_certificate(mem, tx, caller, in->certificate_id, &certificate, err))
        return false;
    if (!certificate->revoke_reason &&
        (!gather(mem, tx, caller, certificate->domain_id, &matter, err) ||
         !check_revocable(certificate, &matter, err) ||
         !free_visitors(app, mem, tx, in, &matter, err) || !ask(caller, mem, tx, in, &matter, err)))
        return false;
    return find_certificate(mem, tx, caller, in->certificate_id, out, err) &&
           db_tx_commit(&tx, err);
}
