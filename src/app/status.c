/* SPDX-License-Identifier: Apache-2.0 */
#include "app/status.h"

#include "app/edge.h"
#include "app/site.h"
#include "base/clock.h"
#include "check/finding.h"
#include "model/watch_pace.h"
#include "store/proof_store.h"
#include "store/watch_store.h"

static bool gather(const struct app *app, const struct scope *scope, struct arena *mem,
                   const char *domain_id, struct status *out, struct err *err)
{
    if (!domain_store_get(mem, app->db, scope, domain_id, &out->domain, err))
        return false;
    if (!out->domain)
        return err_set(err, ERR_NOT_FOUND, "there is no domain %.40s", domain_id);
    return order_store_latest(mem, app->db, scope, domain_id, &out->order, err) &&
           subscription_store_current(mem, app->db, scope, domain_id, &out->subscription, err) &&
           issuance_store_latest(mem, app->db, scope, domain_id, &out->issuance, err) &&
           certificate_store_current(mem, app->db, scope, domain_id, &out->certificate, err) &&
           registration_store_get(mem, app->db, domain_id, &out->registration, err) &&
           domain_vantage_store_get(mem, app->db, domain_id, &out->vantage, err) &&
           (!out->certificate ||
            lost_certificate_store_later(mem, app->db, out->certificate, &out->lost, err)) &&
           (!out->issuance ||
            issuance_name_store_list(mem, app->db, scope, out->issuance->id, &out->names, err));
}

/* An edge is proven when it has proofs, and each of them shows this serial. */
static void judge_edge(const struct edge_proof_list *proofs, const char *edge_id,
                       const char *serial, struct status_edge *out)
{
    int64_t oldest = clock_now() - STATUS_PROOF_MAX_MS;
    bool any = false, all = true;

    for (size_t i = 0; i < proofs->count; i++) {
        const struct edge_proof *proof = &proofs->items[i];

        if (strcmp(proof->edge_id, edge_id) != 0)
            continue;
        any = true;
        all = all && proof->is_ok && proof->serial && strcmp(proof->serial, serial) == 0;
        if (out->proven_at == 0 || proof->at < out->proven_at)
            out->proven_at = proof->at;
    }
    out->is_proven = any && all && out->proven_at >= oldest;
    out->is_last_seen = any && all && out->proven_at < oldest;
}

static bool judge_edges(const struct app *app, const struct scope *scope, struct arena *mem,
                        struct status *out, struct err *err)
{
    struct edge_proof_list proofs = {0};
    struct status_edge *seen;
    struct edge_list edges;

    if (!edge_store_list(mem, app->db, NULL, &edges, err) ||
        (out->certificate &&
         !proof_store_list(mem, app->db, scope, out->certificate->issuance_id, &proofs, err)))
        return false;
    seen = arena_array_of(mem, edges.count, struct status_edge);
    for (size_t i = 0; i < edges.count; i++) {
        const struct edge *edge = &edges.items[i];
        struct edge_seen state = edge_seen_of(edge);

        seen[i] = (struct status_edge){.name = edge->name,
                                       .condition = edge_condition_of(&state, clock_now()),
                                       .standing = edge->standing,
                                       .is_counted = edge_is_counted(&state, clock_now())};
        if (out->certificate && !out->lost)
            judge_edge(&proofs, edge->id, out->certificate->serial, &seen[i]);
        out->counted += seen[i].is_counted;
        out->proven += seen[i].is_counted && seen[i].is_proven;
    }
    out->edges = seen;
    out->edge_count = edges.count;
    return true;
}

/* Whether only the operator can help: an edge must come back. */
static bool is_without_edge(const struct status *status)
{
    static const enum edge_wait_for waits[] = {EDGE_WAIT_NO_EDGE, EDGE_WAIT_NONE_HAS};
    const char *code = status->issuance ? status->issuance->error_code : NULL;

    for (size_t i = 0; code && i < ARRAY_LEN(waits); i++)
        if (strcmp(code, edge_wait_code(waits[i])) == 0)
            return true;
    return status->counted == 0;
}

/* The first finding that keeps a name from being ordered; false when there is none. */
static bool find_worst(struct arena *mem, const struct issuance_name_list *names,
                       struct finding *out)
{
    for (size_t i = 0; i < names->count; i++)
        if (status_read_error(mem, names->items[i].finding, out))
            return true;
    return false;
}

