/* SPDX-License-Identifier: Apache-2.0 */

/* Orders: placed, read, finalized (RFC 8555 section 7.4). */
#include "base/clock.h"
#include "ca/admission.h"
#include "ca/authorization_store.h"
#include "ca/caa_work.h"
#include "ca/call.h"
#include "ca/csr.h"
#include "ca/renewal.h"
#include "ca/replacement.h"
#include "ca/token.h"

static const char *order_url(const struct ca_call *call, const char *kind, int64_t id)
{
    return ca_url(call->mem, call->ca, "/acme/%s/%lld/%lld", kind, (long long)call->account->id,
                  (long long)id);
}

static json_t *identifiers_json(const struct ca_names *names)
{
    json_t *list = json_array();

    for (size_t i = 0; i < names->count; i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:s}", "type", "dns", "value", names->items[i]));
    return list;
}

static json_t *authorizations_json(const struct ca_call *call, const struct ca_ids *ids)
{
    json_t *list = json_array();

    for (size_t i = 0; i < ids->count; i++)
        json_array_append_new(list, json_string(order_url(call, "authz", ids->items[i])));
    return list;
}

static json_t *order_json(const struct ca_call *call, const struct ca_order *order,
                          const struct ca_ids *authorizations)
{
    char expires[CLOCK_TEXT_SIZE];
    json_t *json =
        json_pack("{s:s, s:s, s:o, s:s, s:s*, s:o, s:s}", "status", ca_status_name(order->status),
                  "expires", clock_text(order->expires_at, expires), "identifiers",
                  identifiers_json(&order->names), "profile", order->profile, "replaces",
                  order->replaces, "authorizations", authorizations_json(call, authorizations),
                  "finalize", order_url(call, "finalize", order->id));

    if (order->error)
        json_object_set_new(json, "error", json_loads(order->error, 0, NULL));
    if (order->status == CA_STATUS_VALID)
        json_object_set_new(
            json, "certificate",
            json_string(ca_url(call->mem, call->ca, "/acme/cert/%s", order->serial)));
    return json;
}

static bool reply_order(const struct ca_call *call, int status, const struct ca_order *order,
                        struct ca_problem *problem)
{
    int64_t wait_s = call->ca->options.retry_after_s;
    struct ca_ids authorizations;
    struct err err;

    if (!ca_order_needs(call->mem, call->ca->db, order->id, &authorizations, &err))
        return ca_fail(problem, &err, "Failed to retrieve order");
    http_res_header(call->res, "Location", order_url(call, "order", order->id));
    if (order->status == CA_STATUS_PROCESSING && wait_s)
        http_res_header(call->res, "Retry-After",
                        arena_printf(call->mem, "%lld", (long long)wait_s));
    return http_reply_json(call->res, status, order_json(call, order, &authorizations));
}

/* The names, and what was asked for beside them. */
static const char *journal_detail(const struct ca_call *call, const struct ca_order *order)
{
    const char *names = ca_names_text(call->mem, &order->names);

    return order->replaces
               ? arena_printf(call->mem, "%s profile %s replaces %s", names, order->profile,
                              ca_renewal_serial(call->mem, order->replaces))
               : arena_printf(call->mem, "%s profile %s", names, order->profile);
}

static bool journal(const struct ca_call *call, struct db *db, enum ca_journal_kind kind,
                    const struct ca_order *order, struct err *err)
{
    return ca_journal_add(db,
                          &(struct ca_journal_entry){
                              .at = call->now,
                              .account_id = order->account_id,
                              .kind = kind,
                              .subject = arena_printf(call->mem, "%lld", (long long)order->id),
                              .detail = journal_detail(call, order),
                          },
                          err);
}

/* --- newOrder -------------------------------------------------------------------------------- */

/* What is ordered. */
struct wish {
    const struct ca_profile *profile;
    struct ca_names names;
    const char *replaces; /* id of a certificate, or NULL */
    bool is_in_window;    /* of the certificate that it replaces */
};

/* The authorizations that an order needs, and until when all of them are good. */
struct proof {
    int64_t *ids;
    size_t count;
    int64_t expires_at;
    enum ca_status status; /* of an order that needs these: pending or ready */
};

