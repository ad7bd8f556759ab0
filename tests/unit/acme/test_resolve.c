/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/resolve.h"
#include "check.h"

/* Texts of addresses are resolved without asking anybody, and the name that no DNS has. */
static void test_resolving(void **state)
{
    struct address out[2];
    char text[ADDRESS_TEXT_SIZE];
    size_t count = 2;
    struct err err;

    (void)state;
    assert_true(acme_resolve_by_system(NULL, "192.0.2.7", out, &count, &err));
    assert_int_equal(count, 1);
    assert_string_equal(address_text(&out[0], text), "192.0.2.7");
    count = 2;
    assert_true(acme_resolve_by_system(NULL, "2001:db8::7", out, &count, &err));
    assert_string_equal(address_text(&out[0], text), "2001:db8::7");
    count = 0;
    assert_false(acme_resolve_by_system(NULL, "192.0.2.7", out, &count, &err));
    assert_string_equal(err.text, "192.0.2.7 has no address");
    count = 2;
    assert_false(acme_resolve_by_system(NULL, "", out, &count, &err));
    assert_int_equal(err.code, ERR_DNS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_resolving)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
