/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca.h"
#include "base/clock.h"
#include "job/issue.h"
#include "store/admission_store.h"

/*
 * The CA of an issuance is not configured any more. What replaces a certificate is asked of the
 * default CA instead, from the beginning; an order was for that CA, and waits until the operator
 * has it back, or somebody cancels it.
 */

#define CA_GONE "ca_gone"
#define LOOK_AGAIN_MS                                                                              \
    INT64_C(600000) /* a restarted worker, with another configuration, looks then */

static bool leave_limits(struct issue *is, struct db *tx, struct err *err)
{
    return admission_store_leave(tx, is->issuance->id, err) &&
           admission_store_forget(tx, is->issuance->id, err);
}

static bool begin_elsewhere(struct issue *is, const char *old, const struct config_ca *next,
                            struct err *err)
{
    const char *text = arena_printf(is->mem, "\"%s\" is not configured any more: it is asked of %s",
                                    old, next->name);
    struct feed_batch *batch;

    if (!worker_find_ca(is->worker, next->id, &is->ca, err) || !issue_withdrawal(is, &batch, err))
        return false;
    issue_forget_order(is);
    is->issuance->ca = next->id;
    is->issuance->ca_account_id = NULL;
    is->issuance->attempts = 0;
    is->issuance->next_try_at = is->now;
    is->issuance->error_code = is->issuance->error_text = NULL;
    return issue_commit(
        is,
        &(struct issue_change){
            .event = ISSUANCE_EVENT_CA_GONE, .text = text, .batch = batch, .also = leave_limits},
        err);
}

static bool wait_for_operator(struct issue *is, struct issue_outcome *out, struct err *err)
{
    const char *code = is->issuance->error_code;

    *out = (struct issue_outcome){.is_wait = true, .run_at = is->now + LOOK_AGAIN_MS};
    if (code && strcmp(code, CA_GONE) == 0)
        return true;
    is->issuance->error_code = CA_GONE;
    is->issuance->error_text = arena_printf(
        is->mem,
        "\"%s\" is not configured any more: the operator must configure it again; else "
        "cancel the order, and place it at another certificate authority",
        is->issuance->ca);
    return issue_save(is, err);
}

bool issue_without_ca(struct issue *is, struct issue_outcome *out, struct err *err)
{
    const struct config_ca *next = config_ca_default(is->worker->app->config);

    return is->issuance->subscription_id && next ? begin_elsewhere(is, is->issuance->ca, next, err)
                                                 : wait_for_operator(is, out, err);
}