static bool add_authorization(const struct ca_call *call, struct db *tx, const char *name,
                              const struct ca_profile *profile, int64_t *id, struct err *err)
{
    struct ca_authorization authorization = {
        .account_id = call->account->id,
        .name = name,
        .profile = profile->name,
        .token = ca_token_new(call->mem),
        .created_at = call->now,
        .expires_at = call->now + profile->pending_ms,
    };

    return ca_authorization_add(call->mem, tx, &authorization, id, err);
}

/* A valid authorization of the account is used again, by an order of the same profile alone. */
static bool find_reusable(const struct ca_call *call, struct db *tx, const char *name,
                          const struct ca_profile *profile, const struct ca_authorization **out,
                          struct err *err)
{
    const struct ca_claim claim = {.account_id = call->account->id,
                                   .names = {.items = &name, .count = 1},
                                   .profile = profile->name,
                                   .at = call->now + ca_profile_reuse_left_ms(profile)};

    *out = NULL;
    return !call->ca->options.reuses_authorizations ||
           ca_authorization_find_valid(call->mem, tx, &claim, out, err);
}

static bool prove_name(const struct ca_call *call, struct db *tx, const char *name,
                       const struct ca_profile *profile, struct proof *proof, struct err *err)
{
    const struct ca_authorization *valid;
    int64_t expires_at = call->now + profile->pending_ms, id;

    if (!find_reusable(call, tx, name, profile, &valid, err) ||
        (!valid && !add_authorization(call, tx, name, profile, &id, err)))
        return false;
    if (valid) {
        expires_at = valid->expires_at;
        id = valid->id;
    } else {
        proof->status = CA_STATUS_PENDING;
    }
    if (expires_at < proof->expires_at)
        proof->expires_at = expires_at;
    proof->ids[proof->count++] = id;
    return true;
}

static bool prove_names(const struct ca_call *call, struct db *tx, const struct wish *wish,
                        struct proof *out, struct err *err)
{
    *out = (struct proof){.ids = arena_array_of(call->mem, wish->names.count, int64_t),
                          .expires_at = call->now + wish->profile->order_ms,
                          .status = CA_STATUS_READY};
    for (size_t i = 0; i < wish->names.count; i++) {
        if (!prove_name(call, tx, wish->names.items[i], wish->profile, out, err))
            return false;
    }
    return true;
}

/* Never longer than the first of its authorizations. */
static bool add_order(const struct ca_call *call, struct db *tx, const struct wish *wish,
                      const struct ca_order **out, struct err *err)
{
    struct ca_order *order = arena_new_of(call->mem, struct ca_order);
    struct proof proof;

    if (!prove_names(call, tx, wish, &proof, err))
        return false;
    *order = (struct ca_order){
        .account_id = call->account->id,
        .status = proof.status,
        .names = wish->names,
        .profile = wish->profile->name,
        .replaces = wish->replaces,
        .created_at = call->now,
        .expires_at = proof.expires_at,
    };
    if (!ca_order_add(call->mem, tx, order, &order->id, err))
        return false;
    for (size_t i = 0; i < proof.count; i++) {
        if (!ca_order_need(tx, order->id, proof.ids[i], err))
            return false;
    }
    *out = order;
    return journal(call, tx, CA_JOURNAL_ORDER_CREATED, order, err);
}

/* Refused when another order replaces that certificate, even an identical one, as with Boulder. */
static bool check_replaces(const struct ca_call *call, struct db *tx, const struct wish *wish,
                           struct ca_problem *problem)
{
    bool is_replacing = false;
    struct err err;

    if (wish->replaces &&
        !ca_order_is_replacing(call->mem, tx, wish->replaces, call->now, &is_replacing, &err))
        return ca_fail(problem, &err, "Error creating new order");
    return !is_replacing ||
           ca_refuse(problem, CA_PROBLEM_ALREADY_REPLACED,
                     "Could not validate ARI 'replaces' field :: cannot indicate an order replaces "
                     "certificate with serial \"%s\", which already has a replacement order",
                     ca_renewal_serial(call->mem, wish->replaces));
}

/* An order of the account for the same names by the same profile that is still open is returned
 * again, as Boulder does. */
