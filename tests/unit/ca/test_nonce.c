/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/nonce.h"
#include "check.h"

static void test_once(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_nonces *nonces = ca_nonces_new();
    const char *a = ca_nonce_new(mem, nonces), *b = ca_nonce_new(mem, nonces);

    (void)state;
    assert_int_equal(strlen(a), CA_NONCE_LEN);
    assert_string_not_equal(a, b);
    assert_true(ca_nonce_use(mem, nonces, b));
    assert_true(ca_nonce_use(mem, nonces, a));
    assert_false(ca_nonce_use(mem, nonces, a));
    assert_false(ca_nonce_use(mem, nonces, b));
    ca_nonces_free(nonces);
}

static void test_forged(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_nonces *nonces = ca_nonces_new(), *others = ca_nonces_new();
    char *text = arena_strdup(mem, ca_nonce_new(mem, nonces));

    (void)state;
    ok(!ca_nonce_use(mem, others, text), "of another process");
    for (size_t i = 0; i < CA_NONCE_LEN - 1; i++) {
        char former = text[i];

        text[i] = former == 'A' ? 'B' : 'A';
        ok(!ca_nonce_use(mem, nonces, text), "another letter at %zu", i);
        text[i] = former;
    }
    ok(!ca_nonce_use(mem, nonces, ""), "empty");
    ok(!ca_nonce_use(mem, nonces, "AAAAAAAAAAAAAAAAAAAAAA"), "zeros");
    ok(!ca_nonce_use(mem, nonces, "AAAAAAAAAAAAAAAAAAAA=="), "not base64url");
    ok(!ca_nonce_use(mem, nonces, "AAAAAAAAAAAAAAAAAAAAAAA"), "too long");
    ok(ca_nonce_use(mem, nonces, text), "as it was");
    ca_nonces_free(nonces);
    ca_nonces_free(others);
    all_ok();
}

/* The oldest that is still good, and the one before it. */
static void test_window(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_nonces *nonces = ca_nonces_new();
    const char *lost = ca_nonce_new(mem, nonces), *oldest = ca_nonce_new(mem, nonces);

    (void)state;
    for (unsigned i = 0; i < CA_NONCE_WINDOW - 1; i += 4096) {
        AUTO(arena_freep) struct arena *batch = arena_new();

        for (unsigned n = 0; n < 4096 && i + n < CA_NONCE_WINDOW - 1; n++)
            (void)ca_nonce_new(batch, nonces);
    }
    assert_false(ca_nonce_use(mem, nonces, lost));
    assert_true(ca_nonce_use(mem, nonces, oldest));
    ca_nonces_free(nonces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_forged),
        cmocka_unit_test(test_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
