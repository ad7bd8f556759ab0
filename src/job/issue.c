/* SPDX-License-Identifier: Apache-2.0 */
#include "app/timeline.h"
#include "base/clock.h"
#include "edge/record_write.h"
#include "job/admission.h"
#include "job/edges.h"

#define STEPS_MAX 64 /* of one run: far more than a certificate needs, so that a mistake ends */

static const issue_step_fn steps[ISSUANCE_STATE_COUNT] = {
    [ISSUANCE_WAITING_DNS] = issue_check,
    [ISSUANCE_ADMITTED] = issue_prepare,
    [ISSUANCE_ORDERING] = issue_order,
    [ISSUANCE_PUBLISHING] = issue_publish,
    [ISSUANCE_VALIDATING] = issue_validate,
    [ISSUANCE_FINALIZING] = issue_finalize,
    [ISSUANCE_ISSUED] = issue_deploy,
    [ISSUANCE_STAGING] = issue_stage,
    [ISSUANCE_DEPLOYING] = issue_prove,
    [ISSUANCE_PARKED] = issue_rest,
    [ISSUANCE_LIVE] = NULL,
    [ISSUANCE_FAILED] = NULL,
};

/* While they are looked at, all; later those that the certificate is asked for. */
static bool choose_names(struct issue *is, const struct issuance_name *names, size_t count,
                         struct err *err)
{
    struct issuance_name *chosen = arena_array_of(is->mem, count, struct issuance_name);

    is->name_count = 0;
    for (size_t i = 0; i < count; i++)
        if (names[i].is_chosen || is->issuance->state == ISSUANCE_WAITING_DNS)
            chosen[is->name_count++] = names[i];
    is->names = chosen;
    if (is->name_count > ISSUE_NAMES_MAX && is->issuance->state != ISSUANCE_WAITING_DNS)
        return err_set(err, ERR_STORE, "issuance %s has %zu names, at most %d are possible",
                       is->issuance->id, is->name_count, ISSUE_NAMES_MAX);
    return true;
}

static bool load_names(struct issue *is, struct db *db, const struct scope *scope, struct err *err)
{
    struct issuance_name_list names;

    return issuance_name_store_list(is->mem, db, scope, is->issuance->id, &names, err) &&
           choose_names(is, names.items, names.count, err);
}

/* The commerce behind it. */
static bool load_term(struct issue *is, struct db *db, const struct scope *scope, struct err *err)
{
    const struct issuance *issuance = is->issuance;

    is->order = is->placed = NULL;
    is->subscription = NULL;
    if ((issuance->order_id &&
         !order_store_get(is->mem, db, scope, issuance->order_id, &is->order, err)) ||
        (issuance->subscription_id &&
         !subscription_store_get(is->mem, db, scope, issuance->subscription_id, &is->subscription,
                                 err)))
        return false;
    is->placed = is->order;
    return is->order || !is->subscription ||
           order_store_get(is->mem, db, scope, is->subscription->order_id, &is->placed, err);
}

/* *found is false when the issuance does not exist any more. */
static bool load(struct issue *is, bool *found, struct err *err)
{
    AUTO(db_view_endp) struct db *db = NULL;
    const struct scope scope = scope_platform();
    const struct issuance *issuance;

    if (!db_view_begin(is->worker->app->db, &db, err) ||
        !issuance_store_get(is->mem, db, &scope, is->job->subject_id, &issuance, err))
        return false;
    *found = issuance != NULL;
    if (!issuance)
        return true;
    is->issuance = arena_memdup(is->mem, issuance, sizeof(*issuance));
    is->now = clock_now();
    is->has_values = false;
    if (!load_names(is, db, &scope, err) ||
        !domain_store_get(is->mem, db, &scope, issuance->domain_id, &is->domain, err) ||
        !load_term(is, db, &scope, err))
        return false;
    if (!is->domain)
        return err_set(err, ERR_STORE, "issuance %s has no domain", issuance->id);
    is->has_values = issue_has_values(is);
    is->ca = worker_ca(is->worker, issuance->ca);
    return true;
}

/* What is issued needs its CA no more. */
static issue_step_fn step_of(const struct issue *is)
{
    static const bool is_issued[ISSUANCE_STATE_COUNT] = {
        [ISSUANCE_ISSUED] = true, [ISSUANCE_STAGING] = true, [ISSUANCE_DEPLOYING] = true};
    issue_step_fn step = steps[is->issuance->state];

    return !is->ca && !is_issued[is->issuance->state] ? issue_without_ca : step;
}

/* What the last step has stored is not read again: whoever changes anything of an issuance under
 * way changes its version, too, and then the next step stores nothing. */
static bool refresh(struct issue *is, bool *found, struct err *err)
{
    bool is_current = is->is_current;

    is->is_current = false;
    is->refusals.count = 0;
    if (!is_current || is->issuance->state == ISSUANCE_WAITING_DNS)
        return load(is, found, err);
    *found = true;
    is->now = clock_now();
    is->ca = worker_ca(is->worker, is->issuance->ca);
    is->has_values = issue_has_values(is);
    return choose_names(is, is->names, is->name_count, err);
}