static bool find_or_add(const struct ca_call *call, struct db *tx, const struct wish *wish,
                        const struct ca_order **out, struct err *err)
{
    const struct ca_claim claim = {.account_id = call->account->id,
                                   .names = wish->names,
                                   .profile = wish->profile->name,
                                   .at = call->now};

    if (!ca_order_find_open(call->mem, tx, &claim, out, err))
        return false;
    return *out ? journal(call, tx, CA_JOURNAL_ORDER_REPEATED, *out, err)
                : add_order(call, tx, wish, out, err);
}

/* All in one transaction: of two requests for the same thing one makes it, and one that is refused
 * gives back what it took of the limits. */
static bool place(const struct ca_call *call, const struct wish *wish, const struct ca_order **out,
                  struct ca_problem *problem)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct err err;

    if (!db_tx_begin(call->ca->db, &tx, &err))
        return ca_fail(problem, &err, "Error creating new order");
    if (!check_replaces(call, tx, wish, problem) ||
        !ca_admit_order(call, tx, &wish->names, wish->is_in_window, problem))
        return false;
    return (find_or_add(call, tx, wish, out, &err) && db_tx_commit(&tx, &err)) ||
           ca_fail(problem, &err, "Error creating new order");
}

/* The text of a member that may be missing, null or "" (then *out is NULL). */
static bool read_text(const struct ca_call *call, const char *key, const char **out,
                      struct ca_problem *problem)
{
    const json_t *value = json_object_get(call->payload, key);

    *out = NULL;
    if (!value || json_is_null(value))
        return true;
    if (!json_is_string(value))
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "Unable to unmarshal NewOrder request body");
    if (json_string_length(value) > 0)
        *out = json_string_value(value);
    return true;
}

static bool refuse_profile(const char *name, struct ca_problem *problem)
{
    return ca_refuse(problem, CA_PROBLEM_INVALID_PROFILE, "profile name \"%s\" not recognized",
                     name);
}

static bool read_profile(const struct ca_call *call, const struct ca_profile **out,
                         struct ca_problem *problem)
{
    const char *name;

    if (!read_text(call, "profile", &name, problem))
        return false;
    *out = name ? ca_profile_find(&call->ca->profiles, name) : call->ca->profiles.items;
    return *out || refuse_profile(name, problem);
}

static bool read_names(const struct ca_call *call, const struct ca_profile *profile,
                       struct ca_names *out, struct ca_problem *problem)
{
    if (!ca_names_read(call->mem, &call->ca->suffixes,
                       json_object_get(call->payload, "identifiers"), out, problem))
        return problem->type == CA_PROBLEM_REJECTED_IDENTIFIER
                   ? ca_refuse_within(call->mem, problem, "Invalid identifiers requested")
                   : false;
    if (out->count <= profile->names_max)
        return true;
    return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                     "Error creating new order :: Order cannot contain more than %zu identifiers",
                     profile->names_max);
}

static bool read_wish(const struct ca_call *call, struct wish *out, struct ca_problem *problem)
{
    if (json_object_get(call->payload, "notBefore") || json_object_get(call->payload, "notAfter"))
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "NotBefore and NotAfter are not supported");
    if (!read_profile(call, &out->profile, problem) ||
        !read_names(call, out->profile, &out->names, problem) ||
        !read_text(call, "replaces", &out->replaces, problem))
        return false;
    out->is_in_window = false;
    return !out->replaces ||
           ca_replacement_check(call, out->replaces, &out->names, &out->is_in_window, problem);
}

bool ca_new_order(struct ca_call *call, struct ca_problem *problem)
{
    const struct ca_order *order;
    struct wish wish;

    return read_wish(call, &wish, problem) && place(call, &wish, &order, problem) &&
           reply_order(call, 201, order, problem);
}

/* --- reading and finalizing ------------------------------------------------------------------ */

/* An order that has expired, or is another's, is as good as not there. */
static bool find_order(const struct ca_call *call, const struct ca_order **out,
                       struct ca_problem *problem)
{
    int64_t account_id, id;
    struct err err;

