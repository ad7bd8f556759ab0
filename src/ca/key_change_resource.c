/* SPDX-License-Identifier: Apache-2.0 */

/* Account key rollover (RFC 8555 section 7.3.5): the payload is a JWS of its own, by the new key.
 */
#include "ca/account_view.h"

/* A keyChange object that its new key has signed. */
struct wish {
    struct ca_jwk key;   /* the new one */
    const char *account; /* "" when it names none */
};

static bool verify_inner(const struct ca_call *call, const struct ca_jws *inner, struct ca_jwk *key,
                         struct ca_problem *problem)
{
    if (!inner->jwk)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "No embedded JWK in JWS header");
    if (!ca_jwk_read(call->mem, inner->jwk, key, problem))
        return false;
    if (inner->alg == key->alg && !ca_jws_verify(inner, key, problem))
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "Inner JWS does not verify with embedded JWK");
    return ca_jws_verify(inner, key, problem);
}

static bool check_url(const struct ca_call *call, const struct ca_jws *inner,
                      struct ca_problem *problem)
{
    if (!inner->url || !*inner->url)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "Inner JWS header parameter 'url' required");
    if (strcmp(inner->url, call->jws.url) != 0)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "Outer JWS 'url' value \"%s\" does not match inner JWS 'url' value \"%s\"",
                         call->jws.url, inner->url);
    return true;
}

/* The key that the account is to lose must be the one it has. */
static bool check_old_key(const struct ca_call *call, const json_t *object,
                          struct ca_problem *problem)
{
    struct ca_jwk old;

    if (ca_jwk_read(call->mem, object, &old, problem) &&
        strcmp(old.key_hash, call->account->key_hash) == 0)
        return true;
    return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                     "Inner JWS does not contain old key field matching current account key");
}

static bool read_inner(const struct ca_call *call, struct wish *out, struct ca_problem *problem)
{
    struct ca_jws inner;
    json_t *object;

    if (!ca_jws_parse(call->mem, call->jws.payload, &inner, problem) ||
        !verify_inner(call, &inner, &out->key, problem) || !check_url(call, &inner, problem))
        return false;
    if (!ca_jws_payload(call->mem, &inner, &object, problem))
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "Inner JWS payload did not parse as JSON key rollover object");
    out->account = json_string_value(json_object_get(object, "account"));
    if (!out->account)
        out->account = "";
    return check_old_key(call, json_object_get(object, "oldKey"), problem) &&
           ca_call_admit_key(call, out->key.key_hash, CA_PROBLEM_BAD_PUBLIC_KEY, CA_KEY_REFUSED,
                             problem);
}

static bool check_wish(const struct ca_call *call, const struct wish *wish,
                       struct ca_problem *problem)
{
    if (strcmp(wish->account, call->jws.kid) != 0)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "Inner key rollover request specified Account \"%s\", but outer JWS has "
                         "Key ID \"%s\"",
                         wish->account, call->jws.kid);
    if (strcmp(wish->key.key_hash, call->account->key_hash) == 0)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "New key specified by rollover request is the same as the old key");
    return true;
}

static bool store(const struct ca_call *call, const struct ca_account *account,
                  const struct ca_jwk *key, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct ca_journal_entry entry = {
        .at = call->now,
        .account_id = account->id,
        .kind = CA_JOURNAL_ACCOUNT_KEY_CHANGED,
        .subject = arena_printf(call->mem, "%lld", (long long)account->id),
        .detail = key->thumbprint,
    };

    return db_tx_begin(call->ca->db, &tx, err) &&
           ca_account_set_key(tx, account, call->account->key_hash, err) &&
           ca_journal_add(tx, &entry, err) && db_tx_commit(&tx, err);
}

/* 409 names the account that has the key (RFC 8555 section 7.3.5). */
static bool refuse_used_key(const struct ca_call *call, const char *key_hash,
                            struct ca_problem *problem)
{
    const struct ca_account *owner;
    struct err err;

    if (!ca_account_of_key(call->mem, call->ca->db, key_hash, &owner, &err))
        return ca_fail(problem, &err, "Failed to lookup existing keys");
    if (owner)
        http_res_header(call->res, "Location", ca_account_url(call, owner->id));
    return ca_refuse(problem, CA_PROBLEM_CONFLICT,
                     "New key is already in use for a different account");
}

bool ca_change_key(struct ca_call *call, struct ca_problem *problem)
{
    struct ca_account account = *call->account;
    struct wish wish;
    struct err err;

    if (!read_inner(call, &wish, problem))
        return ca_refuse_within(call->mem, problem, CA_JWS_REFUSED);
    if (!check_wish(call, &wish, problem))
        return false;
    account.key_hash = wish.key.key_hash;
    account.jwk = ca_jwk_text(call->mem, &wish.key);
    if (store(call, &account, &wish.key, &err))
        return http_reply_json(call->res, 200, ca_account_json(&account));
    if (err.code == ERR_CONFLICT)
        return refuse_used_key(call, account.key_hash, problem);
    if (err.code == ERR_LOST_RACE) /* deactivated meanwhile, or the old key is no longer the key */
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         CA_JWS_REFUSED " :: JWS verification error");
    return ca_fail(problem, &err, "Unable to update account with new key");
}