/* Who must act about it. */
static enum who_acts who_must_act(struct arena *mem, const struct issuance_name_list *names)
{
    struct finding worst;

    return find_worst(mem, names, &worst) ? worst.who_acts : WHO_NOBODY;
}

static bool has_records(const struct finding *finding)
{
    for (size_t i = 0; i < finding->consequence_count; i++)
        if (finding->consequences[i].action_count > 0)
            return true;
    return finding->action_count > 0;
}

/* What somebody must do so that the names pass: set records, where there are any to set. */
static const char *say_action(struct arena *mem, const struct status *status)
{
    enum who_acts who = status->badge.who_acts;
    const char *name = who == WHO_OWNER ? "domain owner" : who_acts_name(who);
    struct finding worst;

    if (find_worst(mem, &status->names, &worst) && !has_records(&worst))
        return arena_printf(mem, "It waits for the %s: %s. The names are looked at by themselves.",
                            name, worst.title);
    return arena_printf(
        mem, "The %s must set DNS records; all goes on by itself once they are there.", name);
}

/* Who must act so that a name joins the certificate. */
static enum who_acts left_out_who(const struct status *status)
{
    for (size_t i = 0; i < status->domain_name_count; i++)
        if (!status->domain_names[i].is_secured && status->domain_names[i].who_acts != WHO_NOBODY)
            return status->domain_names[i].who_acts;
    return WHO_NOBODY;
}

static void judge_badge(struct arena *mem, struct status *out)
{
    const struct status_name *risk = status_at_risk(out);
    struct badge_facts facts = {.has_issuance = out->issuance != NULL,
                                .is_without_edge = is_without_edge(out),
                                .who_acts = who_must_act(mem, &out->names)};

    if (risk)
        facts.who_acts = risk->who_acts;
    if (out->certificate) {
        facts.is_live = out->certificate->state == CERTIFICATE_LIVE;
        facts.not_after_at = out->certificate->not_after_at;
        facts.is_renewal_failing = out->renewal.is_risk || risk;
        facts.left_out = left_out_who(out);
        facts.is_later_shown = out->lost != NULL;
        if (!trust_parse(out->certificate->trust, &facts.trust))
            facts.trust = TRUST_OTHER;
    }
    if (out->issuance)
        facts.issuance = out->issuance->state;
    if (out->issuance && out->certificate &&
        strcmp(out->issuance->id, out->certificate->issuance_id) == 0 && facts.is_live)
        facts.has_issuance = false;
    out->badge = badge_of(&facts, clock_now());
    out->badge_text = badge_text(mem, &out->badge);
}

/* What happens next in each state of an issuance, for people. */
static const char *const next_texts[ISSUANCE_STATE_COUNT] = {
    [ISSUANCE_WAITING_DNS] = "The names are checked again by themselves.",
    [ISSUANCE_ADMITTED] = "Key and certificate request are being made.",
    [ISSUANCE_ORDERING] = "The certificate is being ordered from the certificate authority.",
    [ISSUANCE_PUBLISHING] = "The CDN locations are taking up the validation.",
    [ISSUANCE_VALIDATING] = "The certificate authority is validating the names.",
    [ISSUANCE_FINALIZING] = "The certificate authority is issuing the certificate.",
    [ISSUANCE_ISSUED] = "The certificate is on its way to the CDN locations.",
    [ISSUANCE_STAGING] = "The CDN locations are taking up the new certificate beside the old one.",
    [ISSUANCE_DEPLOYING] = "The CDN locations are taking up the certificate.",
    [ISSUANCE_LIVE] = "Nothing needs to be done.",
    [ISSUANCE_PARKED] = "It waits for the operator.",
    [ISSUANCE_FAILED] = "The order has ended; it can be placed again.",
};

/* A certificate is live, and nothing is under way: what names wait for; false when none does. */
static bool say_names(struct arena *mem, struct status *out)
{
    const struct status_name *name = status_left_out(out);

    if (!name)
        return false;
    out->next =
        arena_printf(mem, "%zu of %zu names are secured; %s is %s the next certificate.",
                     out->secured_names, out->domain_name_count, name->name->name,
                     name->name->passed_at ? "ready, and joins"
                                           : "not ready, is looked at by itself, and joins");
    out->next_at = name->name->next_look_at;
    return true;
}

