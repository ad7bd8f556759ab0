/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/fetch_body.h"
#include "check.h"

#define GZIP_WINDOW (15 + 16)
#define PACKED_MAX  1024

static size_t pack(const char *text, size_t len, unsigned char *out)
{
    z_stream stream = {.next_in = (const unsigned char *)text, .avail_in = (unsigned)len};

    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    stream.next_out = out;
    stream.avail_out = PACKED_MAX;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return PACKED_MAX - stream.avail_out;
}

/* In pieces of `step` octets, for as long as more is wanted. */
static void take(struct fetch_body *body, const unsigned char *data, size_t len, size_t step)
{
    for (size_t at = 0; at < len; at += step) {
        if (!fetch_body_take(body, data + at, len - at < step ? len - at : step))
            return;
    }
}

/* However it is cut into pieces, and below, at and above the limit. */
static void test_pieces(void **state)
{
    char text[2 * CA_FETCH_BODY_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i % 23);
    for (size_t len = CA_FETCH_BODY_MAX - 2; len <= CA_FETCH_BODY_MAX + 2; len++) {
        unsigned char packed[PACKED_MAX];
        size_t packed_len = pack(text, len, packed);
        size_t expected = len < CA_FETCH_BODY_MAX ? len : CA_FETCH_BODY_MAX;

        for (size_t step = 1; step <= packed_len; step++) {
            struct fetch_body plain = {.len = 0}, unpacked = {.len = 0};

            take(&plain, (const unsigned char *)text, len, step);
            fetch_body_begin_packed(&unpacked);
            take(&unpacked, packed, packed_len, step);
            ok(plain.len == expected && memcmp(plain.data, text, expected) == 0, "%zu by %zu", len,
               step);
            ok(unpacked.len == expected && memcmp(unpacked.data, text, expected) == 0,
               "%zu by %zu, packed", len, step);
            ok(!unpacked.is_bad && (unpacked.is_ended || fetch_body_is_full(&unpacked)),
               "%zu by %zu: no end", len, step);
            fetch_body_free(&plain);
            fetch_body_free(&unpacked);
        }
    }
    all_ok();
}

/* An octet changed or missing: never more than there was, and an end only when all of it is right.
 */
static void test_spoilt(void **state)
{
    static const char text[] = "token.thumbprint token.thumbprint";
    unsigned char packed[PACKED_MAX];
    size_t len = pack(text, sizeof(text) - 1, packed);

    (void)state;
    for (size_t cut = 0; cut < len; cut++) {
        struct fetch_body body = {.len = 0};

        fetch_body_begin_packed(&body);
        take(&body, packed, cut, len);
        ok(!body.is_ended && !body.is_bad, "cut at %zu", cut);
        fetch_body_free(&body);
    }
    for (size_t at = 10; at < len; at++) { /* behind the header, of which parts may be anything */
        struct fetch_body body = {.len = 0};

        packed[at] ^= 0x10;
        fetch_body_begin_packed(&body);
        take(&body, packed, len, len);
        ok(!body.is_ended || memcmp(body.data, text, sizeof(text) - 1) == 0, "changed at %zu", at);
        fetch_body_free(&body);
        packed[at] ^= 0x10;
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_spoilt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