    if (!ca_call_id(call, "account", "Invalid account ID", &account_id, problem) ||
        !ca_call_id(call, "order", "Invalid order ID", &id, problem))
        return false;
    if (!ca_order_get(call->mem, call->ca->db, id, out, &err))
        return ca_fail(problem, &err, "Failed to retrieve order");
    if (!*out || (*out)->expires_at <= call->now)
        return ca_refuse_as(problem, 404, CA_PROBLEM_MALFORMED, "No order for ID %lld",
                            (long long)id);
    if ((*out)->account_id != account_id || account_id != call->account->id)
        return ca_refuse_as(problem, 404, CA_PROBLEM_MALFORMED,
                            "No order found for account ID %lld", (long long)account_id);
    return true;
}

bool ca_get_order(struct ca_call *call, struct ca_problem *problem)
{
    const struct ca_order *order;

    return find_order(call, &order, problem) && reply_order(call, 200, order, problem);
}

static bool check_csr(const struct ca_call *call, const struct ca_order *order,
                      const struct ca_csr *csr, struct ca_problem *problem)
{
    const struct ca_profile *profile = ca_profile_find(&call->ca->profiles, order->profile);
    const struct ca_account *owner;
    struct err err;

    if (csr->names.count > profile->names_max)
        return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED,
                         "Error finalizing order :: CSR identifier count is not at minimum 1 or at "
                         "maximum %zu",
                         profile->names_max);
    if (!ca_names_equal(&csr->names, &order->names))
        return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED,
                         "Error finalizing order :: CSR does not specify same identifiers as "
                         "Order");
    if (!ca_account_of_key(call->mem, call->ca->db, csr->key_hash, &owner, &err))
        return ca_fail(problem, &err, "Error finalizing order");
    if (owner)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "Error finalizing order :: certificate public key must be different than "
                         "account key");
    return true;
}

static bool start(const struct ca_call *call, struct ca_order *order, struct slice csr,
                  struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    if (!db_tx_begin(call->ca->db, &tx, err) || !ca_order_finalize(tx, order->id, csr, err) ||
        !journal(call, tx, CA_JOURNAL_ORDER_FINALIZED, order, err))
        return false;
    order->status = CA_STATUS_PROCESSING;
    return db_tx_commit(&tx, err);
}

static bool refuse_status(enum ca_status status, struct ca_problem *problem)
{
    return ca_refuse(problem, CA_PROBLEM_ORDER_NOT_READY,
                     "Order's status (\"%s\") is not acceptable for finalization",
                     ca_status_name(status));
}

static bool finalize(const struct ca_call *call, struct ca_order *order, const struct ca_csr *csr,
                     struct ca_problem *problem)
{
    struct ca_hint hint = {.free = ca_subject_key_free};
    struct err err;

    if (!ca_pool_reserve(call->ca->issuing))
        return ca_refuse_as(problem, 503, CA_PROBLEM_RATE_LIMITED, "Service busy; retry later.");
    if (!start(call, order, csr->der, &err)) {
        ca_pool_release(call->ca->issuing);
        if (err.code == ERR_LOST_RACE)
            return refuse_status(CA_STATUS_PROCESSING, problem);
        return ca_fail(problem, &err, "Error finalizing order");
    }
    hint.data = ca_csr_subject_key(call->mem, csr);
    ca_pool_add(call->ca->issuing, order->id, hint);
    return reply_order(call, 200, order, problem);
}

bool ca_finalize_order(struct ca_call *call, struct ca_problem *problem)
{
    const char *text = json_string_value(json_object_get(call->payload, "csr"));
    const struct ca_order *found;
    struct ca_order order;
    struct ca_csr csr;

    if (!find_order(call, &found, problem))
        return false;
    if (found->status != CA_STATUS_READY)
        return refuse_status(found->status, problem);
    if (!ca_profile_find(&call->ca->profiles, found->profile))
        return refuse_profile(found->profile, problem);
    if (!text)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "Error unmarshaling finalize order request");
    if (!ca_csr_read(call->mem, text, &csr, problem) ||
        !ca_call_admit_key(call, csr.key_hash, CA_PROBLEM_BAD_CSR,
                           "Error finalizing order :: invalid public key in CSR", problem) ||
        !check_csr(call, found, &csr, problem))
        return false;
    if (!ca_caa_check_again(call, found, problem))
        return ca_refuse_within(call->mem, problem, "Error finalizing order");
    order = *found;
    return finalize(call, &order, &csr, problem);
}
