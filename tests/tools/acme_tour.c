/* SPDX-License-Identifier: Apache-2.0 */

/* The tour of acme_probe: orders, authorizations, chains, revocation, the end of the account. */
#include <string.h>

#include "acme/authorization.h"
#include "acme_kit.h"

static bool finalize_early(struct arena *mem, const struct acme_call *call,
                           const struct acme_order *order, struct err *err)
{
    const struct acme_finalize_request early = {order->url, order->finalize, SLICE_LIT("\x30\x00")};
    struct acme_order *never;
    struct err refused;

    return probe_expect(!acme_order_finalize(mem, call, &early, &never, &refused), err,
                        "a pending order was finalized") &&
           probe_expect(call->problem->type == ACME_PROBLEM_ORDER_NOT_READY &&
                            call->problem->reaction == ACME_REREAD,
                        err, "finalize too early: %s", refused.text);
}

static bool deactivate(struct arena *mem, const struct acme_call *call, const char *url,
                       struct err *err)
{
    struct acme_authorization *authorization;

    return acme_authorization_deactivate(mem, call, url, &authorization, err) &&
           probe_expect(authorization->status == ACME_AUTHORIZATION_DEACTIVATED, err,
                        "deactivated authorization is %s",
                        acme_authorization_status_name(authorization->status));
}

static bool give_up_pending(struct arena *mem, const struct acme_call *call, const char *name,
                            struct err *err)
{
    const struct acme_order_request want = {.names = &name, .name_count = 1};
    struct acme_order *order;

    return acme_order_new(mem, call, &want, &order, err) && finalize_early(mem, call, order, err) &&
           deactivate(mem, call, order->authorizations[0], err);
}

static bool find_nobodys(struct arena *mem, const struct acme_call *call,
                         const struct acme_order *order, struct err *err)
{
    struct acme_order *never;
    struct err refused;

    return probe_expect(
               !acme_order_get(mem, call, arena_printf(mem, "%sX", order->url), &never, &refused),
               err, "an order of nobody was found") &&
           probe_expect(call->problem->status == 404 && call->problem->reaction == ACME_NEW_ORDER,
                        err, "order of nobody: %s", refused.text);
}

/* What is still valid is given up too; asked for again, the name has to be proved again (R42). */
static bool give_up_valid(struct arena *mem, const struct acme_call *call,
                          const struct acme_order *done, struct err *err)
{
    const struct acme_order_request want = {.names = done->names, .name_count = done->name_count};
    struct acme_order *again;

    for (size_t i = 0; i < done->authorization_count; i++)
        if (!deactivate(mem, call, done->authorizations[i], err))
            return false;
    return acme_order_new(mem, call, &want, &again, err) &&
           probe_expect(again->status == ACME_ORDER_PENDING, err,
                        "with its authorizations given up a new order is %s",
                        acme_order_status_name(again->status)) &&
           give_up_pending(mem, call, done->names[0], err);
}

/* Each chain is found again by the name of its root; a name that none has gives the first. */
static bool prefer(struct arena *mem, const struct acme_call *call,
                   const struct probe_issued *issued, json_t *report, struct err *err)
{
    const struct acme_certificate *first = issued->certificate;
    const char *url = issued->order->certificate;
    json_t *roots = json_pack("[s]", first->root);
    struct acme_certificate *chain, *found;

    json_object_set_new(report, "roots", roots);
    for (size_t i = 0; i < first->alternate_count; i++) {
        if (!acme_certificate_get(mem, call, first->alternates[i], &chain, err) ||
            !acme_certificate_get_preferred(mem, call, url, chain->root, &found, err) ||
            !probe_expect(slice_eq(chain->pem, found->pem), err, "not the chain to %s",
                          chain->root))
            return false;
        json_array_append_new(roots, json_string(chain->root));
    }
    return acme_certificate_get_preferred(mem, call, url, "Nobody's Root", &found, err) &&
           probe_expect(slice_eq(first->pem, found->pem), err, "not the first chain");
}

static bool revoke(struct arena *mem, const struct acme_call *call,
                   const struct probe_issued *by_account, const struct probe_issued *by_key,
                   struct err *err)
{
    const struct slice leaf = by_account->certificate->chain.certs[0];
    const struct acme_call as_key = {call->client, &by_key->key, call->problem};

    return acme_revoke(mem, call, leaf, ACME_REVOKED_SUPERSEDED, err) &&
           acme_revoke(mem, call, leaf, ACME_REVOKED_SUPERSEDED, err) &&
           acme_revoke(mem, &as_key, by_key->certificate->chain.certs[0],
                       ACME_REVOKED_KEY_COMPROMISE, err);
}

static bool end_account(struct arena *mem, const struct acme_call *call,
                        const struct acme_order *order, struct err *err)
{
    struct acme_order *never;
    struct err refused;

    return acme_account_deactivate(mem, call, err) &&
           probe_expect(!acme_order_get(mem, call, order->url, &never, &refused), err,
                        "a deactivated account is served") &&
           probe_expect(call->problem->type == ACME_PROBLEM_UNAUTHORIZED &&
                            call->problem->reaction == ACME_STOP,
                        err, "deactivated account: %s", refused.text);
}

static json_t *serials(const struct probe_issued *a, const struct probe_issued *b)
{
    return json_pack("[s, s]", a->certificate->chain.serial, b->certificate->chain.serial);
}

bool probe_tour(struct probe *probe, json_t *report, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct acme_problem problem = {0};
    const struct acme_call call = {probe->client, &probe->account, &problem};
    const char *prefix = probe->options.prefix;
    const char *names[] = {arena_printf(mem, "%s.example", prefix),
                           arena_printf(mem, "www.%s.example", prefix),
                           arena_printf(mem, "other.%s.example", prefix)};
    const struct acme_order_request both = {.names = names, .name_count = 2};
    const struct acme_order_request other = {.names = &names[2], .name_count = 1};
    struct probe_issued one, two;

    if (!give_up_pending(mem, &call, names[0], err) ||
        !probe_issue(mem, probe, &call, &both, &one, err) ||
        !find_nobodys(mem, &call, one.order, err) ||
        !probe_issue(mem, probe, &call, &other, &two, err) ||
        !prefer(mem, &call, &one, report, err) || !revoke(mem, &call, &one, &two, err))
        return false;
    json_object_set_new(report, "serials", serials(&one, &two));
    return probe_tour_account(mem, probe, &call, report, err) &&
           give_up_valid(mem, &call, one.order, err) && end_account(mem, &call, one.order, err);
}
