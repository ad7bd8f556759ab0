/* SPDX-License-Identifier: Apache-2.0 */

/* Authorizations and challenges: read, deactivated, answered (RFC 8555 section 7.5). */
#include "base/clock.h"
#include "ca/admission.h"
#include "ca/authorization_store.h"
#include "ca/call.h"

static const char *authorization_url(const struct ca_call *call,
                                     const struct ca_authorization *authorization)
{
    return ca_url(call->mem, call->ca, "/acme/authz/%lld/%lld",
                  (long long)authorization->account_id, (long long)authorization->id);
}

static const char *challenge_url(const struct ca_call *call,
                                 const struct ca_authorization *authorization,
                                 const struct ca_challenge *challenge)
{
    return ca_url(call->mem, call->ca, "/acme/chall/%lld/%lld/%lld",
                  (long long)authorization->account_id, (long long)authorization->id,
                  (long long)challenge->id);
}

static json_t *challenge_json(const struct ca_call *call,
                              const struct ca_authorization *authorization,
                              const struct ca_challenge *challenge)
{
    char validated[CLOCK_TEXT_SIZE];
    json_t *json = json_pack("{s:s, s:s, s:s, s:s}", "type", challenge->type, "url",
                             challenge_url(call, authorization, challenge), "status",
                             ca_status_name(challenge->status), "token", challenge->token);

    if (challenge->status == CA_STATUS_VALID)
        json_object_set_new(json, "validated",
                            json_string(clock_text(challenge->validated_at, validated)));
    if (challenge->error)
        json_object_set_new(json, "error", json_loads(challenge->error, 0, NULL));
    if (challenge->record)
        json_object_set_new(json, "validationRecord", json_loads(challenge->record, 0, NULL));
    return json;
}

static json_t *authorization_json(const struct ca_call *call,
                                  const struct ca_authorization *authorization,
                                  const struct ca_challenges *challenges)
{
    char expires[CLOCK_TEXT_SIZE];
    json_t *list = json_array();

    for (size_t i = 0; i < challenges->count; i++)
        json_array_append_new(list, challenge_json(call, authorization, &challenges->items[i]));
    return json_pack("{s:{s:s, s:s}, s:s, s:s, s:o}", "identifier", "type", "dns", "value",
                     authorization->name, "status", ca_status_name(authorization->status),
                     "expires", clock_text(authorization->expires_at, expires), "challenges", list);
}

/* What is said of one that is not there, and of another account's. */
struct words {
    const char *missing, *foreign;
};

static bool find_authorization(const struct ca_call *call, const struct words *words,
                               const struct ca_authorization **out, struct ca_problem *problem)
{
    int64_t account_id, id;
    struct err err;

    if (!ca_call_id(call, "account", words->missing, &account_id, problem) ||
        !ca_call_id(call, "authorization", words->missing, &id, problem))
        return false;
    if (!ca_authorization_get(call->mem, call->ca->db, id, out, &err))
        return ca_fail(problem, &err, "Problem getting authorization");
    if (!*out || (*out)->account_id != account_id)
        return ca_refuse_as(problem, 404, CA_PROBLEM_MALFORMED, "%s", words->missing);
    if ((*out)->account_id != call->account->id)
        return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED, "%s", words->foreign);
    if ((*out)->expires_at <= call->now)
        return ca_refuse_as(problem, 404, CA_PROBLEM_MALFORMED, "Expired authorization");
    return true;
}

static bool journal(const struct ca_call *call, struct db *db, enum ca_journal_kind kind,
                    const struct ca_authorization *authorization, struct err *err)
{
    return ca_journal_add(
        db,
        &(struct ca_journal_entry){
            .at = call->now,
            .account_id = authorization->account_id,
            .kind = kind,
            .subject = arena_printf(call->mem, "%lld", (long long)authorization->id),
            .detail = authorization->name,
        },
        err);
}

/* --- authorizations -------------------------------------------------------------------------- */

/* One that is given up before it was tried counts as one that has failed, as with Boulder. */
static bool count_given_up(const struct ca_call *call, struct db *tx,
                           const struct ca_authorization *authorization, struct err *err)
{
    const struct ca_validated failed = {
        .account_id = authorization->account_id, .name = authorization->name, .at = call->now};

    return authorization->status != CA_STATUS_PENDING ||
           ca_count_validated(call->mem, call->ca, tx, &failed, err);
}

