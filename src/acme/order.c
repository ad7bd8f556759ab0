/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/order.h"

#include <assert.h>

#include "acme/directory.h"
#include "acme/exchange.h"
#include "acme/parse.h"
#include "base/hash.h"

/* `url` is the order's, or NULL when the answer must bring it as Location. */
static bool ask(struct arena *mem, const struct acme_call *call, const struct acme_post *post,
                const char *url, struct acme_order **out, struct err *err)
{
    struct acme_answer answer;
    struct acme_order *order;

    if (!acme_exchange_post(mem, call, post, &answer, err))
        return false;
    if (!acme_parse_order(mem, acme_client_origin(call->client), answer.response.body, &order, err))
        return acme_exchange_bad(call, post->what, err);
    order->url = url ? url : answer.location;
    if (!order->url) {
        err_set(err, ERR_CA_PROTOCOL, "Location is missing");
        return acme_exchange_bad(call, post->what, err);
    }
    order->retry_at = answer.retry_at;
    *out = order;
    return true;
}

static json_t *new_order_payload(const struct acme_order_request *want)
{
    json_t *identifiers = json_array();

    for (size_t i = 0; i < want->name_count; i++)
        json_array_append_new(identifiers,
                              json_pack("{s:s, s:s}", "type", "dns", "value", want->names[i]));
    return json_pack("{s:o, s:s*, s:s*}", "identifiers", identifiers, "profile", want->profile,
                     "replaces", want->replaces);
}

bool acme_order_new(struct arena *mem, const struct acme_call *call,
                    const struct acme_order_request *want, struct acme_order **out, struct err *err)
{
    json_auto_t *payload = new_order_payload(want);
    struct acme_post post = {.what = "newOrder",
                             .payload = payload,
                             .place = want->replaces ? ACME_IN_REPLACING : ACME_IN_ANSWER};
    struct acme_problem problem = {0};
    struct acme_call own = {call->client, call->account, &problem};
    struct acme_directory *directory;

    assert(want->name_count >= 1 && want->name_count <= ACME_NAMES_MAX);
    if (!acme_directory(mem, call, &directory, err))
        return false;
    post.url = directory->new_order;
    if (ask(mem, &own, &post, NULL, out, err))
        return true;
    if (problem.type == ACME_PROBLEM_INVALID_PROFILE)
        acme_directory_forget(call->client);
    if (call->problem)
        *call->problem = problem;
    return false;
}

bool acme_order_get(struct arena *mem, const struct acme_call *call, const char *url,
                    struct acme_order **out, struct err *err)
{
    const struct acme_post post = {.what = "order", .url = url};

    return ask(mem, call, &post, arena_strdup(mem, url), out, err);
}

bool acme_order_finalize(struct arena *mem, const struct acme_call *call,
                         const struct acme_finalize_request *want, struct acme_order **out,
                         struct err *err)
{
    json_auto_t *payload = json_pack("{s:s}", "csr", base64url_encode(mem, want->csr));
    const struct acme_post post = {
        .what = "finalize", .url = want->finalize_url, .payload = payload};

    return ask(mem, call, &post, arena_strdup(mem, want->order_url), out, err);
}
