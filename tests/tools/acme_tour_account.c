/* SPDX-License-Identifier: Apache-2.0 */

/* The account's part of the tour of acme_probe (RFC 8555 section 7.3). */
#include <string.h>

#include "acme/directory.h"
#include "acme_kit.h"

#define CONTACT "mailto:ops@partner.example"

static bool repeat(struct arena *mem, const struct acme_call *call, struct err *err)
{
    const struct acme_account_request want = {.is_terms_agreed = true};
    struct acme_account_info *again, *found;

    return acme_account_new(mem, call, &want, &again, err) &&
           acme_account_find(mem, call, &found, err) &&
           probe_expect(found && strcmp(call->account->url, again->url) == 0 &&
                            strcmp(call->account->url, found->url) == 0,
                        err, "one key has several accounts");
}

static bool find_stranger(struct arena *mem, const struct acme_call *call, struct err *err)
{
    const struct acme_account stranger = probe_key(mem);
    const struct acme_call other = {call->client, &stranger, call->problem};
    struct acme_account_info none_yet, *unknown = &none_yet;

    return acme_account_find(mem, &other, &unknown, err) &&
           probe_expect(!unknown, err, "found an account of an unknown key");
}

static bool change(struct arena *mem, const struct acme_call *call, json_t *report, struct err *err)
{
    static const char *const contacts[] = {CONTACT};
    struct acme_account_info *info;

    if (!acme_account_set_contacts(mem, call, contacts, 1, &info, err) ||
        !acme_account_get(mem, call, &info, err))
        return false;
    json_object_set_new(report, "contacts", json_integer((json_int_t)info->contact_count));
    return acme_account_set_contacts(mem, call, NULL, 0, &info, err) &&
           probe_expect(info->contact_count == 0, err, "the contacts stay") &&
           probe_expect(info->status == ACME_ACCOUNT_VALID &&
                            strcmp(info->url, call->account->url) == 0,
                        err, "the account is another one");
}

/* Many CAs do not want to be told: what they answer is for the test to judge. */
static void agree(struct arena *mem, const struct acme_call *call, json_t *report)
{
    struct acme_account_info *info;
    struct err err = {.text = ""};

    (void)!acme_account_agree(mem, call, &info, &err);
    json_object_set_new(report, "agreement", json_string(err.text));
}

/* Where the CA has such a list (Let's Encrypt has not): all pages of it. */
static bool list_orders(struct arena *mem, const struct acme_call *call, json_t *report,
                        struct err *err)
{
    struct acme_account_info *info;
    struct acme_order_list *list;
    struct acme_order *order;
    size_t count = 0, pages = 0;

    if (!acme_account_get(mem, call, &info, err))
        return false;
    for (const char *url = info->orders; url; url = list->next) {
        if (!acme_account_orders(mem, call, url, &list, err) ||
            (list->count > 0 && !acme_order_get(mem, call, list->urls[0], &order, err)))
            return false;
        count += list->count;
        pages++;
    }
    json_object_set_new(report, "orders", json_integer((json_int_t)count));
    json_object_set_new(report, "pages", json_integer((json_int_t)pages));
    return true;
}

/* To the key of another account: the CA says no. */
static bool take_anothers_key(struct arena *mem, const struct acme_call *call, json_t *report,
                              struct err *err)
{
    const struct acme_account_request want = {.is_terms_agreed = true};
    const struct acme_account taken = probe_key(mem);
    const struct acme_call other = {call->client, &taken, call->problem};
    struct acme_account_info *info;
    struct err refused;

    if (!acme_account_new(mem, &other, &want, &info, err))
        return false;
    if (!probe_expect(!acme_account_change_key(mem, call, &taken, &refused), err,
                      "two accounts have one key"))
        return false;
    json_object_set_new(report, "taken_key", json_string(refused.text));
    return true;
}

static bool change_key(struct arena *mem, struct probe *probe, const struct acme_call *call,
                       struct err *err)
{
    struct acme_account next = probe_key(mem);
    const struct acme_account old_key = probe->account;
    const struct acme_call before = {call->client, &old_key, call->problem};
    struct acme_account_info *info, *found;
    struct err refused;

    if (!acme_account_change_key(mem, call, &next, err))
        return false;
    next.url = old_key.url;
    probe->account = next;
    return acme_account_get(mem, call, &info, err) && acme_account_find(mem, call, &found, err) &&
           probe_expect(found && strcmp(found->url, next.url) == 0, err,
                        "the new key has no account, or another one") &&
           probe_expect(!acme_account_get(mem, &before, &info, &refused), err,
                        "the old key is still good");
}

bool probe_tour_account(struct arena *mem, struct probe *probe, const struct acme_call *call,
                        json_t *report, struct err *err)
{
    agree(mem, call, report);
    return repeat(mem, call, err) && find_stranger(mem, call, err) &&
           change(mem, call, report, err) && list_orders(mem, call, report, err) &&
           (probe->options.eab || take_anothers_key(mem, call, report, err)) &&
           change_key(mem, probe, call, err);
}
