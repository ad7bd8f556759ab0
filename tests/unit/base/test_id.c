/* SPDX-License-Identifier: Apache-2.0 */
#include "base/id.h"
#include "check.h"

static void test_ids(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();

    for (int i = 0; i < ID_KIND_COUNT; i++) {
        const char *id = id_new(mem, (enum id_kind)i);

        ok(id_is(id, (enum id_kind)i), "%s is its own kind", id);
        ok(strlen(id) < ID_SIZE, "%s fits", id);
        ok(!id_is(id, (enum id_kind)((i + 1) % ID_KIND_COUNT)), "%s is no other kind", id);
        for (int k = 0; k < i; k++)
            ok(strcmp(id_prefix((enum id_kind)k), id_prefix((enum id_kind)i)) != 0,
               "prefix %s is used once", id_prefix((enum id_kind)i));
    }
    all_ok();
}

static void test_order(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *last = id_new(mem, ID_ORDER);

    for (int i = 0; i < 20000; i++) {
        const char *next = id_new(mem, ID_ORDER);

        ok(strcmp(last, next) < 0, "%s sorts before %s", last, next);
        last = next;
    }
    all_ok();
}

static const char *const refused[] = {
    "",
    "ord",
    "ord_",
    "ord_0123456789abcdefghjkmnpqr",
    "ord_0123456789abcdefghjkmnpqrst",
    "ord_0123456789abcdefghjkmnpqrU",
    "ord_8zzzzzzzzzzzzzzzzzzzzzzzzz",
    "ord_0123456789abcdefghjkmnpqri",
    "../ord_0123456789abcdefghjkmnp",
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        ok(!id_is(refused[i], ID_ORDER), "\"%s\"", refused[i]);
    }
    ok(id_is("ord_7zzzzzzzzzzzzzzzzzzzzzzzzz", ID_ORDER), "the largest id");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
