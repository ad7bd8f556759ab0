/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "model/name_risk.h"

#define T0 INT64_C(1795000000000)

struct look {
    enum dns_verdict verdict;
    int64_t after_ms;
};

struct row {
    const char *what;
    struct look looks[4];
    size_t count;
    enum name_risk_news last;
    struct name_risk then;
};

#define AT(ms) (T0 + (ms))
static const struct row rows[] = {
    {"it passes", {{DNS_OK, 0}}, 1, NAME_RISK_NO_NEWS, {0, 0}},
    {"one look counts for nothing", {{DNS_MISSING, 0}}, 1, NAME_RISK_NO_NEWS, {AT(0), 0}},
    {"nor does one just before its time",
     {{DNS_MISSING, 0}, {DNS_MISSING, NAME_RISK_SURE_MS - 1}},
     2,
     NAME_RISK_NO_NEWS,
     {AT(0), 0}},
    {"the second one counts",
     {{DNS_MISSING, 0}, {DNS_CAA_FORBIDDEN, NAME_RISK_SURE_MS}},
     2,
     NAME_RISK_BEGINS,
     {AT(0), AT(NAME_RISK_SURE_MS)}},
    {"it is told once",
     {{DNS_MISSING, 0}, {DNS_MISSING, NAME_RISK_SURE_MS}, {DNS_MISSING, 2 * NAME_RISK_SURE_MS}},
     3,
     NAME_RISK_NO_NEWS,
     {AT(0), AT(NAME_RISK_SURE_MS)}},
    {"what could not be told is not certain",
     {{DNS_UNKNOWN, 0}, {DNS_UNKNOWN, NAME_RISK_UNKNOWN_MS - 1}},
     2,
     NAME_RISK_NO_NEWS,
     {AT(0), 0}},
    {"until it has lasted",
     {{DNS_UNKNOWN, 0}, {DNS_UNKNOWN, NAME_RISK_UNKNOWN_MS}},
     2,
     NAME_RISK_BEGINS,
     {AT(0), AT(NAME_RISK_UNKNOWN_MS)}},
    {"a host that does not answer for a while",
     {{DNS_UNREACHABLE, 0}, {DNS_UNREACHABLE, NAME_RISK_REACHED_MS - 1}},
     2,
     NAME_RISK_NO_NEWS,
     {AT(0), 0}},
    {"one that passes begins anew",
     {{DNS_MISSING, 0}, {DNS_OK, 1000}, {DNS_MISSING, NAME_RISK_SURE_MS}},
     3,
     NAME_RISK_NO_NEWS,
     {AT(NAME_RISK_SURE_MS), 0}},
    {"what has not begun does not end",
     {{DNS_MISSING, 0}, {DNS_OK, NAME_RISK_SURE_MS}},
     2,
     NAME_RISK_NO_NEWS,
     {0, 0}},
    {"it is over",
     {{DNS_MISSING, 0}, {DNS_MISSING, NAME_RISK_SURE_MS}, {DNS_OK, NAME_RISK_SURE_MS + 1}},
     3,
     NAME_RISK_ENDS,
     {0, 0}},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *row = &rows[i];
        enum name_risk_news news = NAME_RISK_NO_NEWS;
        struct name_risk risk = {0};

        for (size_t k = 0; k < row->count; k++)
            news = name_risk_look(&risk, row->looks[k].verdict, AT(row->looks[k].after_ms));
        ok(news == row->last && risk.failing_at == row->then.failing_at &&
               risk.risk_at == row->then.risk_at,
           "%s: news %u, failing %lld, at risk %lld", row->what, news, (long long)risk.failing_at,
           (long long)risk.risk_at);
    }
    all_ok();
}

static void test_again(void **state)
{
    const struct name_risk failing = {T0, 0}, at_risk = {T0, T0 + 1}, none = {0, 0};
    (void)state;

    ok(name_risk_again_at(&none, DNS_OK) == 0, "it passes");
    ok(name_risk_again_at(&at_risk, DNS_MISSING) == 0, "it counts already");
    for (int i = 0; i < DNS_VERDICT_COUNT; i++)
        ok(i == DNS_OK ||
               name_risk_again_at(&failing, (enum dns_verdict)i) >= AT(NAME_RISK_SURE_MS),
           "%s is confirmed later", dns_verdict_name((enum dns_verdict)i));
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
