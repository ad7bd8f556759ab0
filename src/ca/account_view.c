/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/account_view.h"

#include "base/clock.h"
#include "ca/terms.h"

const char *ca_account_url(const struct ca_call *call, int64_t id)
{
    return ca_url(call->mem, call->ca, CA_ACCOUNT_PATH "%lld", (long long)id);
}

json_t *ca_account_json(const struct ca_account *account)
{
    char created[CLOCK_TEXT_SIZE];
    json_t *json =
        json_pack("{s:s, s:o*, s:o*, s:s}", "status", ca_status_name(account->status), "contact",
                  json_loads(account->contact, 0, NULL), "key", json_loads(account->jwk, 0, NULL),
                  "createdAt", clock_text(account->created_at, created));

    if (account->eab)
        json_object_set_new(json, "externalAccountBinding", json_loads(account->eab, 0, NULL));
    return json;
}

void ca_account_terms(const struct ca_call *call)
{
    http_res_header(call->res, "Link",
                    arena_printf(call->mem, "<%s>;rel=\"terms-of-service\"",
                                 ca_terms_url(call->mem, call->ca)));
}
