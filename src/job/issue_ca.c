/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/crash.h"
#include "base/id.h"
#include "base/random.h"
#include "job/issue.h"
#include "store/ca_account_store.h"

/*
 * Our account at a CA, and what a failed call means. The account's key is made and stored before
 * newAccount is asked, which is idempotent for a key: killed in between, the next run asks again.
 */

#define ALG               "ES256"
#define POLL_FIRST_MS     INT64_C(25)
#define POLL_MAX_MS       INT64_C(10000)
#define POLL_SHARE        4 /* wait a quarter of the time that it has taken so far */
#define CA_BACKOFF_MAX_MS INT64_C(300000)
#define START_OVER_JITTER 10 /* per cent */

static bool add_account(struct issue *is, struct err *err)
{
    const char *id = id_new(is->mem, ID_CA_ACCOUNT);
    struct signer_key key;
    struct signer_jwk jwk;
    struct ca_account account = {
        .id = id, .ca = is->ca->config->id, .state = CA_ACCOUNT_NEW, .created_at = is->now};

    CRASH_POINT(ACCOUNT_KEY_BEFORE);
    if (!signer_make_key(is->mem, is->worker->signer, SIGNER_ACCOUNT, id, &key, err) ||
        !signer_public_jwk(is->mem, is->worker->signer, &(struct signer_sealed){id, key.sealed},
                           &jwk, err))
        return false;
    CRASH_POINT(ACCOUNT_KEY_REPLY);
    account.sealed_key = key.sealed;
    account.thumbprint = jwk.thumbprint;
    if (!ca_account_store_add(is->worker->app->db, &account, err) && err->code != ERR_CONFLICT)
        return false;
    CRASH_POINT(ACCOUNT_KEY_COMMIT);
    return true;
}

static bool find_account(struct issue *is, const struct ca_account **out, struct err *err)
{
    struct db *db = is->worker->app->db;

    if (!ca_account_store_find(is->mem, db, is->ca->config->id, out, err))
        return false;
    if (*out)
        return true;
    if (!add_account(is, err) || !ca_account_store_find(is->mem, db, is->ca->config->id, out, err))
        return false;
    return *out || err_set(err, ERR_STORE, "the account at %s was not stored", is->ca->config->id);
}

static bool register_account(struct issue *is, struct issue_ca *ca,
                             const struct ca_account *account, struct err *err)
{
    const struct config_list *contact = &is->ca->config->contact;
    const struct acme_account_request want = {
        .contacts = contact->items, .contact_count = contact->count, .is_terms_agreed = true};
    struct acme_account_info *info;
    struct signer_jwk jwk;

    if (!signer_public_jwk(is->mem, is->worker->signer, &ca->key, &jwk, err))
        return false;
    ca->account.jwk = jwk.json;
    CRASH_POINT(NEW_ACCOUNT_BEFORE);
    if (!acme_account_new(is->mem, &ca->call, &want, &info, err))
        return false;
    CRASH_POINT(NEW_ACCOUNT_REPLY);
    ca->account.url = info->url;
    if (!ca_account_store_move(is->worker->app->db, account->id, account->state, CA_ACCOUNT_VALID,
                               info->url, err))
        return err->code == ERR_LOST_RACE; /* another run registered the same key meanwhile */
    CRASH_POINT(NEW_ACCOUNT_COMMIT);
    return true;
}

bool issue_open_ca(struct issue *is, struct issue_ca **out, struct err *err)
{
    struct issue_ca *ca = arena_new_of(is->mem, struct issue_ca);
    const struct ca_account *account;

    if (!find_account(is, &account, err))
        return false;
    ca->key = (struct signer_sealed){account->id, account->sealed_key};
    ca->account = (struct acme_account){.key = &ca->key, .alg = ALG};
    ca->account_id = account->id;
    ca->thumbprint = account->thumbprint;
    ca->call = (struct acme_call){
        .client = is->ca->client, .account = &ca->account, .problem = &ca->problem};
    *out = ca;
    if (account->state != CA_ACCOUNT_VALID)
        return register_account(is, ca, account, err);
    ca->account.url = account->url;
    return true;
}

