/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>

#include "base/hash.h"
#include "check.h"
#include "tls/seal.h"

#define KEY   "0123456789abcdef0123456789abcde" /* and one NUL */
#define OTHER "crt_01jd0000000000000000000001"

static const struct seal_key key = {.kid = 7, .octets = KEY};
static const char secret[] = "the scalar of 32 octets, as such";

#define PLAIN     ((struct slice){(const unsigned char *)secret, 32})
#define OWNER     "crt_01jd0000000000000000000000"
#define BLOB_SIZE (32 + SEAL_OVERHEAD)

static struct seal_label label_of(enum seal_kind kind, const char *owner)
{
    return (struct seal_label){kind, slice_str(owner)};
}

static void make_blob(unsigned char blob[BLOB_SIZE])
{
    struct seal_label label = label_of(SEAL_CERTIFICATE_KEY, OWNER);
    size_t len = 0;

    assert_int_equal(seal_close(&key, &label, PLAIN, blob, BLOB_SIZE, &len), SEAL_OK);
    assert_int_equal(len, BLOB_SIZE);
}

static enum seal_result open_with(const struct seal_key *k, const struct seal_label *l,
                                  struct slice blob)
{
    unsigned char out[64];
    size_t len = 99;
    enum seal_result result = seal_open(k, l, blob, out, sizeof(out), &len);

    if (result != SEAL_OK)
        ok(len == 99 && memmem(out, sizeof(out), secret, 8) == NULL, "refused, but octets leak");
    else
        ok(len == 32 && memcmp(out, secret, 32) == 0, "opened, but to something else");
    return result;
}

static enum seal_result open_blob(const unsigned char *blob, size_t len)
{
    struct seal_label label = label_of(SEAL_CERTIFICATE_KEY, OWNER);

    return open_with(&key, &label, slice_of(blob, len));
}

static void test_round_trip(void **state)
{
    unsigned char blob[BLOB_SIZE], again[BLOB_SIZE];
    uint8_t kid = 0;

    (void)state;
    make_blob(blob);
    make_blob(again);
    ok(blob[0] == SEAL_VERSION && blob[1] == 7, "header %u %u", blob[0], blob[1]);
    ok(memcmp(blob, again, sizeof(blob)) != 0, "the same nonce twice");
    ok(seal_kid(slice_of(blob, sizeof(blob)), &kid) && kid == 7, "kid %u", kid);
    ok(open_blob(blob, sizeof(blob)) == SEAL_OK, "does not open");
    all_ok();
}

/* Made with Python's cryptography (AESGCM), so that the format does not hang on this code alone. */
static void test_known_blob(void **state)
{
    static const char hex[] =
        "01070102030405060708090a0b0c58e1b2fb21c5aa2038c1495ed7c7bfa5dc275ff6e24e18272135b05838d0c6"
        "0c6843f2381991dd9c82492747d2521358";
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct slice blob;
    struct err err;

    (void)state;
    assert_true(hex_decode(mem, hex, &blob, &err));
    ok(open_blob(blob.data, blob.len) == SEAL_OK, "a blob made elsewhere does not open");
    all_ok();
}

static void test_each_octet_flipped(void **state)
{
    unsigned char blob[BLOB_SIZE];

    (void)state;
    make_blob(blob);
    for (size_t i = 0; i < sizeof(blob); i++) {
        enum seal_result want = i == 0   ? SEAL_BAD_BLOB
                                : i == 1 ? SEAL_WRONG_KID
                                         : SEAL_REFUSED,
                         got;

        blob[i] ^= 1;
        got = open_blob(blob, sizeof(blob));
        ok(got == want, "octet %zu flipped: %s", i, seal_result_text(got));
        blob[i] ^= 1;
    }
    all_ok();
}

static void test_each_length(void **state)
{
    unsigned char blob[BLOB_SIZE + 1] = {0};

    (void)state;
    make_blob(blob);
    for (size_t len = 0; len <= sizeof(blob); len++) {
        enum seal_result want = len < SEAL_OVERHEAD ? SEAL_BAD_BLOB
                                : len == BLOB_SIZE  ? SEAL_OK
                                                    : SEAL_REFUSED,
                         got = open_blob(blob, len);

        ok(got == want, "%zu octets: %s", len, seal_result_text(got));
    }
    all_ok();
}

