/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/account.h"

#include <assert.h>
#include <string.h>

#include "acme/directory.h"
#include "acme/exchange.h"
#include "acme/parse.h"
#include "acme/problem.h"

/* Any request that is answered by the account; `url` is its own, NULL: Location has to say it. */
static bool ask(struct arena *mem, const struct acme_call *call, const struct acme_post *post,
                const char *url, struct acme_account_info **out, struct err *err)
{
    struct acme_account_info *account;
    struct acme_answer answer;

    if (!acme_exchange_post(mem, call, post, &answer, err))
        return false;
    if (!acme_parse_account(mem, acme_client_origin(call->client), answer.response.body, &account,
                            err))
        return acme_exchange_bad(call, post->what, err);
    account->url = url ? url : answer.location;
    if (!account->url)
        return acme_exchange_no_location(call, post->what, err);
    *out = account;
    return true;
}

static json_t *contact_list(const char *const *contacts, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(contacts[i]));
    return list;
}

bool acme_account_new(struct arena *mem, const struct acme_call *call,
                      const struct acme_account_request *want, struct acme_account_info **out,
                      struct err *err)
{
    json_auto_t *payload = json_pack("{s:b, s:o}", "termsOfServiceAgreed", want->is_terms_agreed,
                                     "contact", contact_list(want->contacts, want->contact_count));
    struct acme_post post = {.what = "newAccount", .payload = payload, .key_form = ACME_BY_JWK};
    struct acme_directory *directory;
    json_t *binding;

    if (!acme_directory(mem, call, &directory, err))
        return false;
    post.url = directory->new_account;
    if (want->binding) {
        if (!acme_sign_binding(mem, call, want->binding, post.url, &binding, err))
            return acme_exchange_failed_here(call, err);
        json_object_set_new(payload, "externalAccountBinding", binding);
    }
    return ask(mem, call, &post, NULL, out, err);
}

bool acme_account_find(struct arena *mem, const struct acme_call *call,
                       struct acme_account_info **out, struct err *err)
{
    json_auto_t *payload = json_pack("{s:b}", "onlyReturnExisting", 1);
    struct acme_post post = {.what = "newAccount", .payload = payload, .key_form = ACME_BY_JWK};
    struct acme_problem problem = {0};
    struct acme_call own = {call->client, call->account, &problem};
    struct acme_directory *directory;

    if (!acme_directory(mem, call, &directory, err))
        return false;
    post.url = directory->new_account;
    if (ask(mem, &own, &post, NULL, out, err))
        return true;
    if (problem.type == ACME_PROBLEM_ACCOUNT_DOES_NOT_EXIST) {
        *out = NULL;
        return true;
    }
    if (call->problem)
        *call->problem = problem;
    return false;
}

/* A request to the account's own URL. */
static bool ask_own(struct arena *mem, const struct acme_call *call, const char *what,
                    const json_t *payload, struct acme_account_info **out, struct err *err)
{
    const struct acme_post post = {.what = what, .url = call->account->url, .payload = payload};

    return ask(mem, call, &post, arena_strdup(mem, call->account->url), out, err);
}

bool acme_account_get(struct arena *mem, const struct acme_call *call,
                      struct acme_account_info **out, struct err *err)
{
    return ask_own(mem, call, "account", NULL, out, err);
}

bool acme_account_set_contacts(struct arena *mem, const struct acme_call *call,
                               const char *const *contacts, size_t count,
                               struct acme_account_info **out, struct err *err)
{
    json_auto_t *payload = json_pack("{s:o}", "contact", contact_list(contacts, count));

    return ask_own(mem, call, "account's contacts", payload, out, err);
}

bool acme_account_agree(struct arena *mem, const struct acme_call *call,
                        struct acme_account_info **out, struct err *err)
{
    json_auto_t *payload = json_pack("{s:b}", "termsOfServiceAgreed", 1);

    return ask_own(mem, call, "account's agreement", payload, out, err);
}

bool acme_account_deactivate(struct arena *mem, const struct acme_call *call, struct err *err)
{
    static const char what[] = "account's deactivation";
    json_auto_t *payload = json_pack("{s:s}", "status", "deactivated");
    struct acme_account_info *account;

    if (!ask_own(mem, call, what, payload, &account, err))
        return false;
    if (account->status == ACME_ACCOUNT_DEACTIVATED)
        return true;
    err_set(err, ERR_CA_PROTOCOL, "the account is still valid");
    return acme_exchange_bad(call, what, err);
}

/* Some CAs say yes to the key of another account, and change nothing. */
static bool check_new_key(struct arena *mem, const struct acme_call *call,
                          const struct acme_account *next, struct err *err)
{
    const struct acme_call as_new = {call->client, next, call->problem};
    struct acme_account_info *found;

    if (!acme_account_find(mem, &as_new, &found, err))
        return false;
    if (found && strcmp(found->url, call->account->url) == 0)
        return true;
    err_set(err, ERR_CA_PROTOCOL, "the new key is said to be taken, but %s has it",
            found ? "another account" : "no account");
    return acme_exchange_bad(call, "keyChange", err);
}

bool acme_account_change_key(struct arena *mem, const struct acme_call *call,
                             const struct acme_account *next, struct err *err)
{
    struct acme_post post = {.what = "keyChange"};
    json_auto_t *payload = NULL;
    struct acme_directory *directory;
    struct acme_answer answer;

    assert(call->account->url && call->account->jwk && next->jwk);
    if (!acme_directory(mem, call, &directory, err))
        return false;
    post.url = directory->key_change;
    if (!post.url)
        return acme_exchange_missing(call, "keyChange", err);
    if (!acme_sign_key_change(mem, call, next, post.url, &payload, err))
        return acme_exchange_failed_here(call, err);
    post.payload = payload;
    return acme_exchange_post(mem, call, &post, &answer, err) &&
           check_new_key(mem, call, next, err);
}

bool acme_account_orders(struct arena *mem, const struct acme_call *call, const char *url,
                         struct acme_order_list **out, struct err *err)
{
    const struct acme_post post = {.what = "list of orders", .url = url};
    const char *origin = acme_client_origin(call->client);
    struct acme_order_list *list;
    struct acme_answer answer;

    if (!acme_exchange_post(mem, call, &post, &answer, err))
        return false;
    if (!acme_parse_order_list(mem, origin, answer.response.body, &list, err))
        return acme_exchange_bad(call, post.what, err);
    list->next = acme_answer_link(mem, origin, &answer.response, "next");
    *out = list;
    return true;
}