static bool save_names(const struct issue *is, struct db *tx, struct err *err)
{
    for (size_t i = 0; i < is->name_count; i++)
        if (!issuance_name_store_put(tx, &is->names[i], err))
            return false;
    return true;
}

/* For job_result.also. */
static bool save_learned(void *arg, struct db *tx, struct err *err)
{
    const struct issue *is = arg;

    return issuance_store_save(tx, is->issuance, err) && save_names(is, tx, err);
}

static bool has_ended(const struct issue *is)
{
    return is->issuance->state == is->end || !steps[is->issuance->state];
}

/* What the CA works at is asked for again in a moment. */
static bool is_polling(const struct issue *is)
{
    return is->issuance->state == ISSUANCE_VALIDATING || is->issuance->state == ISSUANCE_FINALIZING;
}

static bool go_on(void *arg, struct job_result *out, struct err *err);

static bool run_steps(struct issue *is, struct job_result *out, struct err *err)
{
    for (int i = 0; i < STEPS_MAX; i++) {
        struct issue_outcome outcome = {0};
        bool found;

        if (!refresh(is, &found, err))
            return false;
        if (!found || has_ended(is)) {
            out->is_done = true;
            return true;
        }
        if (!step_of(is)(is, &outcome, err))
            return false;
        if (is->is_finished)
            return true;
        is->has_learned = is->has_learned || outcome.is_learned;
        if (outcome.is_wait || outcome.is_done) {
            *out = (struct job_result){
                .is_done = outcome.is_done,
                .run_at = outcome.run_at,
                .also = is->has_learned ? save_learned : NULL,
                .also_arg = is,
                .go_on = is_polling(is) ? go_on : NULL,
                .go_on_arg = is,
                .turn = out->turn,
            };
            return true;
        }
    }
    return err_set(err, ERR_INTERNAL, "issuance %s made %d steps without an end",
                   is->job->subject_id, STEPS_MAX);
}

/* What came of the calls to the CA is told, whatever has come of the steps. */
static bool run_on(struct issue *is, struct job_result *out, struct err *err)
{
    bool is_done;

    is->result = out;
    is_done = run_steps(is, out, err);
    out->is_stored = is->is_finished;
    is_done = ca_session_end(is->worker, is->mem, is->session, is_done, err);
    is->session = NULL;
    return is_done;
}

/* With what it has, as after a step of its own (refresh()). */
static bool go_on(void *arg, struct job_result *out, struct err *err)
{
    struct issue *is = arg;

    is->is_current = true;
    return run_on(is, out, err);
}

bool issue_run(const struct worker *worker, struct arena *mem, const struct job *job,
               enum issuance_state end, struct job_result *out, struct err *err)
{
    struct issue *is = arena_new_of(mem, struct issue);

    *is = (struct issue){.worker = worker, .mem = mem, .job = job, .end = end};
    return run_on(is, out, err);
}

bool job_issue(void *worker, struct arena *mem, const struct job *job, struct job_result *out,
               struct err *err)
{
    return issue_run(worker, mem, job, ISSUANCE_LIVE, out, err);
}

const char **issue_names(const struct issue *is)
{
    const char **names = arena_array_of(is->mem, is->name_count, const char *);

    for (size_t i = 0; i < is->name_count; i++)
        names[i] = is->names[i].name;
    return names;
}

struct issuance_name *issue_find_name(const struct issue *is, const char *name)
{
    for (size_t i = 0; i < is->name_count; i++)
        if (strcmp(is->names[i].name, name) == 0)
            return &is->names[i];
    return NULL;
}

bool issue_save(struct issue *is, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    return job_tx_begin(is->worker->app->db, is->job, &tx, err) && save_learned(is, tx, err) &&
           db_tx_commit(&tx, err);
}

/* When each stage was passed first, for the timeline and the statistics. */
static void stamp(struct issuance *issuance, enum issuance_state to, int64_t now)
{
    int64_t *const stages[ISSUANCE_STATE_COUNT] = {
        [ISSUANCE_ADMITTED] = &issuance->checked_at,
        [ISSUANCE_PUBLISHING] = &issuance->ordered_at,
        [ISSUANCE_VALIDATING] = &issuance->published_at,
        [ISSUANCE_FINALIZING] = &issuance->validated_at,
        [ISSUANCE_ISSUED] = &issuance->issued_at,
        [ISSUANCE_DEPLOYING] = &issuance->deployed_at,
        [ISSUANCE_LIVE] = &issuance->live_at,
    };

    if (stages[to] && *stages[to] == 0)
        *stages[to] = now;
}

