/* SPDX-License-Identifier: Apache-2.0 */

/* Accounts: made, found again, changed, deactivated (RFC 8555 section 7.3). */
#include "ca/account_view.h"
#include "ca/admission.h"
#include "ca/contact.h"
#include "ca/eab.h"
#include "ca/eab_store.h"

static bool reply_account(const struct ca_call *call, int status, const struct ca_account *account)
{
    call->req->log_who = arena_printf(call->mem, "account %lld", (long long)account->id);
    http_res_header(call->res, "Location", ca_account_url(call, account->id));
    ca_account_terms(call);
    return http_reply_json(call->res, status, ca_account_json(account));
}

static bool journal(const struct ca_call *call, struct db *db, enum ca_journal_kind kind,
                    const struct ca_account *account, struct err *err)
{
    return ca_journal_add(
        db,
        &(struct ca_journal_entry){
            .at = call->now,
            .account_id = account->id,
            .kind = kind,
            .subject = arena_printf(call->mem, "%lld", (long long)account->id),
            .detail = account->eab_kid
                          ? arena_printf(call->mem, "%s eab %s", account->contact, account->eab_kid)
                          : account->contact,
        },
        err);
}

static bool reply_existing(const struct ca_call *call, const struct ca_account *account,
                           struct ca_problem *problem)
{
    if (account->status != CA_STATUS_VALID)
        return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED,
                         "An account with the provided public key exists but is deactivated");
    return reply_account(call, 200, account);
}

/* --- external account binding ----------------------------------------------------------------- */

static bool refuse_key(struct ca_problem *problem)
{
    return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED,
                     "the field 'kid' references a key that is not known to the ACME server");
}

static bool verify_binding(const struct ca_call *call, const json_t *value,
                           struct ca_account *account, struct ca_problem *problem)
{
    const struct ca_eab_key *key;
    struct ca_eab eab;
    struct err err;

    if (!ca_eab_read(call->mem, value, call->jws.url, &eab, problem))
        return false;
    if (!ca_eab_get(call->mem, call->ca->db, eab.kid, &key, &err))
        return ca_fail(problem, &err, "failed to look up the external account");
    if (!key)
        return refuse_key(problem);
    if (!ca_eab_verify(call->mem, &eab, key->mac_key, account->key_hash, problem))
        return false;
    account->eab_kid = eab.kid;
    account->eab = ca_json_text(call->mem, value);
    return true;
}

static bool take_binding(const struct ca_call *call, struct ca_account *account,
                         struct ca_problem *problem)
{
    const json_t *value = json_object_get(call->payload, "externalAccountBinding");
    enum ca_binding wanted = call->ca->options.binding;

    if (wanted == CA_BINDING_NONE)
        return true;
    if (value && !json_is_null(value))
        return verify_binding(call, value, account, problem);
    return wanted == CA_BINDING_OPTIONAL ||
           ca_refuse(problem, CA_PROBLEM_EXTERNAL_ACCOUNT_REQUIRED,
                     "ACME server policy requires newAccount requests must include a value for the "
                     "'externalAccountBinding' field");
}

/* --- newAccount ------------------------------------------------------------------------------- */

/* ERR_CONFLICT: somebody else was first with this key. */
static bool add(const struct ca_call *call, struct db *tx, struct ca_account *account,
                struct err *err)
{
    return ca_account_add(call->mem, tx, account, &account->id, err) &&
           journal(call, tx, CA_JOURNAL_ACCOUNT_CREATED, account, err);
}

static bool reply_first(const struct ca_call *call, const char *key_hash, struct err *err,
                        struct ca_problem *problem)
{
    const struct ca_account *existing;

    if (err->code == ERR_CONFLICT &&
        ca_account_of_key(call->mem, call->ca->db, key_hash, &existing, err) && existing)
        return reply_existing(call, existing, problem);
    return ca_fail(problem, err, "Error creating new account");
}

static bool create_and_reply(const struct ca_call *call, struct ca_account *account,
                             struct ca_problem *problem)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct err err;

    if (!db_tx_begin(call->ca->db, &tx, &err))
        return ca_fail(problem, &err, "Error creating new account");
    if (!ca_admit_account(call, tx, problem))
        return false;
    if (account->eab_kid && !ca_eab_use(tx, account->eab_kid, call->now, &err))
        return err.code == ERR_LOST_RACE ? refuse_key(problem)
                                         : ca_fail(problem, &err, "Error creating new account");
    if (add(call, tx, account, &err) && db_tx_commit(&tx, &err))
        return reply_account(call, 201, account);
    return reply_first(call, account->key_hash, &err, problem);
}

