/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <jansson.h>

#include "app/timeline.h"
#include "base/crash.h"
#include "base/id.h"
#include "job/issue.h"
#include "job/name_check.h"
#include "job/name_history.h"
#include "job/watch.h"
#include "model/job_kind.h"
#include "model/name_choice.h"
#include "model/watch_pace.h"
#include "store/check_store.h"
#include "store/job_store.h"
#include "store/watch_store.h"

/*
 * waiting_dns: every name is looked at (DNS, then our own check path over HTTP) before the CA is
 * asked; what is wrong stands as a finding at each name, and it is looked at again by itself, often
 * at first, later less. The certificate is asked for the names that pass (model/name_choice.h); the
 * others wait alone (job/names.h).
 */

/* The names are those that the domain has now: an alias may have come or gone. */
static bool load_names(struct issue *is, struct err *err)
{
    const struct scope scope = scope_platform();
    struct issuance_name *names;
    struct domain_name_list list;

    if (!domain_name_store_list(is->mem, is->worker->app->db, &scope, is->domain->id, &list, err))
        return false;
    if (list.count == 0)
        return err_set(err, ERR_STORE, "domain %s has no names", is->domain->id);
    is->looked = arena_memdup(is->mem, list.items, list.count * sizeof(*list.items));
    is->looked_count = list.count;
    names = arena_array_of(is->mem, is->name_count + list.count, struct issuance_name);
    memcpy(names, is->names, is->name_count * sizeof(*names));
    is->names = names;
    for (size_t i = 0; i < list.count; i++)
        if (!issue_find_name(is, list.items[i].name))
            is->names[is->name_count++] = (struct issuance_name){.issuance_id = is->issuance->id,
                                                                 .name = list.items[i].name,
                                                                 .challenge_state = CHALLENGE_NONE};
    return true;
}

static bool load_watch(struct issue *is, struct err *err)
{
    const struct scope scope = scope_platform();
    struct db *db = is->worker->app->db;

    if (!watch_store_get(is->mem, db, is->domain->id, &is->watch, err) ||
        !certificate_store_current(is->mem, db, &scope, is->domain->id, &is->live, err))
        return false;
    if (is->live && is->live->state != CERTIFICATE_LIVE)
        is->live = NULL;
    is->look_again_at =
        watch_again_at(is->worker->app->config, is->watch, is->issuance->created_at, is->now);
    return true;
}

static bool look(struct issue *is, struct check_report *report, struct err *err)
{
    const char **names = arena_array_of(is->mem, is->looked_count, const char *);
    const struct name_check want = {.domain = is->domain,
                                    .names = names,
                                    .count = is->looked_count,
                                    .ca = is->ca->config,
                                    .retry_at = is->look_again_at,
                                    .is_from_elsewhere = true};

    for (size_t i = 0; i < is->looked_count; i++)
        names[i] = is->looked[i].name;
    return name_check_run(is->worker, is->mem, &want, report, err);
}

/* Puts verdict and finding at each name; true when one of them differs from before. */
static bool take_verdicts(struct issue *is, const struct check_report *report)
{
    bool is_changed = false;

    for (size_t i = 0; i < is->looked_count; i++) {
        struct issuance_name *name = issue_find_name(is, is->looked[i].name);

        name_check_take(is->mem, report, is->look_again_at, &is->looked[i]);
        is_changed =
            is_changed || !name->dns_state || strcmp(is->looked[i].dns_state, name->dns_state) != 0;
        name->dns_state = is->looked[i].dns_state;
        name->finding = is->looked[i].finding;
    }
    return is_changed;
}

static const char *wire_outcome(enum check_outcome outcome)
{
    switch (outcome) {
    case CHECK_READY:
        return "ready";
    case CHECK_PARTLY:
    case CHECK_NOT_READY:
        return "not_ready";
    case CHECK_UNKNOWN:
        return "unknown";
    }
    return "unknown";
}

