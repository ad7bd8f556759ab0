/* SPDX-License-Identifier: Apache-2.0 */

/* What a CA sends: the first octet picks the kind, the rest is the text. */
#include <assert.h>
#include <string.h>

#include "acme/account.h"
#include "acme/ari.h"
#include "acme/authorization.h"
#include "acme/challenge.h"
#include "acme/client.h"
#include "acme/directory.h"
#include "acme/link.h"
#include "acme/order.h"
#include "acme/parse.h"
#include "acme/problem_parse.h"
#include "acme/retry_after.h"
#include "acme/text.h"

#define ORIGIN "http://127.0.0.1:14000"
#define NOW    INT64_C(1800000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_url(const char *url)
{
    assert(!url || acme_url_is_allowed(url, ORIGIN));
}

static void check_problem(const struct acme_problem *problem)
{
    struct err err;

    if (!problem)
        return;
    assert(problem->type > ACME_PROBLEM_NONE && problem->type < ACME_PROBLEM_COUNT);
    assert(strlen(problem->detail) <= ACME_TEXT_MAX);
    assert(problem->subproblem_count <= ACME_SUBPROBLEMS_MAX);
    for (const char *c = problem->detail; *c; c++)
        assert(*c >= ' ' && *c <= '~');
    assert(!acme_problem_err(problem, "CA", "order", &err));
    assert(err.code == problem->code && err.text[0]);
}

static bool order(struct arena *mem, struct slice in, struct err *err)
{
    struct acme_order *got;

    if (!acme_parse_order(mem, ORIGIN, in, &got, err))
        return false;
    assert(got->status < ACME_ORDER_STATUS_COUNT && got->name_count <= ACME_NAMES_MAX);
    assert(got->authorization_count <= ACME_NAMES_MAX);
    for (size_t i = 0; i < got->authorization_count; i++)
        check_url(got->authorizations[i]);
    assert(got->finalize && (got->certificate || got->status != ACME_ORDER_VALID));
    check_url(got->finalize);
    check_url(got->certificate);
    check_problem(got->error);
    return true;
}

static void check_challenge(const struct acme_challenge *challenge)
{
    check_url(challenge->url);
    assert(challenge->type == ACME_CHALLENGE_OTHER || acme_token_is_valid(challenge->token));
    check_problem(challenge->error);
}

static bool authorization(struct arena *mem, struct slice in, struct err *err)
{
    struct acme_authorization *got;

    if (!acme_parse_authorization(mem, ORIGIN, in, &got, err))
        return false;
    assert(got->identifier[0] && got->challenge_count <= ACME_CHALLENGES_MAX);
    for (size_t i = 0; i < got->challenge_count; i++)
        check_challenge(&got->challenges[i]);
    return true;
}

static bool challenge(struct arena *mem, struct slice in, struct err *err)
{
    struct acme_challenge *got;

    if (!acme_parse_challenge(mem, ORIGIN, in, &got, err))
        return false;
    check_challenge(got);
    return true;
}

static bool directory(struct arena *mem, struct slice in, struct err *err)
{
    struct acme_directory *got;

    if (!acme_parse_directory(mem, ORIGIN, in, &got, err))
        return false;
    check_url(got->new_nonce);
    check_url(got->new_order);
    check_url(got->renewal_info);
    assert(got->profile_count <= ACME_PROFILES_MAX);
    return true;
}

static bool account(struct arena *mem, struct slice in, struct err *err)
{
    struct acme_account_info *got;

    return acme_parse_account(mem, ORIGIN, in, &got, err);
}

static bool problem(struct arena *mem, struct slice in, struct err *err)
{
    json_auto_t *json = json_loadb((const char *)in.data, in.len, JSON_REJECT_DUPLICATES, NULL);
    struct acme_problem got;

    (void)err;
    acme_problem_parse(mem, ORIGIN, json, 400, in.len % 2 ? ACME_IN_ANSWER : ACME_IN_OBJECT, &got);
    check_url(got.page);
    check_problem(&got);
    return true;
}

static bool retry_after(struct arena *mem, struct slice in, struct err *err)
{
    int64_t at;

    (void)mem;
    (void)err;
    if (!acme_retry_after(in, in, NOW, &at))
        return true;
    assert(at >= NOW && at <= NOW + ACME_RETRY_MAX_S * 1000);
    return true;
}

static bool links(struct arena *mem, struct slice in, struct err *err)
{
    struct slice target;

    (void)mem;
    (void)err;
    while (acme_link_next(&in, "alternate", &target))
        assert(target.len <= 1u << 20);
    return true;
}

static bool renewal_info(struct arena *mem, struct slice in, struct err *err)
{
    struct acme_renewal_info *got;

    if (!acme_parse_renewal_info(mem, ORIGIN, in, &got, err))
        return false;
    assert(got->start_at < got->end_at);
    assert(got->end_at - got->start_at <= ACME_ARI_WINDOW_MAX_S * 1000);
    check_url(got->explanation_url);
    return true;
}

static bool certificate_id(struct arena *mem, struct slice in, struct err *err)
{
    const char *id = NULL;

    if (!acme_certificate_id(mem, in, &id, err)) {
        assert(err->code == ERR_BAD_CERT && !id);
        return true;
    }
    assert(strlen(id) <= ACME_CERTIFICATE_ID_MAX);
    assert(strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") ==
           strlen(id));
    return true;
}

static bool (*const kinds[])(struct arena *, struct slice, struct err *) = {
    order,   authorization, challenge, directory,    account,
    problem, retry_after,   links,     renewal_info, certificate_id,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct err err = {.text = ""};

    if (size == 0)
        return 0;
    if (!kinds[(uint8_t)(data[0] - '0') % ARRAY_LEN(kinds)](mem, slice_of(data + 1, size - 1),
                                                            &err))
        assert(err.code == ERR_CA_PROTOCOL && err.text[0]);
    return 0;
}