static bool create(const struct ca_call *call, struct ca_problem *problem)
{
    struct ca_account account = {
        .key_hash = call->key.key_hash,
        .jwk = ca_jwk_text(call->mem, &call->key),
        .status = CA_STATUS_VALID,
        .terms_version = atomic_load(&call->ca->terms_version),
        .created_at = call->now,
    };

    if (!json_is_true(json_object_get(call->payload, "termsOfServiceAgreed")))
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "must agree to terms of service");
    return ca_contacts_read(call->mem, json_object_get(call->payload, "contact"), &account.contact,
                            problem) &&
           take_binding(call, &account, problem) && create_and_reply(call, &account, problem);
}

bool ca_new_account(struct ca_call *call, struct ca_problem *problem)
{
    const struct ca_account *existing;
    struct err err;

    if (!ca_call_admit_key(call, call->key.key_hash, CA_PROBLEM_BAD_PUBLIC_KEY, CA_KEY_REFUSED,
                           problem))
        return false;
    if (!ca_account_of_key(call->mem, call->ca->db, call->key.key_hash, &existing, &err))
        return ca_fail(problem, &err, "failed check for existing account");
    if (existing)
        return reply_existing(call, existing, problem);
    if (json_is_true(json_object_get(call->payload, "onlyReturnExisting")))
        return ca_refuse(problem, CA_PROBLEM_ACCOUNT_DOES_NOT_EXIST,
                         "No account exists with the provided key");
    return create(call, problem);
}

static bool deactivate(const struct ca_call *call, struct ca_account *account, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    if (!db_tx_begin(call->ca->db, &tx, err) || !ca_account_deactivate(tx, account->id, err) ||
        !journal(call, tx, CA_JOURNAL_ACCOUNT_DEACTIVATED, account, err))
        return false;
    account->status = CA_STATUS_DEACTIVATED;
    return db_tx_commit(&tx, err);
}

static bool set_contact(const struct ca_call *call, const struct ca_account *account,
                        struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    return db_tx_begin(call->ca->db, &tx, err) &&
           ca_account_set_contact(tx, account->id, account->contact, err) &&
           journal(call, tx, CA_JOURNAL_ACCOUNT_UPDATED, account, err) && db_tx_commit(&tx, err);
}

static bool refuse_status(const json_t *status, struct ca_problem *problem)
{
    if (!json_is_string(status))
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "Unable to update account :: parsing account update request");
    return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                     "Unable to update account :: invalid status \"%s\" for account update "
                     "request, must be \"valid\" or \"deactivated\"",
                     json_string_value(status));
}

/* Clients post whole accounts, "valid" included; only another status is a wish. */
static bool update(const struct ca_call *call, struct ca_account *account,
                   struct ca_problem *problem)
{
    const json_t *status = json_object_get(call->payload, "status");
    const json_t *contact = json_object_get(call->payload, "contact");
    struct err err;

    if (status && strcmp(json_is_string(status) ? json_string_value(status) : "", "valid") != 0) {
        if (!json_is_string(status) || strcmp(json_string_value(status), "deactivated") != 0)
            return refuse_status(status, problem);
        return deactivate(call, account, &err) ||
               ca_fail(problem, &err, "Unable to deactivate account");
    }
    if (!contact)
        return true;
    if (!ca_contacts_read(call->mem, contact, &account->contact, problem))
        return false;
    return set_contact(call, account, &err) || ca_fail(problem, &err, "Unable to update account");
}

bool ca_update_account(struct ca_call *call, struct ca_problem *problem)
{
    struct ca_account account = *call->account;
    int64_t id;

    if (!ca_call_id(call, "account", "Account not found", &id, problem))
        return false;
    if (id != account.id)
        return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED,
                         "Request signing key did not match account key");
    if (call->payload && !update(call, &account, problem))
        return false;
    ca_account_terms(call);
    return http_reply_json(call->res, 200, ca_account_json(&account));
}