static bool add_run(struct issue *is, struct db *tx, struct err *err)
{
    const struct check_report *report = is->report;
    const struct check_run run = {
        .id = id_new(is->mem, ID_CHECK),
        .partner_id = is->domain->partner_id,
        .account_id = is->domain->account_id,
        .domain_id = is->domain->id,
        .name = is->domain->name,
        .at = report->at,
        .verdict = wire_outcome(report->outcome),
        .findings = name_check_text(is->mem, check_findings_to_json(report)),
    };

    return check_store_add(tx, &run, err);
}

/* --- which names --- */

static int64_t passed_at(const struct issue *is, const struct domain_name *name)
{
    return name->held_until > is->now ? 0 : name->passed_at;
}

/* What is looked at does not wait for others when it is there to join them, and nobody waits for
 * what the CA does not take. */
static struct name_choice choose(struct issue *is)
{
    struct name_look *looks = arena_array_of(is->mem, is->looked_count, struct name_look);
    bool is_joining = is->issuance->reason == ISSUANCE_FOR_NAME_JOINED;
    size_t count = 0;

    for (size_t i = 0; i < is->looked_count; i++)
        if (is->looked[i].held_until <= is->now)
            looks[count++] = (struct name_look){
                .is_own = strcmp(is->looked[i].name, is->domain->name) == 0,
                .passed_at = passed_at(is, &is->looked[i]),
            };
    return name_choice_of(looks, count, is_joining ? 0 : is->worker->app->config->check.patience_ms,
                          is->now);
}

/* False when an issuance for a name that joins would have no name that is not served. */
static bool has_gain(const struct issue *is, enum name_choice_kind kind)
{
    bool has = is->issuance->reason != ISSUANCE_FOR_NAME_JOINED || kind == CHOICE_WAIT_OWN;

    for (size_t i = 0; i < is->looked_count && !has; i++)
        has = passed_at(is, &is->looked[i]) &&
              !(is->live && text_list_has(is->live->names, is->looked[i].name));
    return has;
}

/* Said once for as long as it lasts. */
static bool tell_left_out(struct issue *is, struct db *tx, struct domain_name *name,
                          struct err *err)
{
    const struct timeline_entry entry = {
        .domain = is->domain,
        .subject_id = is->domain->id,
        .kind = "name.left_out",
        .text = arena_printf(is->mem,
                             "%s is not ready: the certificate is issued without it, and it joins "
                             "by itself",
                             name->name),
        .data = name->finding,
    };

    if (name->is_told)
        return true;
    name->is_told = true;
    return timeline_add(is->mem, tx, &entry, err);
}

/* For issue_commit(): what was seen, and who is left out when the certificate is asked for. Runs of
 * checks are kept where something changed: a name that stays wrong makes no rows. */
static bool store_looks(struct issue *is, struct db *tx, struct err *err)
{
    const struct name_check_of of = {is->domain, is->live};

    for (size_t i = 0; i < is->looked_count; i++) {
        struct domain_name *name = &is->looked[i];

        if (passed_at(is, name))
            name->is_told = false;
        else if (is->issuance->state == ISSUANCE_ADMITTED && !tell_left_out(is, tx, name, err))
            return false;
        if (!name_check_save(is->mem, tx, &of, name, err))
            return false;
    }
    if (!name_history_keep(is->mem, tx, is->domain, is->report, err) ||
        !watch_keep_servers(is->mem, tx, is->watch, is->report, err) ||
        (is->is_report_new && !add_run(is, tx, err)))
        return false;
    return is->issuance->state != ISSUANCE_FAILED ||
           job_store_enqueue(tx, job_kind_name(JOB_NAMES), is->domain->id, is->now, err);
}

/* Key and request are made for these names. */
static bool go(struct issue *is, struct err *err)
{
    struct issuance *issuance = is->issuance;
    const char *text = NULL;
    size_t count = 0;

    for (size_t i = 0; i < is->name_count; i++)
        is->names[i].is_chosen = false;
    for (size_t i = 0; i < is->looked_count; i++) {
        struct issuance_name *name = issue_find_name(is, is->looked[i].name);

        assert(name); /* load_names() has put it there */
        name->is_chosen = passed_at(is, &is->looked[i]);
        count += name->is_chosen;
    }
    if (count < is->looked_count)
        text = arena_printf(is->mem, "%zu of %zu names point to us", count, is->looked_count);
    issuance->error_code = issuance->error_text = NULL;
    issuance->next_try_at = 0;
    issuance->certificate_id = issuance->key_type = NULL;
    issuance->sealed_key = issuance->public_key = issuance->csr = (struct slice){NULL, 0};
    if (!issue_commit(is,
                      &(struct issue_change){
                          .event = ISSUANCE_EVENT_DNS_OK, .text = text, .also = store_looks},
                      err))
        return false;
    CRASH_POINT(CHECK_COMMIT);
    return true;
}

