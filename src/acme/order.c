/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/order.h"

#include <assert.h>

#include "acme/directory.h"
#include "acme/exchange.h"
#include "acme/parse.h"
#include "acme/problem.h"
#include "base/clock.h"
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
    if (!order->url)
        return acme_exchange_no_location(call, post->what, err);
    order->retry_at = answer.retry_at;
    *out = order;
    return true;
}

static void put_time(json_t *json, const char *key, int64_t at)
{
    char text[CLOCK_TEXT_SIZE];

    if (at != 0)
        json_object_set_new(json, key, json_string(clock_text(at, text)));
}

static json_t *new_order_payload(const struct acme_order_request *want)
{
    json_t *identifiers = json_array(), *payload;

    for (size_t i = 0; i < want->name_count; i++)
        json_array_append_new(identifiers,
                              json_pack("{s:s, s:s}", "type", "dns", "value", want->names[i]));
    payload = json_pack("{s:o, s:s*, s:s*}", "identifiers", identifiers, "profile", want->profile,
                        "replaces", want->replaces);
    put_time(payload, "notBefore", want->not_before_at);
    put_time(payload, "notAfter", want->not_after_at);
    return payload;
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

enum acme_left_out acme_order_leave_out(const struct acme_problem *problem,
                                        struct acme_order_request *want)
{
    if (want->replaces && problem->reaction == ACME_DROP_REPLACES) {
        want->replaces = NULL;
        return ACME_LEFT_REPLACES;
    }
    if (want->profile && problem->reaction == ACME_DEFAULT_PROFILE) {
        want->profile = NULL;
        return ACME_LEFT_PROFILE;
    }
    return ACME_LEFT_NOTHING;
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
