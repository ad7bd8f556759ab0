/* SPDX-License-Identifier: Apache-2.0 */
#include "job/name_check.h"

#include <string.h>

#include "app/claim.h"
#include "app/delegation.h"
#include "app/expected.h"
#include "app/vantage_ask.h"
#include "base/log.h"
#include "check/far_end.h"
#include "job/name_at_risk.h"
#include "model/hostname.h"
#include "store/domain_vantage_store.h"
#include "store/registration_store.h"
#include "store/subscription_store.h"

static bool has_star(const struct name_check *want, const char *base)
{
    for (size_t i = 0; i < want->count; i++)
        if (hostname_is_wildcard(want->names[i]) &&
            strcmp(hostname_base(want->names[i]), base) == 0)
            return true;
    return false;
}

/* A name below a star is delegated together with it. */
static bool is_proven_in_dns(const struct name_check *want, const char *name)
{
    if (hostname_is_wildcard(name))
        return true;
    return want->ca && want->ca->challenge == CONFIG_DNS_01 && !has_star(want, name);
}

static bool find_delegations(const struct worker *worker, struct arena *mem,
                             const struct name_check *want, const struct check_delegation **out,
                             struct err *err)
{
    struct check_delegation *list = arena_array_of(mem, want->count, struct check_delegation);

    for (size_t i = 0; i < want->count; i++) {
        const struct delegated what = {want->domain->id, want->names[i]};
        const struct delegation *delegation = NULL;

        if (is_proven_in_dns(want, want->names[i]) &&
            !app_delegation_make(worker->app, mem, &what, &delegation, err))
            return false;
        if (delegation)
            list[i] = (struct check_delegation){delegation->name, delegation->targets,
                                                delegation->target_count};
    }
    *out = list;
    return true;
}

/* Names below another account's star do not pass, wherever they lead. */
static bool take_others(const struct worker *worker, struct arena *mem,
                        const struct name_check *want, struct check_report *report, struct err *err)
{
    bool *is_taken = arena_array_of(mem, report->name_count, bool);

    for (size_t i = 0; i < report->name_count; i++) {
        struct claim_look look;

        if (!app_claim_look(mem, worker->app->db, want->domain->id, report->names[i].name, &look,
                            err))
            return false;
        is_taken[i] = look.is_under_star;
    }
    check_report_take(mem, report, is_taken, want->retry_at);
    return true;
}

/* Until when the registration ought to last; 0: that is not asked. */
static bool find_needed_until(const struct worker *worker, struct arena *mem,
                              const struct name_check *want, int64_t *out, struct err *err)
{
    const struct scope scope = scope_platform();
    const struct subscription *subscription = NULL;

    if (worker->rdap && !subscription_store_current(mem, worker->app->db, &scope, want->domain->id,
                                                    &subscription, err))
        return false;
    *out = subscription ? subscription->term_end_at : 0;
    return true;
}

/* Of all that a check sees this alone is of the domain, and is kept with it. */
static bool keep_registration(const struct worker *worker, struct arena *mem,
                              const struct name_check *want, const struct registration *said,
                              struct err *err)
{
    struct domain_registration kept = {.domain_id = want->domain->id,
                                       .is_registered = said->is_registered,
                                       .expires_at = said->expires_at,
                                       .seen_at = said->seen_at};
    const struct domain_registration *last;

    if (!said->is_known)
        return true;
    if (!registration_store_get(mem, worker->app->db, kept.domain_id, &last, err))
        return false;
    if (last && last->seen_at >= kept.seen_at)
        return true;
    kept.states = name_check_text(mem, registration_states_to_json(said));
    return registration_store_save(worker->app->db, &kept, err);
}

/* So are the vantage points of the last check that was to ask them. */
static bool keep_vantages(const struct worker *worker, struct arena *mem,
                          const struct name_check *want, const struct check_report *report,
                          struct err *err)
{
    struct db *db = worker->app->db;
    struct domain_vantage kept = {.domain_id = want->domain->id, .seen_at = report->at};
    const struct domain_vantage *last;

    if (!want->is_from_elsewhere)
        return true;
    if (report->vantage_count > 0) {
        kept.seen = name_check_text(mem, check_vantages_to_json(report));
        return domain_vantage_store_save(db, &kept, err);
    }
    return domain_vantage_store_get(mem, db, kept.domain_id, &last, err) &&
           (!last || domain_vantage_store_drop(db, kept.domain_id, err));
}

bool name_check_run(const struct worker *worker, struct arena *mem, const struct name_check *want,
                    struct check_report *out, struct err *err)
{
    int64_t needed_until;
    struct check_names names = {
        .names = want->names, .count = want->count, .registered = want->domain->registered_domain};
    struct app_expected expected;
    struct vantage_asking asking;
    struct caa_wanted caa;
    struct check_env env;

    if (!app_expected_of(worker->app, mem, want->domain->partner_id, &expected, err) ||
        !find_delegations(worker, mem, want, &names.delegations, err) ||
        !find_needed_until(worker, mem, want, &needed_until, err) ||
        !app_caa_find(worker->app, mem, want->ca ? want->ca->id : NULL, &caa, err))
        return false;
    app_vantage_open(&asking, worker->app, worker->signer);
    env = (struct check_env){
        .resolver = worker->resolver,
        .rdap = worker->rdap,
        .needed_until = needed_until,
        .check_key = worker->check_key,
        .brand = expected.brand,
        .http_port = (uint16_t)worker->app->config->edge.http_port,
        .https_port = (uint16_t)worker->app->config->edge.https_port,
        .retry_at = want->retry_at,
        .reach = expected.reach,
        .caa = caa,
        .http_ms = (int)worker->app->config->check.http_ms,
        .vantages = want->is_from_elsewhere ? &asking.asker : NULL,
    };
    if (!check_run(mem, &env, &names, &expected.addresses, out, err))
        return false;
    if (asking.err.code != ERR_NONE)
        LOG(WARN, "worker.vantages", KS("domain", want->domain->id), KERR(&asking.err));
    return keep_vantages(worker, mem, want, out, err) &&
           far_end_find(mem, worker->resolver, &env.reach, &out->far, err) &&
           keep_registration(worker, mem, want, &out->registration, err) &&
           take_others(worker, mem, want, out, err);
}

const char *name_check_text(struct arena *mem, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    const char *copy = text ? arena_strdup(mem, text) : NULL;

    free(text);
    json_decref(json);
    return copy;
}

void name_check_take(struct arena *mem, const struct check_report *report, int64_t retry_at,
                     struct domain_name *name)
{
    const struct check_name *seen = NULL;
    bool passes;

    for (size_t i = 0; i < report->name_count && !seen; i++)
        if (strcmp(report->names[i].name, name->name) == 0)
            seen = &report->names[i];
    if (!seen)
        return;
    passes = seen->verdict == DNS_OK;
    name->next_look_at = passes ? 0 : retry_at;
    name->checked_at = report->at;
    name->dns_state = dns_verdict_name(seen->verdict);
    if (!passes || name->held_until <= report->at)
        name->finding = seen->finding ? name_check_text(mem, finding_to_json(seen->finding)) : NULL;
    if (!passes)
        name->passed_at = 0;
    else if (!name->passed_at)
        name->passed_at = report->at;
}

bool name_check_save(struct arena *mem, struct db *tx, const struct name_check_of *of,
                     struct domain_name *name, struct err *err)
{
    return name_risk_settle(mem, tx, of, name, err) && domain_name_store_save(tx, name, err) &&
           (!name->passed_at ||
            app_claim_prove(mem, tx, name->domain_id, name->name, name->passed_at, err));
}
