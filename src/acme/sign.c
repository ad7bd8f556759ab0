/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/sign.h"

#include <assert.h>

#include "acme/client_state.h"

const char *acme_json_text(struct arena *mem, const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    const char *copy = arena_strdup(mem, text);

    free(text);
    return copy;
}

static bool read_jwk(const struct acme_account *account, json_t **out, struct err *err)
{
    json_t *jwk = json_loads(account->jwk, JSON_REJECT_DUPLICATES, NULL);

    if (!jwk)
        return err_set(err, ERR_CRYPTO, "the account's JWK is no JSON");
    *out = jwk;
    return true;
}

static bool ask(struct arena *mem, const struct acme_call *call, struct acme_sign_request *want,
                const json_t *header, const char **jws, struct err *err)
{
    const struct acme_options *options = &call->client->options;

    if (!options->sign)
        return err_set(err, ERR_CONFIG, "acme_options.sign is needed: %s wants a signature",
                       options->name);
    want->account = call->account;
    want->protected_header = acme_json_text(mem, header);
    return options->sign(options->sign_arg, mem, want, jws, err);
}

/* The JWS that stands inside of another payload. */
static bool ask_json(struct arena *mem, const struct acme_call *call,
                     struct acme_sign_request *want, const json_t *header, json_t **out,
                     struct err *err)
{
    const char *text;
    json_t *json;

    if (!ask(mem, call, want, header, &text, err))
        return false;
    json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    if (!json)
        return err_set(err, ERR_CRYPTO, "the signature's JWS is no JSON");
    *out = json;
    return true;
}

bool acme_sign(struct arena *mem, const struct acme_call *call, const struct acme_request *request,
               const char **jws, struct err *err)
{
    const struct acme_account *account = call->account;
    json_auto_t *header = json_pack("{s:s, s:s, s:s}", "alg", account->alg, "nonce", request->nonce,
                                    "url", request->url);
    struct acme_sign_request want = {
        .purpose = ACME_SIGN_REQUEST,
        .key = account->key,
        .url = request->url,
        .payload = slice_str(request->payload ? acme_json_text(mem, request->payload) : ""),
    };
    json_t *jwk;

    assert(request->key_form == ACME_BY_JWK ? account->jwk : account->url);
    if (request->key_form == ACME_BY_URL)
        json_object_set_new(header, "kid", json_string(account->url));
    else if (read_jwk(account, &jwk, err))
        json_object_set_new(header, "jwk", jwk);
    else
        return false;
    return ask(mem, call, &want, header, jws, err);
}

bool acme_sign_binding(struct arena *mem, const struct acme_call *call,
                       const struct acme_binding *binding, const char *url, json_t **jws,
                       struct err *err)
{
    json_auto_t *header =
        json_pack("{s:s, s:s, s:s}", "alg", binding->alg, "kid", binding->key_id, "url", url);
    json_auto_t *jwk = NULL;
    struct acme_sign_request want = {.purpose = ACME_SIGN_BINDING, .key = binding->key, .url = url};

    if (!read_jwk(call->account, &jwk, err))
        return false;
    want.payload = slice_str(acme_json_text(mem, jwk));
    return ask_json(mem, call, &want, header, jws, err);
}

bool acme_sign_key_change(struct arena *mem, const struct acme_call *call,
                          const struct acme_account *next, const char *url, json_t **jws,
                          struct err *err)
{
    json_auto_t *header = NULL, *payload = NULL;
    json_t *old_jwk, *new_jwk;
    struct acme_sign_request want = {.purpose = ACME_SIGN_KEY_CHANGE, .key = next->key, .url = url};

    if (!read_jwk(next, &new_jwk, err))
        return false;
    header = json_pack("{s:s, s:o, s:s}", "alg", next->alg, "jwk", new_jwk, "url", url);
    if (!read_jwk(call->account, &old_jwk, err))
        return false;
    payload = json_pack("{s:s, s:o}", "account", call->account->url, "oldKey", old_jwk);
    want.payload = slice_str(acme_json_text(mem, payload));
    return ask_json(mem, call, &want, header, jws, err);
}
