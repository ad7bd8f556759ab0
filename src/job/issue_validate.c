/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/authorization.h"
#include "acme/challenge.h"
#include "acme/order.h"
#include "base/clock.h"
#include "base/crash.h"
#include "edge/record_write.h"
#include "job/edges.h"
#include "job/issue.h"

/*
 * publishing: every edge that counts must have the challenges before the CA may look. validating:
 * the CA is told to look, then its order is polled (not each authorization) until it is ready.
 */

static bool challenge_change(const struct issue *is, const struct issuance_name *name,
                             const char *thumbprint, struct feed_change *out, struct err *err)
{
    struct buf key = buf_new(is->mem, EDGE_KEY_MAX);
    const char *answer;
    enum edge_fault fault;

    if (!acme_key_authorization(is->mem, name->token, thumbprint, &answer, err))
        return false;
    fault = edge_challenge_key_write(&key, slice_str(name->name), slice_str(name->token));
    if (fault != EDGE_FAULT_NONE)
        return err_set(err, ERR_CA_PROTOCOL, "the challenge of %s cannot be published: %s",
                       name->name, edge_fault_text(fault));
    *out = (struct feed_change){EDGE_CHALLENGE, buf_view(&key), slice_str(answer)};
    return true;
}

bool issue_challenges(struct issue *is, struct feed_batch **out, struct err *err)
{
    struct feed_change *changes = arena_array_of(is->mem, is->name_count, struct feed_change);
    const char *thumbprint;
    size_t count = 0;

    if (!ca_session_thumbprint(is->worker, is->mem, is->ca, &thumbprint, err))
        return false;
    for (size_t i = 0; i < is->name_count; i++)
        if (is->names[i].token && !issuance_name_is_by_dns(&is->names[i]) &&
            !challenge_change(is, &is->names[i], thumbprint, &changes[count++], err))
            return false;
    CRASH_POINT(CHALLENGES_BEFORE);
    if (!feed_prepare(is->mem, &is->worker->feed, changes, count, out, err))
        return false;
    CRASH_POINT(CHALLENGES_REPLY);
    return true;
}

bool issue_has_edge_challenges(const struct issue *is)
{
    for (size_t i = 0; i < is->name_count; i++)
        if (is->names[i].token && !issuance_name_is_by_dns(&is->names[i]))
            return true;
    return false;
}

/* *ready is false when *out says how it goes on. */
static bool wait_for_edges(struct issue *is, struct edge_wait *wait, bool *ready,
                           struct issue_outcome *out, struct err *err)
{
    *ready = true;
    if (!issue_has_edge_challenges(is))
        return true;
    if (!edges_have(is->worker, is->mem, is->issuance->wait_seq, is->issuance->ordered_at, wait,
                    err))
        return false;
    *ready = wait->what == EDGE_WAIT_OVER;
    return *ready || issue_wait(is, wait, out, err);
}

/* Otherwise a name was given back since it was ordered: the order is given up, and *held is false.
 */
static bool check_claims(struct issue *is, bool *held, struct err *err)
{
    struct feed_batch *batch;

    if (!issue_are_names_held(is, is->worker->app->db, held, err))
        return false;
    if (*held)
        return true;
    if (!issue_withdrawal(is, &batch, err))
        return false;
    issue_forget_order(is);
    is->issuance->next_try_at = is->now;
    is->issuance->error_code = is->issuance->error_text = NULL;
    return issue_commit(
        is, &(struct issue_change){.event = ISSUANCE_EVENT_CLAIM_ENDED, .batch = batch}, err);
}

/* Every name that the CA is to be told to look at. */
static void begin_answers(struct issue *is)
{
    for (size_t i = 0; i < is->name_count; i++)
        if (strcmp(is->names[i].challenge_state, CHALLENGE_PENDING) == 0)
            is->names[i].challenge_state = CHALLENGE_ANSWERING;
}

bool issue_publish(struct issue *is, struct issue_outcome *out, struct err *err)
{
    struct edge_wait wait = {0};
    const char *text = "the name servers have the validation record";
    bool ready, held;

    if (!check_claims(is, &held, err))
        return false;
    if (!held)
        return true;
    if (!wait_for_edges(is, &wait, &ready, out, err) ||
        (ready && !issue_publish_values(is, &ready, out, err)))
        return false;
    if (!ready)
        return true;
    if (wait.counted > 0)
        text = arena_printf(is->mem, "%zu of %zu CDN locations answer the validation", wait.acked,
                            wait.counted);
    is->issuance->error_code = is->issuance->error_text = NULL;
    is->issuance->next_try_at = 0;
    begin_answers(is);
    is->is_answer_due = issue_commit(is,
                                     &(struct issue_change){.event = ISSUANCE_EVENT_PUBLISHED,
                                                            .text = text,
                                                            .also = issue_need_claims},
                                     err);
    return is->is_answer_due;
}

/* Whether the CA still waits to be told about this name. */
static bool is_answer_lost(struct issue *is, struct ca_session *ca, struct issuance_name *name,
                           bool *lost, struct err *err)
{
    struct acme_authorization *authorization;
    bool is_pending;

    if (!acme_authorization_get(is->mem, &ca->call, name->authorization_url, &authorization, err))
        return false;
    is_pending = authorization->status == ACME_AUTHORIZATION_PENDING;
    *lost = false;
    for (size_t i = 0; i < authorization->challenge_count; i++)
        if (strcmp(authorization->challenges[i].url, name->challenge_url) == 0)
            *lost = is_pending && authorization->challenges[i].status == ACME_CHALLENGE_PENDING;
    return true;
}