static void test_other_label_or_key(void **state)
{
    static const struct {
        const char *what, *key;
        uint8_t kid;
        enum seal_kind kind;
        const char *owner;
        enum seal_result want;
    } rows[] = {
        {"the same", KEY, 7, SEAL_CERTIFICATE_KEY, OWNER, SEAL_OK},
        {"other owner", KEY, 7, SEAL_CERTIFICATE_KEY, OTHER, SEAL_REFUSED},
        {"shorter owner", KEY, 7, SEAL_CERTIFICATE_KEY, "crt_01jd000000000000000000000",
         SEAL_REFUSED},
        {"secret", KEY, 7, SEAL_SECRET, OWNER, SEAL_REFUSED},
        {"account key", KEY, 7, SEAL_ACCOUNT_KEY, OWNER, SEAL_REFUSED},
        {"other kid", KEY, 8, SEAL_CERTIFICATE_KEY, OWNER, SEAL_WRONG_KID},
        {"other key of this kid", "1" KEY, 7, SEAL_CERTIFICATE_KEY, OWNER, SEAL_REFUSED},
        {"no owner", KEY, 7, SEAL_CERTIFICATE_KEY, "", SEAL_BAD_OWNER},
        {"owner with a bar", KEY, 7, SEAL_CERTIFICATE_KEY, "crt_1|7", SEAL_BAD_OWNER},
    };
    unsigned char blob[BLOB_SIZE];

    (void)state;
    make_blob(blob);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct seal_key other = {.kid = rows[i].kid};
        struct seal_label label = label_of(rows[i].kind, rows[i].owner);
        enum seal_result got;

        memcpy(other.octets, rows[i].key, sizeof(KEY) - 1);
        got = open_with(&other, &label, slice_of(blob, sizeof(blob)));
        ok(got == rows[i].want, "%s: %s", rows[i].what, seal_result_text(got));
    }
    all_ok();
}

static void test_limits(void **state)
{
    static unsigned char plain[SEAL_PLAIN_MAX + 1], blob[SEAL_PLAIN_MAX + 1 + SEAL_OVERHEAD],
        out[SEAL_PLAIN_MAX];
    static const char owner[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    struct seal_label of_65 = {SEAL_SECRET, slice_of(owner, SEAL_OWNER_MAX + 1)},
                      of_64 = {SEAL_SECRET, slice_of(owner, SEAL_OWNER_MAX)};
    size_t len = 0;

    (void)state;
    ok(seal_close(&key, &of_65, PLAIN, blob, sizeof(blob), &len) == SEAL_BAD_OWNER, "owner of 65");
    ok(seal_close(&key, &of_64, slice_of(plain, SEAL_PLAIN_MAX + 1), blob, sizeof(blob), &len) ==
           SEAL_NO_ROOM,
       "secret over the limit");
    ok(seal_close(&key, &of_64, slice_of(plain, SEAL_PLAIN_MAX), blob,
                  SEAL_PLAIN_MAX + SEAL_OVERHEAD - 1, &len) == SEAL_NO_ROOM,
       "one octet of room missing");
    ok(seal_close(&key, &of_64, slice_of(plain, SEAL_PLAIN_MAX), blob, sizeof(blob), &len) ==
           SEAL_OK,
       "secret at the limit");
    ok(seal_open(&key, &of_64, slice_of(blob, len), out, SEAL_PLAIN_MAX - 1, &len) == SEAL_NO_ROOM,
       "opened without room");
    ok(seal_open(&key, &of_64, slice_of(blob, len), out, SEAL_PLAIN_MAX, &len) == SEAL_OK &&
           len == SEAL_PLAIN_MAX,
       "does not open");
    ok(seal_close(&key, &of_64, slice_of(plain, 0), blob, sizeof(blob), &len) == SEAL_OK &&
           len == SEAL_OVERHEAD,
       "an empty secret");
    all_ok();
}

/* Leftover errors end handshakes in nginx. */
static void test_error_queue_is_left_alone(void **state)
{
    struct seal_label label = label_of(SEAL_CERTIFICATE_KEY, OWNER);
    unsigned char blob[BLOB_SIZE], out[32];
    size_t len;

    (void)state;
    make_blob(blob);
    blob[20] ^= 1;
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 1);
    assert_int_equal(seal_open(&key, &label, slice_of(blob, sizeof(blob)), out, 32, &len),
                     SEAL_REFUSED);
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 1);
    assert_int_equal(ERR_get_error(), 0);
}

static void test_names(void **state)
{
    static const char *const names[] = {"certificate-key", "account-key", "secret"};
    static const enum seal_family families[] = {SEAL_FAMILY_EDGE, SEAL_FAMILY_SIGNER,
                                                SEAL_FAMILY_SIGNER};

    (void)state;
    assert_int_equal(ARRAY_LEN(names), SEAL_KIND_COUNT);
    for (enum seal_kind i = 0; i < SEAL_KIND_COUNT; i++)
        ok(strcmp(seal_kind_name(i), names[i]) == 0 && seal_family(i) == families[i], "kind %u", i);
    ok(strcmp(seal_family_name(SEAL_FAMILY_EDGE), "edge") == 0, "edge");
    ok(strcmp(seal_family_name(SEAL_FAMILY_SIGNER), "signer") == 0, "signer");
    for (enum seal_result i = 0; i <= SEAL_NO_CRYPTO; i++)
        ok(*seal_result_text(i), "result %u has no text", i);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_known_blob),
        cmocka_unit_test(test_each_octet_flipped),
        cmocka_unit_test(test_each_length),
        cmocka_unit_test(test_other_label_or_key),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_error_queue_is_left_alone),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
