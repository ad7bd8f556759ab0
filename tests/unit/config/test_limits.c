/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "config/limits.h"

static const struct {
    const char *text, *error; /* NULL: it is fine */
} entries[] = {
    {"letsencrypt", NULL},
    {"none", NULL},
    {"orders_per_account 600 3h", NULL},
    {"certificates_per_domain off", NULL},
    {"failures_per_name\t5 1h 5", NULL},
    {"orders_per_account", "neither"},
    {"", "neither"},
    {"orders 5 1h", "no limit \"orders\""},
    {"requests_other 5 1h", "no limit \"requests_other\""},
    {"certificates_per_set_of_identifiers_and_so_on 5 1h", "no limit"},
    {"orders_per_account 0 1h", "not a number"},
};

static void test_entries(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
        struct err err = {0};
        bool fine = config_limit_format(entries[i].text, &err);

        ok(fine == !entries[i].error, "row %zu: %s", i, err.text);
        ok(fine || (err.code == ERR_CONFIG && strstr(err.text, entries[i].error)), "row %zu: %s", i,
           err.text);
    }
    all_ok();
}

static int64_t count_of(enum config_ca_kind kind, const char *const *items, size_t count,
                        enum config_limit limit)
{
    struct config_ca ca = {.kind = kind, .limits = {items, count}};
    struct config_limits limits;

    config_limits_of(&ca, &limits);
    return limits.rates[limit].count;
}

static void test_on_top(void **state)
{
    (void)state;
    const char *const more[] = {"orders_per_account 600 3h"};
    const char *const only[] = {"none", "certificates_per_set 2 1d"};
    const char *const all[] = {"certificates_per_set off", "letsencrypt"};

    ok(count_of(CONFIG_CA_PUBLIC, NULL, 0, CONFIG_LIMIT_ORDERS) == 300, "public");
    ok(count_of(CONFIG_CA_PRIVATE, NULL, 0, CONFIG_LIMIT_ORDERS) == 0, "private");
    ok(count_of(CONFIG_CA_SANDBOX, NULL, 0, CONFIG_LIMIT_FAILURES) == 0, "sandbox");
    ok(count_of(CONFIG_CA_PUBLIC, more, 1, CONFIG_LIMIT_ORDERS) == 600 &&
           count_of(CONFIG_CA_PUBLIC, more, 1, CONFIG_LIMIT_DOMAIN) == 50,
       "one of them raised");
    ok(count_of(CONFIG_CA_PUBLIC, only, 2, CONFIG_LIMIT_SET) == 2 &&
           count_of(CONFIG_CA_PUBLIC, only, 2, CONFIG_LIMIT_DOMAIN) == 0,
       "one of them alone");
    ok(count_of(CONFIG_CA_SANDBOX, all, 2, CONFIG_LIMIT_SET) == 5, "the last entry counts");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_on_top),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
