/* SPDX-License-Identifier: Apache-2.0 */

/* What a validation thread does with a challenge: look, and store what was seen. */
#include "base/clock.h"
#include "base/log.h"
#include "ca/account_store.h"
#include "ca/admission.h"
#include "ca/authorization_store.h"
#include "ca/caa_work.h"
#include "ca/challenge_store.h"
#include "ca/fault_effect.h"
#include "ca/journal_store.h"
#include "ca/key_cache.h"
#include "ca/service.h"

struct task {
    const struct ca_challenge *challenge;
    const struct ca_authorization *authorization;
    const struct ca_account *account;
};

struct outcome {
    const char *error; /* problem document; NULL: valid */
    const char *detail;
    const char *record;
};

static bool load(struct arena *mem, struct db *db, int64_t id, struct task *out, struct err *err)
{
    if (!ca_challenge_get(mem, db, id, &out->challenge, err))
        return false;
    if (!out->challenge)
        return err_set(err, ERR_STORE, "challenge %lld is not in the database", (long long)id);
    if (!ca_authorization_get(mem, db, out->challenge->authorization_id, &out->authorization, err))
        return false;
    return ca_account_get(mem, db, out->authorization->account_id, &out->account, err);
}

static bool check_caa(struct arena *mem, const struct ca *ca, const struct task *task,
                      struct ca_problem *problem)
{
    const struct ca_caa_subject subject = {task->authorization->name, task->account->id,
                                           task->challenge->type};

    return ca_caa_permits_subject(mem, ca, &subject, problem);
}

static bool look(struct arena *mem, const struct ca *ca, const struct task *task,
                 struct outcome *out, struct err *err)
{
    const struct ca_authorization *authorization = task->authorization;
    struct ca_problem problem;
    struct ca_control control;
    struct ca_jwk key;

    if (!ca_key_cache_get(mem, ca->keys, task->account, &key, err))
        return false;
    control = (struct ca_control){
        .type = task->challenge->type,
        .name = ca_name_base(authorization->name),
        .token = authorization->token,
        .key_authorization = arena_printf(mem, "%s.%s", authorization->token, key.thumbprint),
    };
    *out = (struct outcome){.detail = ""};
    if (!ca_validate(mem, &ca->validator, &control, &out->record, &problem) ||
        !ca_fault_validation(ca->faults, &control, &problem) ||
        !check_caa(mem, ca, task, &problem)) {
        out->error = ca_problem_text(mem, &problem);
        out->detail = arena_printf(mem, "%s: %s", ca_problem_name(problem.type), problem.detail);
    }
    return true;
}

/* The authorization may have been deactivated meanwhile (ERR_LOST_RACE): then it stays so. */
static bool conclude(struct db *tx, int64_t authorization_id, bool is_valid, int64_t valid_until,
                     struct err *err)
{
    if (is_valid) {
        if (!ca_authorization_validate(tx, authorization_id, valid_until, err))
            return err->code == ERR_LOST_RACE;
        return ca_order_ready_by(tx, authorization_id, err);
    }
    if (!ca_authorization_invalidate(tx, authorization_id, err))
        return err->code == ERR_LOST_RACE;
    return ca_order_invalid_by(tx, authorization_id, err);
}

/* A profile that is no longer configured gives nothing that outlives this validation. */
static int64_t valid_until(const struct ca *ca, const struct task *task, int64_t at)
{
    const struct ca_profile *profile = ca_profile_find(&ca->profiles, task->authorization->profile);

    return profile ? at + profile->valid_ms : at;
}

static bool store(struct arena *mem, const struct ca *ca, const struct task *task,
                  const struct outcome *outcome, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    int64_t at = clock_now();
    const struct ca_validated validated = {task->account->id, task->authorization->name, at,
                                           !outcome->error};
    struct ca_journal_entry entry = {
        .at = at,
        .account_id = task->account->id,
        .kind = outcome->error ? CA_JOURNAL_CHALLENGE_INVALID : CA_JOURNAL_CHALLENGE_VALID,
        .subject = arena_printf(mem, "%lld", (long long)task->authorization->id),
        .detail = arena_printf(mem, "%s%s%s", task->authorization->name, outcome->error ? " " : "",
                               outcome->detail),
    };

    return db_tx_begin(ca->db, &tx, err) &&
           ca_challenge_finish(tx, task->challenge->id, outcome->error, outcome->record, at, err) &&
           conclude(tx, task->authorization->id, !outcome->error, valid_until(ca, task, at), err) &&
           ca_count_validated(mem, ca, tx, &validated, err) && ca_journal_add(tx, &entry, err) &&
           db_tx_commit(&tx, err);
}

bool ca_validate_challenge(void *arg, struct arena *mem, int64_t challenge_id, const void *hint)
{
    struct ca *ca = arg;
    struct outcome outcome;
    struct task task;
    struct err err;

    (void)hint;
    if (load(mem, ca->db, challenge_id, &task, &err)) {
        if (task.challenge->status != CA_STATUS_PROCESSING)
            return true;
        if (look(mem, ca, &task, &outcome, &err) && store(mem, ca, &task, &outcome, &err)) {
            LOG(INFO, "ca.validation", KI("account", task.account->id),
                KS("name", task.authorization->name),
                KS("status", outcome.error ? "invalid" : "valid"), KS("reason", outcome.detail));
            return true;
        }
    }
    LOG(ERROR, "ca.validation_failed", KI("challenge", challenge_id), KERR(&err));
    return err.code == ERR_LOST_RACE;
}
