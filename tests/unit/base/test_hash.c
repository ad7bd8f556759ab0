/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "check.h"

static const struct {
    const char *in, *out;
} base64[] = {
    {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
    {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff", "-_8"},
};

static void test_base64url(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    static const char *const refused[] = {"A", "Zh", "Zm9v=", "Zm 9", "Zm+v"};
    struct slice back;
    struct err err = {0};

    for (size_t i = 0; i < ARRAY_LEN(base64); i++) {
        const char *out = base64url_encode(mem, slice_str(base64[i].in));

        ok(strcmp(out, base64[i].out) == 0, "\"%s\" encodes as %s", base64[i].in, out);
        ok(base64url_decode(mem, out, &back, &err) && slice_eq_str(back, base64[i].in),
           "%s decodes", out);
    }
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        ok(!base64url_decode(mem, refused[i], &back, &err), "\"%s\" is refused", refused[i]);
    all_ok();
}

static void test_digests(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    unsigned char out[SHA256_SIZE];

    hash_sha256(SLICE_LIT("abc"), out);
    ok(strcmp(hex_encode(mem, slice_of(out, sizeof(out))),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") == 0,
       "SHA-256 of abc (FIPS 180-2)");
    hash_hmac_sha256(SLICE_LIT("Jefe"), SLICE_LIT("what do ya want for nothing?"), out);
    ok(strcmp(hex_encode(mem, slice_of(out, sizeof(out))),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843") == 0,
       "HMAC-SHA-256, RFC 4231 case 2");
    ok(hash_text("") == UINT64_C(0xcbf29ce484222325), "FNV-1a of nothing");
    ok(hash_text("foobar") == UINT64_C(0x85944171f73967e8), "and of foobar, by its authors");
    all_ok();
}

static void test_hex(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct slice out;
    struct err err = {0};

    ok(hex_decode(mem, "00ffA5", &out, &err) && slice_eq(out, slice_of("\x00\xff\xa5", 3)), "read");
    ok(!hex_decode(mem, "0", &out, &err), "odd: %s", err.text);
    ok(!hex_decode(mem, "0g", &out, &err), "no digit: %s", err.text);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64url),
        cmocka_unit_test(test_digests),
        cmocka_unit_test(test_hex),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
