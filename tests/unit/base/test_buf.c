/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "check.h"

static void test_limit(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    char small[4];
    struct buf kinds[] = {buf_new(mem, 4), buf_fixed(small, sizeof(small))};

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct buf *b = &kinds[i];

        buf_str(b, "abc");
        ok(buf_ok(b) && strcmp(buf_cstr(b), "abc") == 0, "one below the limit");
        buf_u8(b, 'd');
        ok(buf_ok(b) && slice_eq_str(buf_view(b), "abcd"), "at the limit");
        buf_str(b, "e");
        ok(!buf_ok(b) && !buf_cstr(b), "one above the limit fails");
        buf_str(b, "");
        ok(!buf_ok(b) && b->len == 4, "and stays failed, with nothing added");
    }
    all_ok();
}

static void test_numbers(void **state)
{
    (void)state;
    unsigned char room[15];
    struct buf b = buf_fixed(room, sizeof(room));

    buf_u8(&b, 1);
    buf_u16(&b, 0x0203);
    buf_u32(&b, 0x04050607);
    buf_u64(&b, 0x08090a0b0c0d0e0f);
    ok(buf_ok(&b) && slice_eq(buf_view(&b), SLICE_LIT("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a"
                                                      "\x0b\x0c\x0d\x0e\x0f")),
       "big-endian");
    all_ok();
}

static void test_growth(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct buf b = buf_new(mem, 100000);

    for (int i = 0; i < 10000; i++)
        buf_printf(&b, "%05d,", i);
    ok(buf_ok(&b) && b.len == 60000 && strncmp(buf_cstr(&b) + 59994, "09999,", 6) == 0, "60,000");
    buf_printf(&b, "%0600d", 7);
    ok(buf_ok(&b) && b.len == 60600, "a piece longer than the small buffer");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_growth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
