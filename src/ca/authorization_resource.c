/* SPDX-License-Identifier: Apache-2.0 */

/* Authorizations: read and deactivated (RFC 8555 section 7.5). */
#include "ca/admission.h"
#include "ca/authorization_view.h"

static bool journal(const struct ca_call *call, struct db *db,
                    const struct ca_authorization *authorization, struct err *err)
{
    return ca_journal_add(
        db,
        &(struct ca_journal_entry){
            .at = call->now,
            .account_id = authorization->account_id,
            .kind = CA_JOURNAL_AUTHORIZATION_DEACTIVATED,
            .subject = arena_printf(call->mem, "%lld", (long long)authorization->id),
            .detail = authorization->name,
        },
        err);
}

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
           journal(call, tx, authorization, err) && db_tx_commit(&tx, err);
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
    static const struct ca_authorization_words words = {
        "No such authorization", "Account ID doesn't match ID for authorization"};
    struct ca_authorization_view view;

    return ca_authorization_view(call, &words, &view, problem) &&
           (!call->payload || update(call, &view.authorization, problem)) &&
           http_reply_json(call->res, 200, ca_authorization_json(call, &view));
}