/* Orders that need it can then never be finalized. */
static bool deactivate(const struct ca_call *call, const struct ca_authorization *authorization,
                       struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    return db_tx_begin(call->ca->db, &tx, err) &&
           ca_authorization_deactivate(tx, authorization->id, err) &&
           count_given_up(call, tx, authorization, err) &&
           ca_order_invalid_by(tx, authorization->id, err) &&
           journal(call, tx, CA_JOURNAL_AUTHORIZATION_DEACTIVATED, authorization, err) &&
           db_tx_commit(&tx, err);
}

static bool update(const struct ca_call *call, struct ca_authorization *authorization,
                   struct ca_problem *problem)
{
    const char *status = json_string_value(json_object_get(call->payload, "status"));
    struct err err;

    if (!status || strcmp(status, "deactivated") != 0)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "Invalid status value");
    if (!deactivate(call, authorization, &err)) {
        if (err.code == ERR_LOST_RACE)
            return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                             "Error deactivating authorization :: it is %s",
                             ca_status_name(authorization->status));
        return ca_fail(problem, &err, "Error deactivating authorization");
    }
    authorization->status = CA_STATUS_DEACTIVATED;
    return true;
}

bool ca_get_authorization(struct ca_call *call, struct ca_problem *problem)
{
    static const struct words words = {"No such authorization",
                                       "Account ID doesn't match ID for authorization"};
    const struct ca_authorization *found;
    struct ca_authorization authorization;
    struct ca_challenges challenges;
    struct err err;

    if (!find_authorization(call, &words, &found, problem))
        return false;
    authorization = *found;
    if (call->payload && !update(call, &authorization, problem))
        return false;
    if (!ca_challenge_list(call->mem, call->ca->db, authorization.id, &challenges, &err))
        return ca_fail(problem, &err, "Problem getting authorization");
    return http_reply_json(call->res, 200, authorization_json(call, &authorization, &challenges));
}

/* --- challenges ------------------------------------------------------------------------------ */

static bool find_challenge(const struct ca_call *call, const struct ca_authorization *authorization,
                           struct ca_challenge *out, struct ca_problem *problem)
{
    const struct ca_challenge *found;
    struct err err;
    int64_t id;

    if (!ca_call_id(call, "challenge", "No such challenge", &id, problem))
        return false;
    if (!ca_challenge_get(call->mem, call->ca->db, id, &found, &err))
        return ca_fail(problem, &err, "Problem getting authorization");
    if (!found || found->authorization_id != authorization->id)
        return ca_refuse_as(problem, 404, CA_PROBLEM_MALFORMED, "No such challenge");
    *out = *found;
    return true;
}

static bool start(const struct ca_call *call, const struct ca_authorization *authorization,
                  const struct ca_challenge *challenge, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    return db_tx_begin(call->ca->db, &tx, err) && ca_challenge_start(tx, challenge->id, err) &&
           journal(call, tx, CA_JOURNAL_CHALLENGE_STARTED, authorization, err) &&
           db_tx_commit(&tx, err);
}

/* A second answer to the same challenge changes nothing: one validation for one challenge. */
static bool answer(const struct ca_call *call, const struct ca_authorization *authorization,
                   struct ca_challenge *challenge, struct ca_problem *problem)
{
    struct err err;

    if (authorization->status == CA_STATUS_VALID || challenge->status == CA_STATUS_PROCESSING)
        return true;
    if (authorization->status != CA_STATUS_PENDING || challenge->status != CA_STATUS_PENDING)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "Unable to update challenge :: authorization must be pending");
    if (!ca_pool_reserve(call->ca->validation))
        return ca_refuse_as(problem, 503, CA_PROBLEM_RATE_LIMITED, "Service busy; retry later.");
    challenge->status = CA_STATUS_PROCESSING;
    if (start(call, authorization, challenge, &err)) {
        ca_pool_add(call->ca->validation, challenge->id, (struct ca_hint){.data = NULL});
        return true;
    }
    ca_pool_release(call->ca->validation);
    return err.code == ERR_LOST_RACE || ca_fail(problem, &err, "Unable to update challenge");
}

bool ca_post_challenge(struct ca_call *call, struct ca_problem *problem)
{
    static const struct words words = {"No such challenge",
                                       "User account ID doesn't match account ID in authorization"};
    const struct ca_authorization *authorization;
    struct ca_challenge challenge;
    const char *up;

    if (!find_authorization(call, &words, &authorization, problem) ||
        !find_challenge(call, authorization, &challenge, problem))
        return false;
    if (call->payload && !answer(call, authorization, &challenge, problem))
        return false;
    up = arena_printf(call->mem, "<%s>;rel=\"up\"", authorization_url(call, authorization));
    http_res_header(call->res, "Link", up);
    http_res_header(call->res, "Location", challenge_url(call, authorization, &challenge));
    return http_reply_json(call->res, 200, challenge_json(call, authorization, &challenge));
}