/* A name of the live certificate does not pass any more; false when all do. */
static bool say_risk(struct arena *mem, struct status *out)
{
    const struct status_name *risk = status_at_risk(out);

    if (!risk)
        return false;
    out->next = arena_printf(
        mem,
        "%s. The certificate is served until %s, and cannot be renewed with %s "
        "before that is mended; it is looked at by itself.",
        risk->risk, clock_text_in(mem, out->certificate->not_after_at), risk->name->name);
    out->next_at = risk->name->next_look_at;
    return true;
}

static void say_next(struct arena *mem, struct status *out)
{
    const struct issuance *issuance = out->issuance;

    if (!issuance) {
        out->next = "No certificate has been ordered.";
        return;
    }
    if (say_risk(mem, out))
        return;
    if (issuance_state_is_final(issuance->state) && out->certificate &&
        out->certificate->state == CERTIFICATE_LIVE && say_names(mem, out))
        return;
    out->next = next_texts[issuance->state];
    if (out->lost && issuance_state_is_final(issuance->state)) {
        out->next = "The CDN locations show a later certificate than is known here, for the data "
                    "was restored from an older copy; another one is issued by itself.";
        return;
    }
    out->next_at = issuance_state_is_final(issuance->state) ? 0 : issuance->next_try_at;
    if (out->renewal.state == RENEWAL_SCHEDULED || out->renewal.state == RENEWAL_STOPPED) {
        out->next = out->renewal.next;
        out->next_at = out->renewal.at;
        return;
    }
    if (out->badge.kind == BADGE_ACTION_NEEDED && is_without_edge(out))
        out->next = "The operator brings a CDN location back; it then goes on by itself.";
    else if (out->badge.kind == BADGE_ACTION_NEEDED && issuance->state == ISSUANCE_WAITING_DNS)
        out->next = say_action(mem, out);
    else if (issuance->error_text && !issuance_state_is_final(issuance->state))
        out->next = arena_printf(mem, "%s (%s)", out->next, issuance->error_text);
}

/* Where visitors end up: the canonical host, and the port where it is not 443. */
static bool find_url(const struct app *app, const struct scope *scope, struct arena *mem,
                     struct status *out, struct err *err)
{
    int64_t port = app->config->edge.https_port;
    const struct text_list *covered = NULL;
    const struct site *site = NULL;
    struct name_set names;
    const char *name;

    if (!app_domain_names(app, mem, out->domain, &names, err) ||
        (out->domain->site_id &&
         !site_store_get(mem, app->db, scope, out->domain->site_id, &site, err)))
        return false;
    if (out->certificate && out->certificate->state == CERTIFICATE_LIVE)
        covered = &out->certificate->names;
    name = site ? app_site_canonical(site, &names, covered) : out->domain->name;
    out->site_url = port == 443 ? arena_printf(mem, "https://%s", name)
                                : arena_printf(mem, "https://%s:%lld", name, (long long)port);
    return true;
}

/* As job/issue_check.h ends it. */
static bool find_lapse(const struct app *app, struct arena *mem, struct status *out,
                       struct err *err)
{
    const struct domain_watch *watch;

    if (!out->order || out->order->state != ORDER_PLACED || !out->issuance ||
        out->issuance->state != ISSUANCE_WAITING_DNS)
        return true;
    if (!watch_store_get(mem, app->db, out->domain->id, &watch, err))
        return false;
    out->lapses_at = watch_waits_until(watch ? watch->cared_at : 0, out->issuance->created_at);
    return true;
}

/* `app` with a view of the store. */
static bool look(const struct app *app, const struct scope *scope, struct arena *mem,
                 const char *domain_id, struct status *out, struct err *err)
{
    return gather(app, scope, mem, domain_id, out, err) &&
           status_names(app, scope, mem, out, err) && judge_edges(app, scope, mem, out, err) &&
           app_status_renewal(app, scope, mem, out, err) && find_url(app, scope, mem, out, err) &&
           find_lapse(app, mem, out, err);
}

bool app_status(const struct app *app, const struct caller *caller, struct arena *mem,
                const char *domain_id, struct status *out, struct err *err)
{
    AUTO(db_view_endp) struct db *view = NULL;
    struct status status = {0};
    struct app seen = *app;

    if (!db_view_begin(app->db, &view, err))
        return false;
    seen.db = view;
    if (!look(&seen, &caller->scope, mem, domain_id, &status, err))
        return false;
    judge_badge(mem, &status);
    say_next(mem, &status);
    *out = status;
    return true;
}
