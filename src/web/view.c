/* SPDX-License-Identifier: Apache-2.0 */
#include "web/view.h"

#include <time.h>

#include "base/clock.h"
#include "http/response.h"
#include "model/hostname.h"

json_t *view_sentence(const char *text)
{
    json_t *json = http_json_text(text);
    const char *shown = json_string_value(json);
    json_t *capital;

    if (!shown || *shown < 'a' || *shown > 'z' || memchr(shown, '.', strcspn(shown, " ")))
        return json;
    capital = json_sprintf("%c%s", *shown - 'a' + 'A', shown + 1);
    json_decref(json);
    return capital;
}

json_t *view_time(int64_t at)
{
    const time_t s = (time_t)(at / 1000);
    char iso[CLOCK_TEXT_SIZE], text[32], exact[40];
    size_t skip;
    struct tm tm;

    if (at == 0 || !gmtime_r(&s, &tm))
        return json_null();
    strftime(text, sizeof(text), "%e %b %Y, %H:%M UTC", &tm);
    strftime(exact, sizeof(exact), "%e %b %Y, %H:%M:%S UTC", &tm);
    skip = text[0] == ' '; /* of a day with one digit */
    return json_pack("{s:s, s:s, s:s}", "iso", clock_text(at, iso), "text", text + skip, "exact",
                     exact + skip);
}

static const char *const badge_styles[BADGE_COUNT] = {
    [BADGE_NOT_SECURED] = "state-off",       [BADGE_SETTING_UP] = "state-busy",
    [BADGE_ACTION_NEEDED] = "state-warn",    [BADGE_AT_RISK] = "state-bad",
    [BADGE_TEST_CERTIFICATE] = "state-test", [BADGE_SECURED] = "state-good",
};

json_t *view_badge(const struct status *status)
{
    return json_pack("{s:s, s:s, s:s}", "code", badge_name(status->badge.kind), "text",
                     status->badge_text, "style", badge_styles[status->badge.kind]);
}

json_t *view_domain(struct arena *mem, const struct domain *domain)
{
    return json_pack("{s:s, s:s, s:s?, s:s}", "id", domain->id, "name",
                     hostname_unicode(mem, domain->name), "site_id", domain->site_id, "account_id",
                     domain->account_id);
}

json_t *view_account(const struct account *account)
{
    return json_pack("{s:s, s:s, s:s}", "id", account->id, "name", account->name, "email",
                     account->email);
}
