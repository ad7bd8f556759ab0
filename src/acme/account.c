/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/account.h"

#include "acme/directory.h"
#include "acme/exchange.h"
#include "acme/parse.h"
#include "acme/problem.h"

static bool ask(struct arena *mem, const struct acme_call *call, const json_t *payload,
                struct acme_account_info **out, struct err *err)
{
    struct acme_post post = {.what = "newAccount", .payload = payload, .key_form = ACME_BY_JWK};
    struct acme_account_info *account;
    struct acme_directory *directory;
    struct acme_answer answer;

    if (!acme_directory(mem, call, &directory, err))
        return false;
    post.url = directory->new_account;
    if (!acme_exchange_post(mem, call, &post, &answer, err))
        return false;
    if (!acme_parse_account(mem, acme_client_origin(call->client), answer.response.body, &account,
                            err))
        return acme_exchange_bad(call, post.what, err);
    if (!answer.location) {
        err_set(err, ERR_CA_PROTOCOL, "Location is missing");
        return acme_exchange_bad(call, post.what, err);
    }
    account->url = answer.location;
    *out = account;
    return true;
}

bool acme_account_new(struct arena *mem, const struct acme_call *call,
                      const struct acme_account_request *want, struct acme_account_info **out,
                      struct err *err)
{
    json_auto_t *payload = json_pack("{s:b}", "termsOfServiceAgreed", want->is_terms_agreed);
    json_t *contacts = json_array();

    for (size_t i = 0; i < want->contact_count; i++)
        json_array_append_new(contacts, json_string(want->contacts[i]));
    json_object_set_new(payload, "contact", contacts);
    return ask(mem, call, payload, out, err);
}

bool acme_account_find(struct arena *mem, const struct acme_call *call,
                       struct acme_account_info **out, struct err *err)
{
    json_auto_t *payload = json_pack("{s:b}", "onlyReturnExisting", 1);
    struct acme_problem problem = {0};
    struct acme_call own = {call->client, call->account, &problem};

    if (ask(mem, &own, payload, out, err))
        return true;
    if (problem.type == ACME_PROBLEM_ACCOUNT_DOES_NOT_EXIST) {
        *out = NULL;
        return true;
    }
    if (call->problem)
        *call->problem = problem;
    return false;
}

bool acme_account_deactivate(struct arena *mem, const struct acme_call *call, struct err *err)
{
    json_auto_t *payload = json_pack("{s:s}", "status", "deactivated");
    const struct acme_post post = {
        .what = "account's deactivation", .url = call->account->url, .payload = payload};
    struct acme_account_info *account;
    struct acme_answer answer;

    if (!acme_exchange_post(mem, call, &post, &answer, err))
        return false;
    if (!acme_parse_account(mem, acme_client_origin(call->client), answer.response.body, &account,
                            err))
        return acme_exchange_bad(call, post.what, err);
    if (account->status == ACME_ACCOUNT_DEACTIVATED)
        return true;
    err_set(err, ERR_CA_PROTOCOL, "the account is still valid");
    return acme_exchange_bad(call, post.what, err);
}