/* What a renewal's timeline says besides its steps: how it went. */
static bool add_renewal(const struct issue *is, struct db *tx, const struct issuance_step *step,
                        const struct timeline_entry *as, struct err *err)
{
    struct timeline_entry entry = {.domain = is->domain, .subject_id = is->issuance->replaces_id};

    if (is->issuance->reason != ISSUANCE_FOR_RENEWAL)
        return true;
    if (step->to == ISSUANCE_LIVE) {
        entry.kind = "certificate.renewal.succeeded";
        entry.text = "renewed: visitors get the new certificate";
    } else if (issuance_event_is_failure(step->on)) {
        entry.kind = "certificate.renewal.failed";
        entry.text = arena_printf(
            is->mem, "the renewal goes on by itself, and the old certificate is served: %s",
            as->text);
    }
    return !entry.kind || timeline_add(is->mem, tx, &entry, err);
}

static bool add_timeline(const struct issue *is, struct db *tx, const struct issuance_step *step,
                         const struct issue_change *change, struct err *err)
{
    const struct timeline_entry entry = {
        .domain = is->domain,
        .subject_id = is->issuance->order_id ? is->issuance->order_id : is->issuance->id,
        .kind = arena_printf(is->mem, "issuance.%s", issuance_event_name(change->event)),
        .text = change->text ? change->text : step->why,
        .data = change->data,
    };

    return timeline_add(is->mem, tx, &entry, err) && add_renewal(is, tx, step, &entry, err);
}

/* Nobody looks at the challenges after this step. */
static bool leave_values(struct issue *is, struct db *tx, const struct issuance_step *step,
                         struct err *err)
{
    bool is_needed = step->to == ISSUANCE_PUBLISHING || step->to == ISSUANCE_VALIDATING;

    return is_needed || !is->has_values || issue_leave_values(is, tx, err);
}

/* The edges cannot have yet what they are given by this step: their acknowledgement wakes whoever
 * goes on. False when they are not waited for. */
static bool rests(struct issue *is, const struct issue_change *change, bool *out, struct err *err)
{
    struct edge_wait wait;

    *out = false;
    if (!change->is_awaited)
        return true;
    if (!edges_have(is->worker, is->mem, is->issuance->wait_seq, clock_now(), &wait, err))
        return false;
    *out = wait.what == EDGE_WAIT_EDGES;
    is->result->run_at = wait.look_again_at;
    return true;
}

/* When this step is the last of the run, the job's row says so in the same transaction. */
static bool end_run(struct issue *is, const struct issue_change *change, struct db *tx, bool *ends,
                    struct err *err)
{
    is->result->is_done = has_ended(is);
    *ends = is->result->is_done;
    return (*ends || rests(is, change, ends, err)) &&
           (!*ends || job_end(is->result, tx, is->job, err));
}

bool issue_commit(struct issue *is, const struct issue_change *change, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct issuance_step *step = issuance_step(is->issuance->state, change->event);
    struct feed_head head;
    bool ends;

    if (!step)
        return err_set(err, ERR_INTERNAL, "event %s is not allowed in state %s",
                       issuance_event_name(change->event),
                       issuance_state_name(is->issuance->state));
    is->issuance->state = step->to;
    if (change->event != ISSUANCE_EVENT_CA_UNAVAILABLE &&
        change->event != ISSUANCE_EVENT_VALUES_REFUSED)
        is->issuance->ca_failures = 0;
    is->issuance->wait_seq = change->keep_seq;
    stamp(is->issuance, step->to, clock_now());
    if (!job_tx_begin(is->worker->app->db, is->job, &tx, err) ||
        (!change->is_quiet && !add_timeline(is, tx, step, change, err)) ||
        !admission_step(is, tx, step, err) || !leave_values(is, tx, step, err) ||
        (change->also && !change->also(is, tx, err)) || !save_names(is, tx, err))
        return false;
    if (change->batch) {
        if (!feed_put(tx, change->batch, &head, err))
            return false;
        is->issuance->wait_seq = head.seq;
    }
    if (!issuance_store_save(tx, is->issuance, err) || !end_run(is, change, tx, &ends, err))
        return false;
    is->is_current = db_tx_commit(&tx, err);
    is->has_learned = is->has_learned && !is->is_current;
    is->is_finished = is->is_current && ends;
    return is->is_current;
}

bool issue_withdrawal(struct issue *is, struct feed_batch **out, struct err *err)
{
    struct feed_change *changes = arena_array_of(is->mem, is->name_count, struct feed_change);
    size_t count = 0;

    for (size_t i = 0; i < is->name_count; i++) {
        struct buf key = buf_new(is->mem, EDGE_KEY_MAX);

        if (!is->names[i].token || issuance_name_is_by_dns(&is->names[i]))
            continue;
        if (edge_challenge_key_write(&key, slice_str(is->names[i].name),
                                     slice_str(is->names[i].token)) != EDGE_FAULT_NONE)
            continue; /* never published: such a token is refused before */
        changes[count++] = (struct feed_change){.kind = EDGE_CHALLENGE, .key = buf_view(&key)};
    }
    return feed_prepare(is->mem, &is->worker->feed, changes, count, out, err);
}