/* Only an order ends: what takes the place of a certificate is asked for as long as there is a term
 * (job/renew.h). */
static int64_t lapses_at(const struct issue *is)
{
    if (!is->order || is->order->state != ORDER_PLACED)
        return INT64_MAX;
    return watch_waits_until(is->watch ? is->watch->cared_at : 0, is->issuance->created_at);
}

static bool store_lapse(struct issue *is, struct db *tx, struct err *err)
{
    const struct scope scope = scope_platform();
    const struct order_step *step = order_step(is->order->state, ORDER_EVENT_LAPSE);

    assert(step);
    return store_looks(is, tx, err) && watch_store_end(tx, is->domain->id, err) &&
           order_store_move(tx, &scope, is->order, step->to, is->now, err) &&
           timeline_add(is->mem, tx,
                        &(struct timeline_entry){.domain = is->domain,
                                                 .subject_id = is->order->id,
                                                 .kind = "order.lapsed",
                                                 .text = step->why},
                        err);
}

static bool lapse(struct issue *is, const struct check_report *report, struct err *err)
{
    const struct issuance_step *step = issuance_step(ISSUANCE_WAITING_DNS, ISSUANCE_EVENT_LAPSED);
    const char *text = step->why;

    if (*report->title)
        text = arena_printf(is->mem, "%s: %s", text, report->title);
    is->issuance->error_code = issuance_event_name(ISSUANCE_EVENT_LAPSED);
    is->issuance->error_text = text;
    return issue_commit(
        is,
        &(struct issue_change){.event = ISSUANCE_EVENT_LAPSED, .text = text, .also = store_lapse},
        err);
}

static bool wait(struct issue *is, const struct name_choice *choice,
                 const struct check_report *report, struct issue_outcome *out, struct err *err)
{
    int64_t next = is->look_again_at;

    if (choice->kind == CHOICE_WAIT_REST && choice->until < next)
        next = choice->until;
    if (lapses_at(is) < next)
        next = lapses_at(is);
    is->issuance->next_try_at = next;
    is->issuance->error_code =
        report->finding_count ? finding_code_name(report->findings[0].code) : "unknown";
    is->issuance->error_text = report->title;
    *out = (struct issue_outcome){.is_wait = true, .run_at = next};
    return issue_commit(
        is,
        &(struct issue_change){.event = ISSUANCE_EVENT_DNS_BAD,
                               .text = *report->title ? report->title : NULL,
                               .also = store_looks,
                               .is_quiet = !is->is_report_new || choice->kind == CHOICE_WAIT_REST},
        err);
}

bool issue_check(struct issue *is, struct issue_outcome *out, struct err *err)
{
    struct check_report report;
    struct name_choice choice;

    if (is->issuance->attempts > 0 && is->issuance->next_try_at > is->now) {
        *out = (struct issue_outcome){.is_wait = true, .run_at = is->issuance->next_try_at};
        return true;
    }
    CRASH_POINT(CHECK_BEFORE);
    if (!load_names(is, err) || !load_watch(is, err) || !look(is, &report, err))
        return false;
    CRASH_POINT(CHECK_REPLY);
    is->report = &report;
    is->is_report_new = take_verdicts(is, &report);
    choice = choose(is);
    if (!has_gain(is, choice.kind))
        return issue_commit(
            is, &(struct issue_change){.event = ISSUANCE_EVENT_NO_GAIN, .also = store_looks}, err);
    if (choice.kind == CHOICE_GO)
        return go(is, err);
    if (choice.kind == CHOICE_WAIT_OWN && lapses_at(is) <= is->now)
        return lapse(is, &report, err);
    return wait(is, &choice, &report, out, err);
}
