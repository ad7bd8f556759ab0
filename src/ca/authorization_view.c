/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/authorization_view.h"

#include "base/clock.h"
#include "base/random.h"

bool ca_authorization_view(const struct ca_call *call, const struct ca_authorization_words *words,
                           struct ca_authorization_view *out, struct ca_problem *problem)
{
    const struct ca_authorization *found;
    int64_t account_id, id;
    struct err err;

    if (!ca_call_id(call, "account", words->missing, &account_id, problem) ||
        !ca_call_id(call, "authorization", words->missing, &id, problem))
        return false;
    if (!ca_authorization_get(call->mem, call->ca->db, id, &found, &err) ||
        !ca_challenge_of(call->mem, call->ca->db, id, &out->taken, &err))
        return ca_fail(problem, &err, "Problem getting authorization");
    if (!found || found->account_id != account_id)
        return ca_refuse_as(problem, 404, CA_PROBLEM_MALFORMED, "%s", words->missing);
    if (found->account_id != call->account->id)
        return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED, "%s", words->foreign);
    if (found->expires_at <= call->now)
        return ca_refuse_as(problem, 404, CA_PROBLEM_MALFORMED, "Expired authorization");
    out->authorization = *found;
    return true;
}

bool ca_authorization_has(const struct ca_authorization_view *view, enum ca_challenge_type type)
{
    const struct ca_challenge *taken = view->taken;

    return ca_challenge_fits(type, view->authorization.name) &&
           (!taken || taken->type == type || taken->status == CA_STATUS_PROCESSING);
}

const char *ca_authorization_url(const struct ca_call *call,
                                 const struct ca_authorization *authorization)
{
    return ca_url(call->mem, call->ca, "/acme/authz/%lld/%lld",
                  (long long)authorization->account_id, (long long)authorization->id);
}

const char *ca_challenge_url(const struct ca_call *call,
                             const struct ca_authorization *authorization,
                             enum ca_challenge_type type)
{
    return ca_url(call->mem, call->ca, "/acme/chall/%lld/%lld/%s",
                  (long long)authorization->account_id, (long long)authorization->id,
                  ca_challenge_name(type));
}

/* What came of the one that was taken up. */
static void add_outcome(json_t *json, const struct ca_challenge *challenge)
{
    char validated[CLOCK_TEXT_SIZE];

    if (challenge->status == CA_STATUS_VALID)
        json_object_set_new(json, "validated",
                            json_string(clock_text(challenge->validated_at, validated)));
    if (challenge->error)
        json_object_set_new(json, "error", json_loads(challenge->error, 0, NULL));
    if (challenge->record)
        json_object_set_new(json, "validationRecord", json_loads(challenge->record, 0, NULL));
}

json_t *ca_challenge_json(const struct ca_call *call, const struct ca_authorization_view *view,
                          enum ca_challenge_type type)
{
    bool is_taken = view->taken && view->taken->type == type;
    enum ca_status status = is_taken ? view->taken->status : CA_STATUS_PENDING;
    json_t *json = json_pack("{s:s, s:s, s:s, s:s}", "type", ca_challenge_name(type), "url",
                             ca_challenge_url(call, &view->authorization, type), "status",
                             ca_status_name(status), "token", view->authorization.token);

    if (is_taken)
        add_outcome(json, view->taken);
    return json;
}

static json_t *challenges_json(const struct ca_call *call, const struct ca_authorization_view *view)
{
    json_t *list = json_array();

    for (int i = 0; i < CA_CHALLENGE_COUNT; i++) {
        enum ca_challenge_type type = (enum ca_challenge_type)i;

        if (ca_authorization_has(view, type))
            json_array_insert_new(list, random_below(json_array_size(list) + 1),
                                  ca_challenge_json(call, view, type));
    }
    return list;
}

json_t *ca_authorization_json(const struct ca_call *call, const struct ca_authorization_view *view)
{
    const struct ca_authorization *authorization = &view->authorization;
    char expires[CLOCK_TEXT_SIZE];
    json_t *json = json_pack("{s:{s:s, s:s}, s:s, s:s, s:o}", "identifier", "type", "dns", "value",
                             ca_name_base(authorization->name), "status",
                             ca_status_name(authorization->status), "expires",
                             clock_text(authorization->expires_at, expires), "challenges",
                             challenges_json(call, view));

    if (ca_name_is_wildcard(authorization->name))
        json_object_set_new(json, "wildcard", json_true());
    return json;
}