static bool answer(struct issue *is, struct ca_session *ca, const struct issuance_name *name,
                   struct err *err)
{
    struct acme_challenge *challenge;

    CRASH_POINT(ANSWER_BEFORE);
    if (!acme_challenge_answer(is->mem, &ca->call, name->challenge_url, &challenge, err))
        return false;
    CRASH_POINT(ANSWER_REPLY);
    return true;
}

static bool has_heard(const struct issuance_name *name)
{
    return strcmp(name->challenge_state, CHALLENGE_PENDING) != 0 &&
           strcmp(name->challenge_state, CHALLENGE_ANSWERING) != 0;
}

static bool is_told_all(const struct issue *is)
{
    for (size_t i = 0; i < is->name_count; i++)
        if (!has_heard(&is->names[i]))
            return false;
    return true;
}

/* Tells the CA to look at every name that it was not told about yet. Where the intent is not of
 * this run, but of one that died or had no reply, the CA is asked first. That they were told is
 * stored with what the order has come to. */
static bool answer_challenges(struct issue *is, struct ca_session *ca, struct err *err)
{
    const bool is_new = is->is_answer_due;

    is->is_answer_due = false;
    for (size_t i = 0; i < is->name_count; i++) {
        struct issuance_name *name = &is->names[i];
        bool is_due = is_new;

        if (has_heard(name))
            continue;
        if ((!is_new && !is_answer_lost(is, ca, name, &is_due, err)) ||
            (is_due && !answer(is, ca, name, err)))
            return false;
        name->challenge_state = CHALLENGE_ANSWERED;
    }
    return true;
}

/* After a while without a result, looks whether the answers have arrived. */
#define ANSWER_LOST_AFTER_MS INT64_C(5000)

static bool repeat_lost_answers(struct issue *is, struct ca_session *ca, struct err *err)
{
    bool any = false;

    for (size_t i = 0; i < is->name_count; i++) {
        bool lost = false;

        if (strcmp(is->names[i].challenge_state, CHALLENGE_ANSWERED) == 0 &&
            !is_answer_lost(is, ca, &is->names[i], &lost, err))
            return false;
        if (lost)
            is->names[i].challenge_state = CHALLENGE_ANSWERING;
        any = any || lost;
    }
    is->issuance->next_try_at = clock_now() + ANSWER_LOST_AFTER_MS;
    is->is_answer_due = issue_save(is, err);
    return is->is_answer_due && (!any || (answer_challenges(is, ca, err) && issue_save(is, err)));
}

static const struct acme_problem *problem_of(const struct acme_authorization *authorization)
{
    for (size_t i = 0; i < authorization->challenge_count; i++)
        if (authorization->challenges[i].status == ACME_CHALLENGE_INVALID)
            return authorization->challenges[i].error;
    return NULL;
}

/* The reason stands in the authorization that failed, not in the order. */
static bool tell_invalid(struct issue *is, struct ca_session *ca, const struct acme_order *order,
                         struct issue_outcome *out, struct err *err)
{
    for (size_t i = 0; i < is->name_count; i++) {
        struct acme_authorization *authorization;

        if (!is->names[i].authorization_url)
            continue;
        if (!acme_authorization_get(is->mem, &ca->call, is->names[i].authorization_url,
                                    &authorization, err))
            return issue_ca_failed(is, ca, out, err);
        if (authorization->status == ACME_AUTHORIZATION_INVALID)
            return issue_invalid(is, problem_of(authorization), is->names[i].name, out, err);
    }
    return issue_invalid(is, order->error, is->domain->name, out, err);
}

/* What has just begun is looked at later: that the CA was told is stored until then. */
static bool begin_validation(struct issue *is, struct ca_session *ca, struct issue_outcome *out,
                             struct err *err)
{
    if (!answer_challenges(is, ca, err))
        return issue_ca_failed(is, ca, out, err);
    *out = (struct issue_outcome){
        .is_wait = true, .run_at = issue_poll_at(clock_now(), 0), .is_learned = true};
    return true;
}

bool issue_validate(struct issue *is, struct issue_outcome *out, struct err *err)
{
    struct acme_order *order;
    struct ca_session *ca;
    int64_t since = is->issuance->published_at;
    const bool is_told = is_told_all(is);
    bool held = true;

    if (!is_told && !is->is_answer_due && !check_claims(is, &held, err))
        return false;
    if (!held)
        return true;
    if (!issue_open_ca(is, &ca, out, err))
        return false;
    if (!ca)
        return true;
    if (!is_told)
        return begin_validation(is, ca, out, err);
    if (!acme_order_get(is->mem, &ca->call, is->issuance->acme_order_url, &order, err))
        return issue_ca_failed(is, ca, out, err);
    if (order->status == ACME_ORDER_INVALID)
        return tell_invalid(is, ca, order, out, err);
    is->is_ready = order->status == ACME_ORDER_READY;
    if (order->status != ACME_ORDER_PENDING)
        return issue_commit(is, &(struct issue_change){.event = ISSUANCE_EVENT_VALID}, err);
    if (clock_now() - since > ANSWER_LOST_AFTER_MS && clock_now() >= is->issuance->next_try_at &&
        !repeat_lost_answers(is, ca, err))
        return issue_ca_failed(is, ca, out, err);
    *out = (struct issue_outcome){.is_wait = true, .run_at = issue_poll_at(since, order->retry_at)};
    return true;
}
