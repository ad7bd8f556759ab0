/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/crash.h"
#include "base/random.h"
#include "job/admission.h"
#include "model/pace.h"
#include "model/renewal_time.h"
#include "store/ca_account_store.h"

/* What a failed call to the CA means for an issuance, and when to go on. */

#define CA_DOWN           "ca_down"
#define CA_BACKOFF_MAX_MS INT64_C(300000)
#define START_OVER_JITTER 10 /* per cent */
#define HOLD_FACTOR       4  /* a name that fails is held for some tries of the others */

bool issue_open_ca(struct issue *is, struct ca_session **out, struct issue_outcome *outcome,
                   struct err *err)
{
    const bool is_open =
        is->session || ca_session_open(is->worker, is->mem, is->ca, &is->session, err);

    *out = is_open ? is->session : NULL;
    if (is_open || !is->session)
        return is_open;
    if (is->session->is_down)
        return issue_wait_down(is, outcome, err);
    if (is->session->is_crowded) {
        *outcome = (struct issue_outcome){.is_wait = true, .run_at = err->retry_at};
        return true;
    }
    return err->code == ERR_SIGNER || err->code == ERR_STORE
               ? err_wrap(err, "account at %s", is->ca->config->name)
               : issue_ca_failed(is, is->session, outcome, err);
}

int64_t issue_poll_at(int64_t since, int64_t retry_at)
{
    static const struct pace pace = {25, 10000, 4};
    int64_t now = clock_now();

    return retry_at > now ? retry_at : now + pace_ms(&pace, now - since);
}

/* 1, 10, 100 minutes, a day: as CAs ask of those whose names cannot be validated; faster against
 * our own sandbox, where nobody's limits are spent. */
static int64_t start_over_at(const struct issue *is)
{
    static const int64_t live[] = {60000, 600000, 6000000, 86400000};
    static const int64_t sandbox[] = {2000, 5000, 15000, 60000};
    const int64_t *steps = is->ca->config->kind == CONFIG_CA_SANDBOX ? sandbox : live;
    size_t step = (size_t)is->issuance->attempts;
    int64_t span = steps[step < ARRAY_LEN(live) ? step : ARRAY_LEN(live) - 1];

    return clock_now() + span + random_between(0, span * START_OVER_JITTER / 100 + 1);
}

void issue_forget_order(struct issue *is)
{
    struct issuance *issuance = is->issuance;

    issuance->acme_order_url = issuance->finalize_url = issuance->certificate_url = NULL;
    issuance->intent = NULL;
    issuance->is_replaces_refused = false;
    issuance->ordered_at = issuance->published_at = issuance->validated_at = 0;
    issuance->certificate_id = issuance->key_type = NULL;
    issuance->sealed_key = issuance->public_key = issuance->csr = (struct slice){NULL, 0};
    for (size_t i = 0; i < is->name_count; i++) {
        struct issuance_name *name = &is->names[i];

        name->authorization_url = name->challenge_url = name->token = NULL;
        name->challenge_type = NULL;
        name->challenge_state = CHALLENGE_NONE;
    }
}

/* For a person, or for replacing a certificate that is served: then it is tried again all the same,
 * the less often the more often it has failed. 0: only for a person. */
static bool rest_until(const struct issue *is, int64_t *out, struct err *err)
{
    const struct scope scope = scope_platform();
    const struct certificate *old = NULL;
    int64_t now = clock_now();

    *out = 0;
    if (is->issuance->replaces_id && !certificate_store_get(is->mem, is->worker->app->db, &scope,
                                                            is->issuance->replaces_id, &old, err))
        return false;
    if (old) {
        const struct renewal_life life = {old->created_at, old->not_after_at};

        *out = now + renewal_rest_ms(&life, is->issuance->attempts, now);
    }
    return true;
}

/* Parked: until its rest is over, or somebody asks for it (app_order_check_again()). */
bool issue_rest(struct issue *is, struct issue_outcome *out, struct err *err)
{
    if (is->issuance->next_try_at == 0) {
        *out = (struct issue_outcome){.is_done = true};
        return true;
    }
    if (is->issuance->next_try_at > is->now) {
        *out = (struct issue_outcome){.is_wait = true, .run_at = is->issuance->next_try_at};
        return true;
    }
    issue_forget_order(is);
    is->issuance->next_try_at = 0;
    return issue_commit(is, &(struct issue_change){.event = ISSUANCE_EVENT_RETRY}, err);
}

