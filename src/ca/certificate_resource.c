/* SPDX-License-Identifier: Apache-2.0 */

/* Certificates: revoked (RFC 8555 section 7.6). */
#include <openssl/err.h>

#include "base/hash.h"
#include "ca/authorization_store.h"
#include "ca/blocked_key_store.h"
#include "ca/call.h"
#include "ca/certificate_store.h"
#include "ca/public_key.h"
#include "ca/reason.h"

#define COMPROMISE "keyCompromise"

static bool read_reason(const struct ca_call *call, int64_t *out, struct ca_problem *problem)
{
    const json_t *value = json_object_get(call->payload, "reason");

    *out = 0;
    if (!value || json_is_null(value))
        return true;
    if (!json_is_integer(value))
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "Unable to JSON parse revoke request");
    *out = json_integer_value(value);
    return ca_reason_name(*out) || ca_refuse(problem, CA_PROBLEM_BAD_REVOCATION_REASON,
                                             "unsupported revocation reason code provided: %lld. "
                                             "Supported reasons: " CA_REASONS_TEXT,
                                             (long long)*out);
}

/* The stored certificate of exactly these octets. */
static bool find_issued(const struct ca_call *call, struct slice der, const char *serial,
                        const struct ca_issued **out, struct ca_problem *problem)
{
    struct err err;

    if (!ca_issued_get(call->mem, call->ca->db, serial, out, &err))
        return ca_fail(problem, &err, "Failed to retrieve certificate");
    if (!*out || !slice_eq((*out)->der, der))
        return ca_refuse_as(problem, 404, CA_PROBLEM_MALFORMED, "No such certificate");
    return true;
}

static bool read_certificate(const struct ca_call *call, const struct ca_issued **out,
                             struct ca_problem *problem)
{
    const char *text = json_string_value(json_object_get(call->payload, "certificate"));
    AUTO(X509_freep) X509 *cert = NULL;
    const unsigned char *end;
    struct slice der;
    struct err err;

    if (!text || !base64url_decode(call->mem, text, &der, &err))
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "Unable to JSON parse revoke request");
    end = der.data;
    cert = d2i_X509(NULL, &end, (long)der.len);
    ERR_clear_error();
    if (!cert)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "Unable to parse certificate DER");
    return find_issued(call, der, ca_certificate_serial(call->mem, cert), out, problem);
}

/* An account that has not ordered the certificate, but holds its names now, may say no more than
 * that its subscriber no longer does. */
static bool account_may_revoke(const struct ca_call *call, const struct ca_issued *issued,
                               int64_t *reason, struct ca_problem *problem)
{
    const struct ca_claim claim = {
        .account_id = call->account->id, .names = issued->names, .at = call->now};
    size_t valid = 0;
    struct err err;

    if (issued->account_id == call->account->id)
        return true;
    if (!ca_authorization_count_valid(call->mem, call->ca->db, &claim, &valid, &err))
        return ca_fail(problem, &err, "Unable to revoke");
    *reason = CA_REASON_CESSATION;
    return valid == issued->names.count ||
           ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED,
                     "requester does not control all identifiers in cert with serial \"%s\"",
                     issued->serial);
}

static bool may_revoke(const struct ca_call *call, const struct ca_issued *issued, int64_t *reason,
                       struct ca_problem *problem)
{
    if (call->account)
        return account_may_revoke(call, issued, reason, problem);
    if (strcmp(call->key.key_hash, issued->key_hash) == 0)
        return true;
    return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED,
                     "JWK embedded in revocation request must be the same public key as the cert "
                     "to be revoked");
}

static bool journal(const struct ca_call *call, struct db *tx, enum ca_journal_kind kind,
                    const char *serial, const char *detail, struct err *err)
{
    return ca_journal_add(tx,
                          &(struct ca_journal_entry){
                              .at = call->now,
                              .account_id = call->account ? call->account->id : 0,
                              .kind = kind,
                              .subject = serial,
                              .detail = detail,
                          },
                          err);
}

/* *is_done = false: it was revoked before. */
static bool revoke_by_account(const struct ca_call *call, const struct ca_issued *issued,
                              int64_t reason, bool *is_done, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    if (!db_tx_begin(call->ca->db, &tx, err))
        return false;
    *is_done = ca_issued_revoke(tx, issued->serial, reason, call->now, err);
    if (!*is_done)
        return err->code == ERR_LOST_RACE;
    return journal(call, tx, CA_JOURNAL_CERTIFICATE_REVOKED, issued->serial, ca_reason_name(reason),
                   err) &&
           db_tx_commit(&tx, err);
}

static bool revoke_others(const struct ca_call *call, struct db *tx, const struct ca_issued *issued,
                          struct err *err)
{
    int64_t count;

    if (!ca_issued_revoke_key(tx, issued->key_hash, call->now, &count, err))
        return false;
    return count == 0 ||
           journal(call, tx, CA_JOURNAL_CERTIFICATES_REVOKED, issued->serial,
                   arena_printf(call->mem, COMPROMISE ": %lld more with its key", (long long)count),
                   err);
}

/* Whoever shows the key says that somebody has it: whatever the reason was, it is keyCompromise,
 * the key is refused from now on, and what else it is in is revoked, as at Boulder. */
static bool revoke_by_key(const struct ca_call *call, const struct ca_issued *issued, bool *is_done,
                          struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    if (!db_tx_begin(call->ca->db, &tx, err))
        return false;
    *is_done = ca_issued_compromise(tx, issued->serial, call->now, err);
    if (*is_done
            ? !journal(call, tx, CA_JOURNAL_CERTIFICATE_REVOKED, issued->serial, COMPROMISE, err)
            : err->code != ERR_LOST_RACE)
        return false;
    return ca_blocked_key_add(tx, issued->key_hash, call->now, err) &&
           revoke_others(call, tx, issued, err) && db_tx_commit(&tx, err);
}

static bool revoke(const struct ca_call *call, struct ca_problem *problem)
{
    const struct ca_issued *issued;
    bool is_done = false, is_stored;
    struct err err;
    int64_t reason;

    if (!read_certificate(call, &issued, problem))
        return false;
    if (issued->not_after < call->now)
        return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED, "Certificate is expired");
    if (!read_reason(call, &reason, problem) || !may_revoke(call, issued, &reason, problem))
        return false;
    is_stored = call->account ? revoke_by_account(call, issued, reason, &is_done, &err)
                              : revoke_by_key(call, issued, &is_done, &err);
    if (!is_stored)
        return ca_fail(problem, &err, "Unable to revoke");
    return is_done ? http_reply_empty(call->res, 200)
                   : ca_refuse(problem, CA_PROBLEM_ALREADY_REVOKED,
                               "no certificate with serial %s and status other than revoked",
                               issued->serial);
}

bool ca_revoke_certificate(struct ca_call *call, struct ca_problem *problem)
{
    return revoke(call, problem) || ca_refuse_within(call->mem, problem, "Unable to revoke");
}
