/* SPDX-License-Identifier: Apache-2.0 */

/* The terms of service, and the page on which the holder of an account agrees to changed ones
 * (RFC 8555 section 7.3.3). */
#include "ca/account_view.h"
#include "ca/terms.h"
#include "ca/terms_store.h"
#include "ca/token.h"

#define TEXT_TYPE "text/plain; charset=utf-8"

static const char terms[] =
    "This is a sandbox certificate authority for tests. Its certificates cover only names that\n"
    "nobody on the internet can have, and are trusted only where its root was installed by hand.\n"
    "There are no obligations on either side.\n";

static bool reply_text(const struct ca_call *call, const char *text)
{
    return http_reply_bytes(call->res, 200, TEXT_TYPE, slice_str(text));
}

bool ca_get_terms(struct ca_call *call, struct ca_problem *problem)
{
    int64_t version, present = atomic_load(&call->ca->terms_version);

    if (!slice_i64(slice_str(http_param(call->req, "version")), 1, present, &version))
        return ca_refuse_as(problem, 404, CA_PROBLEM_MALFORMED, "Page not found");
    return reply_text(call, arena_printf(call->mem, "Version %lld%s.\n\n%s", (long long)version,
                                         version < present ? ", which is no longer in force" : "",
                                         terms));
}

bool ca_terms_admit(struct ca_call *call, struct ca_problem *problem)
{
    const char *page;
    struct err err;

    if (!call->account || call->account->terms_version >= atomic_load(&call->ca->terms_version))
        return true;
    if (!ca_agreement_page(call->mem, call->ca->db, call->account->id, ca_token_new(call->mem),
                           &page, &err))
        return ca_fail(problem, &err, "Failed to make the page of the agreement");
    ca_account_terms(call);
    (void)ca_refuse(problem, CA_PROBLEM_USER_ACTION_REQUIRED, "Terms of service have changed");
    problem->instance = ca_url(call->mem, call->ca, CA_AGREEMENT_PATH "/%s", page);
    return false;
}

static bool find_page(const struct ca_call *call, int64_t *account_id, struct ca_problem *problem)
{
    const char *page = http_param(call->req, "page");
    struct err err;

    if (!ca_agreement_find(call->mem, call->ca->db, page, account_id, &err))
        return ca_fail(problem, &err, "Failed to retrieve the page");
    return *account_id || ca_refuse_as(problem, 404, CA_PROBLEM_MALFORMED, "Page not found");
}

bool ca_get_agreement(struct ca_call *call, struct ca_problem *problem)
{
    int64_t account_id;

    if (!find_page(call, &account_id, problem))
        return false;
    return reply_text(
        call, arena_printf(call->mem,
                           "Account %lld: to agree to the terms of service of %s, POST to this "
                           "address, with an\nempty body, or run: latchkey ca terms agree %lld\n",
                           (long long)account_id, ca_terms_url(call->mem, call->ca),
                           (long long)account_id));
}

bool ca_post_agreement(struct ca_call *call, struct ca_problem *problem)
{
    int64_t account_id, count;
    struct err err;

    if (!find_page(call, &account_id, problem))
        return false;
    if (!ca_terms_accept(call->mem, call->ca, account_id, &count, &err))
        return ca_fail(problem, &err, "Failed to store the agreement");
    return reply_text(call, arena_printf(call->mem, "Account %lld has agreed to %s.\n",
                                         (long long)account_id, ca_terms_url(call->mem, call->ca)));
}