/* Withdraws, forgets, and waits; or gives up and waits for a person. */
static bool start_over(struct issue *is, enum issuance_event event, const char *text,
                       struct issue_outcome *out, struct err *err)
{
    struct feed_batch *batch;

    if (!issue_withdrawal(is, &batch, err))
        return false;
    issue_forget_order(is);
    is->issuance->next_try_at = start_over_at(is);
    is->issuance->attempts++;
    for (size_t i = 0; i < is->refusals.count; i++)
        is->refusals.items[i].held_until =
            is->issuance->next_try_at + HOLD_FACTOR * (is->issuance->next_try_at - is->now);
    if (!issue_commit(is,
                      &(struct issue_change){
                          .event = event, .text = text, .batch = batch, .also = issue_hold_refused},
                      err))
        return false;
    if (is->issuance->attempts >= ISSUE_ATTEMPTS_MAX)
        return rest_until(is, &is->issuance->next_try_at, err) &&
               issue_commit(is, &(struct issue_change){.event = ISSUANCE_EVENT_GAVE_UP}, err);
    *out = (struct issue_outcome){.is_wait = true, .run_at = is->issuance->next_try_at};
    return true;
}

bool issue_invalid(struct issue *is, const struct acme_problem *problem, const char *name,
                   struct issue_outcome *out, struct err *err)
{
    const char *detail = problem ? problem->detail : "no reason was given";

    if (problem && issue_find_refused(is, problem, &is->refusals))
        name = is->refusals.items[0].name;
    else if (!issue_find_unproven(is, problem, name, &is->refusals, err))
        return false;
    is->refused = name;
    is->issuance->error_code = problem ? acme_problem_name(problem->type) : "invalid";
    is->issuance->error_text =
        arena_printf(is->mem, "%s could not validate %s: %s", is->ca->config->name, name, detail);
    return start_over(is, ISSUANCE_EVENT_INVALID, is->issuance->error_text, out, err);
}

bool issue_values_lost(struct issue *is, enum err_code code, const char *text,
                       struct issue_outcome *out, struct err *err)
{
    is->issuance->error_code = err_name(code);
    is->issuance->error_text = text;
    return start_over(is, ISSUANCE_EVENT_VALUES_LOST, text, out, err);
}

static bool is_told_down(const struct issue *is)
{
    return is->issuance->error_code && strcmp(is->issuance->error_code, CA_DOWN) == 0;
}

/* The CA does not answer or asks to wait: the same step again, later. A try that fails while it is
 * known to be down is nothing new. */
static bool wait_for_ca(struct issue *is, const struct err *failed, struct issue_outcome *out,
                        struct err *err)
{
    int64_t now = clock_now(), span = job_backoff_ms(is->issuance->ca_failures++);
    bool is_try = is_told_down(is) && failed->code != ERR_RATE_LIMITED;
    bool is_new = !is_try && (!is->issuance->error_text ||
                              strcmp(is->issuance->error_text, failed->text) != 0);

    if (span > CA_BACKOFF_MAX_MS)
        span = CA_BACKOFF_MAX_MS;
    if (!is_try) {
        is->issuance->error_code = err_name(failed->code);
        is->issuance->error_text = arena_strdup(is->mem, failed->text);
    }
    is->issuance->next_try_at = failed->retry_at > now ? failed->retry_at : now + span;
    *out = (struct issue_outcome){.is_wait = true, .run_at = is->issuance->next_try_at};
    return issue_commit(is,
                        &(struct issue_change){.event = ISSUANCE_EVENT_CA_UNAVAILABLE,
                                               .text = is->issuance->error_text,
                                               .is_quiet = !is_new},
                        err);
}

/* Somewhere between the next try and as long again, so that not all come at once: they are woken
 * when the CA answers. */
