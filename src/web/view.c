/* SPDX-License-Identifier: Apache-2.0 */
#include "web/view.h"

#include "model/hostname.h"

static const char *const badge_styles[BADGE_COUNT] = {
    [BADGE_NOT_SECURED] = "state-off",       [BADGE_SETTING_UP] = "state-busy",
    [BADGE_ACTION_NEEDED] = "state-warn",    [BADGE_AT_RISK] = "state-bad",
    [BADGE_TEST_CERTIFICATE] = "state-test", [BADGE_SECURED] = "state-good",
};

const char *view_badge_style(enum badge_kind kind)
{
    return badge_styles[kind];
}

json_t *view_who(enum who_acts who)
{
    return who == WHO_NOBODY ? json_null() : json_pack("{s:b}", who_acts_name(who), 1);
}

json_t *view_badge(const struct status *status)
{
    return json_pack("{s:s, s:s, s:s}", "code", badge_name(status->badge.kind), "text",
                     status->badge_text, "style", badge_styles[status->badge.kind]);
}

json_t *view_name(struct arena *mem, const char *name)
{
    const char *shown = hostname_unicode(mem, name);

    return json_pack("{s:s, s:s?}", "name", shown, "ascii", strcmp(shown, name) ? name : NULL);
}

json_t *view_domain(struct arena *mem, const struct domain *domain)
{
    json_t *json = view_name(mem, domain->name);

    json_object_update_new(json, json_pack("{s:s, s:s?, s:s}", "id", domain->id, "site_id",
                                           domain->site_id, "account_id", domain->account_id));
    return json;
}

json_t *view_account(const struct account *account)
{
    return json_pack("{s:s, s:s, s:s}", "id", account->id, "name", account->name, "email",
                     account->email);
}
