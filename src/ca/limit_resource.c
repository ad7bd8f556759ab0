/* SPDX-License-Identifier: Apache-2.0 */

/* The page of the limits that are in force, and the page on which an account's names are freed. */
#include "base/buf.h"
#include "ca/call.h"
#include "ca/limit_store.h"
#include "ca/manage.h"

#define PAGE_MAX  (1 << 20)
#define TEXT_TYPE "text/plain; charset=utf-8"

static const char *const texts[CA_LIMIT_COUNT] = {
    [CA_LIMIT_ACCOUNTS_PER_ADDRESS] = "New accounts from one address.",
    [CA_LIMIT_ACCOUNTS_PER_NETWORK] = "New accounts from the /48 of an IPv6 address.",
    [CA_LIMIT_ORDERS_PER_ACCOUNT] = "New orders of one account, but for renewals.",
    [CA_LIMIT_CERTIFICATES_PER_DOMAIN] =
        "Certificates for names below one registered domain, of all accounts, but for renewals.",
    [CA_LIMIT_CERTIFICATES_PER_SET] =
        "Certificates for exactly the same names, of all accounts, but for orders that replace a "
        "certificate inside its window.",
    [CA_LIMIT_FAILURES_PER_NAME] = "Failed validations of one name for one account.",
    [CA_LIMIT_FAILURES_IN_A_ROW] =
        "Failed validations of one name for one account without a success in between; the next one "
        "pauses the name until the account's unpause page is used.",
    [CA_LIMIT_REQUESTS_NONCE] = "Requests of newNonce from one address.",
    [CA_LIMIT_REQUESTS_ACCOUNT] = "Requests of newAccount from one address.",
    [CA_LIMIT_REQUESTS_ORDER] = "Requests of newOrder from one address.",
    [CA_LIMIT_REQUESTS_REVOKE] = "Requests of revokeCert from one address.",
    [CA_LIMIT_REQUESTS_RENEWAL_INFO] = "Requests of renewalInfo from one address.",
    [CA_LIMIT_REQUESTS_DIRECTORY] = "Requests of the directory from one address.",
    [CA_LIMIT_REQUESTS_OTHER] = "All other requests from one address.",
};

static bool reply_text(const struct ca_call *call, struct buf *page)
{
    return http_reply_bytes(call->res, 200, TEXT_TYPE, slice_str(buf_cstr(page)));
}

bool ca_get_limits(struct ca_call *call, struct ca_problem *problem)
{
    struct buf page = buf_new(call->mem, PAGE_MAX);

    (void)problem;
    buf_printf(&page, "The rate limits of this sandbox certificate authority\n");
    for (int i = 0; i < CA_LIMIT_COUNT; i++) {
        const struct ca_limit *limit = &call->ca->limits.items[i];

        buf_printf(&page, "\n%s (#%s)\n  %s\n", ca_limit_name((enum ca_limit_id)i),
                   ca_limit_anchor((enum ca_limit_id)i), texts[i]);
        if (limit->count)
            buf_printf(&page, "  %lld at once; %lld more every %lld seconds, one after another.\n",
                       (long long)limit->burst, (long long)limit->count,
                       (long long)limit->period_s);
        else
            buf_printf(&page, "  No limit.\n");
    }
    return reply_text(call, &page);
}

/* --- unpausing ------------------------------------------------------------------------------- */

static bool find_page(const struct ca_call *call, int64_t *account_id, struct ca_problem *problem)
{
    struct err err;

    if (!ca_unpause_find(call->mem, call->ca->db, http_param(call->req, "page"), account_id, &err))
        return ca_fail(problem, &err, "Failed to retrieve the page");
    return *account_id || ca_refuse_as(problem, 404, CA_PROBLEM_MALFORMED, "Page not found");
}

bool ca_get_unpause(struct ca_call *call, struct ca_problem *problem)
{
    struct buf page = buf_new(call->mem, PAGE_MAX);
    struct ca_names names;
    int64_t account_id;
    struct err err;

    if (!find_page(call, &account_id, problem))
        return false;
    if (!ca_pause_list(call->mem, call->ca->db, account_id, &names, &err))
        return ca_fail(problem, &err, "Failed to retrieve the page");
    buf_printf(&page, "Paused names of account %lld: %zu\n", (long long)account_id, names.count);
    for (size_t i = 0; i < names.count; i++)
        buf_printf(&page, "  %s\n", names.items[i]);
    buf_printf(&page,
               "Mend what makes their validation fail, then POST to this address, with an empty "
               "body,\nor run: latchkey ca unpause %lld\n",
               (long long)account_id);
    return reply_text(call, &page);
}

bool ca_post_unpause(struct ca_call *call, struct ca_problem *problem)
{
    struct buf page = buf_new(call->mem, PAGE_MAX);
    int64_t account_id, count;
    struct err err;

    if (!find_page(call, &account_id, problem))
        return false;
    if (!ca_unpause(call->mem, call->ca->db, account_id, &count, &err))
        return ca_fail(problem, &err, "Failed to unpause");
    buf_printf(&page, "Names of account %lld that may be ordered again: %lld\n",
               (long long)account_id, (long long)count);
    return reply_text(call, &page);
}
