/* SPDX-License-Identifier: Apache-2.0 */

/* Account key rollover (RFC 8555 section 7.3.5): the payload is a JWS of its own, by the new key.
 */
#include "ca/call.h"

static bool read_inner(struct ca_call *call, struct ca_jws *inner, struct ca_jwk *key,
                       struct ca_problem *problem)
{
    if (!ca_jws_parse(call->mem, call->jws.payload, inner, problem))
        return false;
    if (!inner->jwk)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "No embedded JWK in JWS header");
    if (!ca_jwk_read(call->mem, inner->jwk, key, problem))
        return false;
    if (!ca_jws_verify(inner, key, problem)) {
        if (problem->type == CA_PROBLEM_MALFORMED)
            return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                             "Inner JWS does not verify with embedded JWK");
        return false;
    }
    if (!inner->url)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "Inner JWS header parameter 'url' required");
    if (strcmp(inner->url, call->jws.url) != 0)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "Outer JWS 'url' value \"%s\" does not match inner JWS 'url' value \"%s\"",
                         call->jws.url, inner->url);
    return true;
}

/* keyChange object: the account, and the key that it is to lose. */
static bool check_wish(const struct ca_call *call, const struct ca_jws *inner,
                       struct ca_problem *problem)
{
    const char *account;
    struct ca_jwk old;
    json_t *wish;

    if (!ca_jws_payload(call->mem, inner, &wish, problem))
        return false;
    account = json_string_value(json_object_get(wish, "account"));
    if (!account || strcmp(account, call->jws.kid) != 0)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "Inner key rollover request specified Account \"%s\", but outer JWS has "
                         "Key ID \"%s\"",
                         account ? account : "", call->jws.kid);
    if (!ca_jwk_read(call->mem, json_object_get(wish, "oldKey"), &old, problem) ||
        strcmp(old.key_hash, call->account->key_hash) != 0)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "Inner JWS does not contain old key field matching current account key");
    return true;
}

static bool store(const struct ca_call *call, const struct ca_jwk *key, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct ca_journal_entry entry = {
        .at = call->now,
        .account_id = call->account->id,
        .kind = CA_JOURNAL_ACCOUNT_KEY_CHANGED,
        .subject = arena_printf(call->mem, "%lld", (long long)call->account->id),
        .detail = key->thumbprint,
    };

    return db_tx_begin(call->ca->db, &tx, err) &&
           ca_account_set_key(tx, call->account->id, key->key_hash, ca_jwk_text(call->mem, key),
                              err) &&
           ca_journal_add(tx, &entry, err) && db_tx_commit(&tx, err);
}

/* 409 names the account that has the key (RFC 8555 section 7.3.5). */
static bool refuse_used_key(const struct ca_call *call, const struct ca_account *owner,
                            struct ca_problem *problem)
{
    http_res_header(call->res, "Location",
                    ca_url(call->mem, call->ca, "/acme/acct/%lld", (long long)owner->id));
    return ca_refuse(problem, CA_PROBLEM_CONFLICT,
                     "New key is already in use for a different account");
}

bool ca_change_key(struct ca_call *call, struct ca_problem *problem)
{
    const struct ca_account *owner;
    struct ca_jws inner;
    struct ca_jwk key;
    struct err err;

    if (!read_inner(call, &inner, &key, problem) || !check_wish(call, &inner, problem))
        return false;
    if (strcmp(key.key_hash, call->account->key_hash) == 0)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "New key specified by rollover request is the same as the old key");
    if (!ca_account_of_key(call->mem, call->ca->db, key.key_hash, &owner, &err))
        return ca_fail(problem, &err, "Failed to lookup existing keys");
    if (owner)
        return refuse_used_key(call, owner, problem);
    if (!store(call, &key, &err))
        return ca_fail(problem, &err, "Unable to update account with new key");
    return http_reply_json(call->res, 200,
                           json_pack("{s:s, s:o*, s:O}", "status", "valid", "contact",
                                     json_loads(call->account->contact, 0, NULL), "key", key.json));
}
