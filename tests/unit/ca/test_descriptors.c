/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/descriptors.h"
#include "check.h"

static const struct {
    uint64_t limit;
    unsigned connections; /* 0: refused */
} rows[] = {
    {0, 0},
    {256, 0},
    {CA_DESCRIPTORS_OWN, 0},
    {CA_DESCRIPTORS_OWN + CA_CONNECTIONS_MIN - 1, 0},
    {CA_DESCRIPTORS_OWN + CA_CONNECTIONS_MIN, CA_CONNECTIONS_MIN},
    {CA_DESCRIPTORS_OWN + CA_CONNECTIONS_MIN + 1, CA_CONNECTIONS_MIN + 1},
    {CA_DESCRIPTORS_OWN + CA_CONNECTIONS_MAX - 1, CA_CONNECTIONS_MAX - 1},
    {CA_DESCRIPTORS_OWN + CA_CONNECTIONS_MAX, CA_CONNECTIONS_MAX},
    {CA_DESCRIPTORS_OWN + CA_CONNECTIONS_MAX + 1, CA_CONNECTIONS_MAX},
    {UINT64_MAX, CA_CONNECTIONS_MAX},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        unsigned connections = 0;
        struct err err;
        bool is_enough = ca_connections_of(rows[i].limit, &connections, &err);

        ok(is_enough == (rows[i].connections > 0) && connections == rows[i].connections,
           "%llu: %u connections", (unsigned long long)rows[i].limit, connections);
    }
    all_ok();
}

static void test_words(void **state)
{
    unsigned connections;
    struct err err;

    (void)state;
    assert_false(ca_connections_of(700, &connections, &err));
    assert_string_equal(err.text,
                        "700 open files are too few for the sandbox CA: raise the limit to 704");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