bool issue_wait_down(struct issue *is, struct issue_outcome *out, struct err *err)
{
    const int64_t now = clock_now(), next = err->retry_at;
    const bool is_told = is_told_down(is);

    is->issuance->ca_failures++;
    is->issuance->error_code = CA_DOWN;
    is->issuance->error_text =
        arena_printf(is->mem, "%s; the next try is at %s", err->text, clock_text_in(is->mem, next));
    is->issuance->next_try_at = next;
    *out = (struct issue_outcome){.is_wait = true,
                                  .run_at = next + random_between(0, next > now ? next - now : 1)};
    return issue_commit(is,
                        &(struct issue_change){.event = ISSUANCE_EVENT_CA_UNAVAILABLE,
                                               .text = is->issuance->error_text,
                                               .is_quiet = is_told},
                        err);
}

/* The link where a person can end it comes first: the CA's own words may be long. */
static const char *refusal(const struct issue *is, const struct ca_session *ca,
                           const struct err *failed)
{
    if (!ca->problem.page)
        return arena_strdup(is->mem, failed->text);
    return arena_printf(is->mem, "%s wants somebody to go to %s first: %s", is->ca->config->name,
                        ca->problem.page, ca->problem.meaning);
}

static bool park(struct issue *is, const struct ca_session *ca, const struct err *failed,
                 struct issue_outcome *out, struct err *err)
{
    struct feed_batch *batch;

    is->issuance->attempts++;
    if (!issue_withdrawal(is, &batch, err) || !rest_until(is, &is->issuance->next_try_at, err))
        return false;
    is->issuance->error_code = err_name(failed->code);
    is->issuance->error_text = refusal(is, ca, failed);
    *out = (struct issue_outcome){0};
    return issue_commit(is,
                        &(struct issue_change){.event = ISSUANCE_EVENT_CA_REFUSED,
                                               .text = is->issuance->error_text,
                                               .batch = batch},
                        err);
}

static bool lose_account(struct issue *is, const struct ca_session *ca, struct issue_outcome *out,
                         struct err *err)
{
    if (!ca_account_store_move(is->worker->app->db, ca->account_id, CA_ACCOUNT_VALID,
                               CA_ACCOUNT_LOST, NULL, err) &&
        err->code != ERR_LOST_RACE)
        return false;
    return start_over(is, ISSUANCE_EVENT_CA_ACCOUNT_LOST, NULL, out, err);
}

static bool is_waiting(enum err_code code)
{
    return code == ERR_NET || code == ERR_TIMEOUT || code == ERR_CA_BUSY ||
           code == ERR_RATE_LIMITED || code == ERR_CA_PROTOCOL || code == ERR_TOO_LARGE;
}

/* The order cannot be gone on with. One that is said not to be ours was made by an account that the
 * CA has lost, and that has been registered anew since; if we may do nothing at all, a new order
 * says so.
 */
static bool is_order_lost(const struct issue *is, const struct acme_problem *problem)
{
    const bool is_not_ours =
        problem->type == ACME_PROBLEM_UNAUTHORIZED && problem->scope == ACME_SCOPE_ACCOUNT;

    return is->issuance->acme_order_url && (is_not_ours || problem->reaction == ACME_NEW_ORDER);
}

bool issue_ca_failed(struct issue *is, const struct ca_session *ca, struct issue_outcome *out,
                     struct err *err)
{
    const struct err failed = *err;
    struct issue_refusals refusals;
    bool is_ours;
    enum acme_reaction reaction =
        ca->problem.type == ACME_PROBLEM_NONE ? ACME_BACK_OFF : ca->problem.reaction;

    if (reaction == ACME_REGISTER)
        return lose_account(is, ca, out, err);
    if (is_order_lost(is, &ca->problem))
        return start_over(is, ISSUANCE_EVENT_CA_ORDER_LOST, NULL, out, err);
    if (reaction == ACME_REREAD) {
        *out = (struct issue_outcome){.is_wait = true,
                                      .run_at = issue_poll_at(is->now, ca->problem.retry_at)};
        return true;
    }
    if (reaction == ACME_DROP_NAME &&
        issuance_step(is->issuance->state, ISSUANCE_EVENT_NAME_REFUSED) &&
        issue_find_refused(is, &ca->problem, &refusals))
        return issue_go_without(is, &refusals, out, err);
    if (!admission_refused(is, ca, out, &is_ours, err) || is_ours)
        return is_ours;
    if (is_waiting(failed.code) && reaction != ACME_STOP)
        return wait_for_ca(is, &failed, out, err);
    if (failed.code == ERR_CA_REFUSED || reaction == ACME_STOP)
        return park(is, ca, &failed, out, err);
    return false;
}
