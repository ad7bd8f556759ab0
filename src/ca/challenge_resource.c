/* SPDX-License-Identifier: Apache-2.0 */

/* Challenges: read and taken up (RFC 8555 section 7.5.1). */
#include "ca/authorization_view.h"

static bool start(const struct ca_call *call, const struct ca_authorization *authorization,
                  enum ca_challenge_type type, int64_t *id, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct ca_journal_entry entry = {
        .at = call->now,
        .account_id = authorization->account_id,
        .kind = CA_JOURNAL_CHALLENGE_STARTED,
        .subject = arena_printf(call->mem, "%lld", (long long)authorization->id),
        .detail = arena_printf(call->mem, "%s %s", authorization->name, ca_challenge_name(type)),
    };

    return db_tx_begin(call->ca->db, &tx, err) &&
           ca_challenge_start(call->mem, tx, authorization->id, type, id, err) &&
           ca_journal_add(tx, &entry, err) && db_tx_commit(&tx, err);
}

static bool refuse_parallel(struct ca_problem *problem)
{
    return ca_refuse(problem, CA_PROBLEM_CONFLICT,
                     "Unable to update challenge :: Authorization is already being validated. This "
                     "may indicate your client attempted the same challenge multiple times, "
                     "possibly due to a client bug.");
}

/* One for which another request was faster: that is the one that is seen. */
static bool see_other(const struct ca_call *call, struct ca_authorization_view *view,
                      enum ca_challenge_type type, struct ca_problem *problem)
{
    struct err err;

    if (!ca_challenge_of(call->mem, call->ca->db, view->authorization.id, &view->taken, &err))
        return ca_fail(problem, &err, "Unable to update challenge");
    return view->taken->type == type || refuse_parallel(problem);
}

/* `view` is brought up to date. */
static bool take_up(const struct ca_call *call, struct ca_authorization_view *view,
                    enum ca_challenge_type type, struct ca_problem *problem)
{
    struct ca_challenge *taken = arena_new_of(call->mem, struct ca_challenge);
    struct err err;

    *taken = (struct ca_challenge){.type = type, .status = CA_STATUS_PROCESSING};
    if (!ca_pool_reserve(call->ca->validation))
        return ca_refuse_as(problem, 503, CA_PROBLEM_RATE_LIMITED, "Service busy; retry later.");
    if (start(call, &view->authorization, type, &taken->id, &err)) {
        ca_pool_add(call->ca->validation, taken->id, (struct ca_hint){.data = NULL});
        view->taken = taken;
        return true;
    }
    ca_pool_release(call->ca->validation);
    return err.code == ERR_LOST_RACE ? see_other(call, view, type, problem)
                                     : ca_fail(problem, &err, "Unable to update challenge");
}

/* A second answer to the same challenge changes nothing; one to another, while the first is being
 * validated, is refused: one validation for one authorization. */
static bool answer(const struct ca_call *call, struct ca_authorization_view *view,
                   enum ca_challenge_type type, struct ca_problem *problem)
{
    bool is_under_way = view->taken && view->taken->status == CA_STATUS_PROCESSING;

    if (view->authorization.status == CA_STATUS_VALID)
        return true;
    if (is_under_way)
        return view->taken->type == type || refuse_parallel(problem);
    if (view->authorization.status != CA_STATUS_PENDING)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "Unable to update challenge :: authorization must be pending");
    return take_up(call, view, type, problem);
}

bool ca_post_challenge(struct ca_call *call, struct ca_problem *problem)
{
    static const struct ca_authorization_words words = {
        "No such challenge", "User account ID doesn't match account ID in authorization"};
    struct ca_authorization_view view;
    enum ca_challenge_type type;

    if (!ca_authorization_view(call, &words, &view, problem))
        return false;
    if (!ca_challenge_parse(http_param(call->req, "challenge"), &type) ||
        !ca_authorization_has(&view, type))
        return ca_refuse_as(problem, 404, CA_PROBLEM_MALFORMED, "No such challenge");
    if (call->payload && !answer(call, &view, type, problem))
        return false;
    http_res_header(call->res, "Link",
                    arena_printf(call->mem, "<%s>;rel=\"up\"",
                                 ca_authorization_url(call, &view.authorization)));
    http_res_header(call->res, "Location", ca_challenge_url(call, &view.authorization, type));
    return http_reply_json(call->res, 200, ca_challenge_json(call, &view, type));
}