int64_t issue_poll_at(int64_t since, int64_t retry_at)
{
    int64_t now = clock_now(), wait = (now - since) / POLL_SHARE;

    if (retry_at > now)
        return retry_at;
    if (wait < POLL_FIRST_MS)
        wait = POLL_FIRST_MS;
    return now + (wait > POLL_MAX_MS ? POLL_MAX_MS : wait);
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

/* Forgets the ACME order and its challenges; the key is not used again either. */
static void forget_order(struct issue *is)
{
    struct issuance *issuance = is->issuance;

    issuance->acme_order_url = issuance->finalize_url = issuance->certificate_url = NULL;
    issuance->intent = NULL;
    issuance->certificate_id = issuance->key_type = NULL;
    issuance->sealed_key = issuance->public_key = issuance->csr = (struct slice){NULL, 0};
    for (size_t i = 0; i < is->name_count; i++) {
        struct issuance_name *name = &is->names[i];

        name->authorization_url = name->challenge_url = name->token = NULL;
        name->challenge_state = CHALLENGE_NONE;
    }
}

/* Withdraws, forgets, and waits; or gives up and waits for a person. */
static bool start_over(struct issue *is, enum issuance_event event, const char *text,
                       struct issue_outcome *out, struct err *err)
{
    struct feed_batch *batch;

    if (!issue_withdrawal(is, &batch, err))
        return false;
    forget_order(is);
    is->issuance->next_try_at = start_over_at(is);
    is->issuance->attempts++;
    if (!issue_commit(is, &(struct issue_change){.event = event, .text = text, .batch = batch},
                      err))
        return false;
    if (is->issuance->attempts >= ISSUE_ATTEMPTS_MAX)
        return issue_commit(is, &(struct issue_change){.event = ISSUANCE_EVENT_GAVE_UP}, err);
    *out = (struct issue_outcome){.is_wait = true, .run_at = is->issuance->next_try_at};
    return true;
}

bool issue_invalid(struct issue *is, const struct acme_problem *problem, const char *name,
                   struct issue_outcome *out, struct err *err)
{
    const char *detail = problem ? problem->detail : "no reason was given";

    is->issuance->error_code = problem ? acme_problem_name(problem->type) : "invalid";
    is->issuance->error_text =
        arena_printf(is->mem, "%s could not validate %s: %s", is->ca->config->name, name, detail);
    return start_over(is, ISSUANCE_EVENT_INVALID, is->issuance->error_text, out, err);
}

/* The CA does not answer or asks to wait: the same step again, later. */
static bool wait_for_ca(struct issue *is, const struct err *failed, struct issue_outcome *out,
                        struct err *err)
{
    int64_t now = clock_now(), span = job_backoff_ms(is->job->attempts);
    bool is_new = !is->issuance->error_text || strcmp(is->issuance->error_text, failed->text) != 0;

    if (span > CA_BACKOFF_MAX_MS)
        span = CA_BACKOFF_MAX_MS;
    is->issuance->error_code = err_name(failed->code);
    is->issuance->error_text = arena_strdup(is->mem, failed->text);
    is->issuance->next_try_at = failed->retry_at > now ? failed->retry_at : now + span;
    *out = (struct issue_outcome){.is_wait = true, .run_at = is->issuance->next_try_at};
    return issue_commit(is,
                        &(struct issue_change){.event = ISSUANCE_EVENT_CA_UNAVAILABLE,
                                               .text = is->issuance->error_text,
                                               .is_quiet = !is_new},
                        err);
}

static bool park(struct issue *is, const struct err *failed, struct issue_outcome *out,
                 struct err *err)
{
    struct feed_batch *batch;

    if (!issue_withdrawal(is, &batch, err))
        return false;
    is->issuance->error_code = err_name(failed->code);
    is->issuance->error_text = arena_strdup(is->mem, failed->text);
    *out = (struct issue_outcome){0};
    return issue_commit(is,
                        &(struct issue_change){.event = ISSUANCE_EVENT_CA_REFUSED,
                                               .text = is->issuance->error_text,
                                               .batch = batch},
                        err);
}

static bool lose_account(struct issue *is, const struct issue_ca *ca, struct issue_outcome *out,
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

bool issue_ca_failed(struct issue *is, const struct issue_ca *ca, struct issue_outcome *out,
                     struct err *err)
{
    const struct err failed = *err;
    enum acme_reaction reaction =
        ca->problem.type == ACME_PROBLEM_NONE ? ACME_BACK_OFF : ca->problem.reaction;

    if (reaction == ACME_REGISTER)
        return lose_account(is, ca, out, err);
    if (reaction == ACME_NEW_ORDER && is->issuance->state != ISSUANCE_ORDERING)
        return start_over(is, ISSUANCE_EVENT_CA_ORDER_LOST, NULL, out, err);
    if (reaction == ACME_REREAD) {
        *out = (struct issue_outcome){.is_wait = true,
                                      .run_at = issue_poll_at(is->now, ca->problem.retry_at)};
        return true;
    }
    if (is_waiting(failed.code))
        return wait_for_ca(is, &failed, out, err);
    if (failed.code == ERR_CA_REFUSED)
        return park(is, &failed, out, err);
    return false;
}
