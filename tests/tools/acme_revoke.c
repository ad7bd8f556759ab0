/* SPDX-License-Identifier: Apache-2.0 */

/* acme_probe revoke: a certificate is revoked by the account, twice; and what another CA makes of
 * the rest: by the certificate's key, and the account's key changed. */
#include "acme_kit.h"

static bool issue(struct arena *mem, struct probe *probe, const struct acme_call *call,
                  const char *label, struct probe_issued *out, struct err *err)
{
    const char *name = arena_printf(mem, "%s.%s.example", label, probe->options.prefix);
    const struct acme_order_request want = {.names = &name, .name_count = 1};

    return probe_issue(mem, probe, call, &want, out, err);
}

static void add(json_t *report, const char *what, bool is_done, const struct err *err)
{
    json_object_set_new(report, what, json_string(is_done ? "" : err->text));
}

bool probe_revoke(struct probe *probe, json_t *report, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct acme_problem problem = {0};
    const struct acme_call call = {probe->client, &probe->account, &problem};
    struct acme_account next = probe_key(mem);
    struct probe_issued one, two;
    struct acme_call by_key = call;
    struct err refused = {.text = ""};

    if (!issue(mem, probe, &call, "one", &one, err) ||
        !issue(mem, probe, &call, "two", &two, err) ||
        !acme_revoke(mem, &call, one.certificate->chain.certs[0], ACME_REVOKED_SUPERSEDED, err))
        return false;
    add(report, "again",
        acme_revoke(mem, &call, one.certificate->chain.certs[0], ACME_REVOKED_SUPERSEDED, &refused),
        &refused);
    by_key.account = &two.key;
    add(report, "by_key",
        acme_revoke(mem, &by_key, two.certificate->chain.certs[0], ACME_REVOKED_KEY_COMPROMISE,
                    &refused),
        &refused);
    add(report, "key_change", acme_account_change_key(mem, &call, &next, &refused), &refused);
    return true;
}
