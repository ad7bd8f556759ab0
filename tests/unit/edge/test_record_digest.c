/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "edge/record_digest.h"
#include "edge/record_write.h"

static const unsigned char key_a[EDGE_FEED_KEY_SIZE] = {1}, key_b[EDGE_FEED_KEY_SIZE] = {2};

static struct edge_record make_record(unsigned char *room, size_t size, struct slice group)
{
    struct buf out = buf_fixed(room, size);
    struct edge_record record = {.kind = EDGE_HOST,
                                 .is_tombstone = true,
                                 .epoch = 5,
                                 .rev = 6,
                                 .key = slice_str("a.example")};
    unsigned char mac[EDGE_MAC_SIZE];

    assert_int_equal(edge_record_write(&out, &record), EDGE_FAULT_NONE);
    buf_u8(&out, 3);
    assert_true(edge_record_mac(slice_of(key_a, sizeof(key_a)), group, buf_view(&out), mac));
    buf_add(&out, mac, sizeof(mac));
    assert_int_equal(edge_record_read(buf_view(&out), &record), EDGE_FAULT_NONE);
    return record;
}

static void test_mac(void **state)
{
    unsigned char room[256];
    struct slice key = slice_of(key_a, sizeof(key_a)), group = slice_str("default");
    struct edge_record record = make_record(room, sizeof(room), group);

    (void)state;
    ok(edge_record_mac_ok(key, group, &record), "the right key and group");
    ok(!edge_record_mac_ok(slice_of(key_b, sizeof(key_b)), group, &record), "another key");
    ok(!edge_record_mac_ok(key, slice_str("defaul"), &record), "another group");
    ok(!edge_record_mac_ok(key, slice_str(""), &record), "no group");
    ok(!edge_record_mac_ok(slice_of(key_a, 31), group, &record), "a short key");
    for (size_t i = 0; i < record.whole.len; i++) {
        room[i] ^= 0x10;
        ok(!edge_record_mac_ok(key, group, &record), "octet %zu changed", i);
        room[i] ^= 0x10;
    }
    ok(edge_record_mac_ok(key, group, &record), "changed back");
    all_ok();
}

/* By another implementation: python3 -c 'import hmac...' over the same octets. */
static void test_mac_value(void **state)
{
    static const unsigned char expected[EDGE_MAC_SIZE] = {
        0xb7, 0x84, 0x30, 0x2e, 0xa0, 0x7c, 0xda, 0x95, 0x09, 0xfe, 0xca,
        0xd5, 0xbb, 0x84, 0xae, 0x27, 0x4a, 0x29, 0xdc, 0xb9, 0xa5, 0xbc,
        0x93, 0x3d, 0xa4, 0x7f, 0xe0, 0x8c, 0xa9, 0x9e, 0x9e, 0x8f};
    unsigned char room[256];
    struct edge_record record = make_record(room, sizeof(room), slice_str("default"));

    (void)state;
    assert_memory_equal(record.mac.data, expected, sizeof(expected));
}

static void test_group_limits(void **state)
{
    unsigned char mac[EDGE_MAC_SIZE];
    char group[EDGE_GROUP_MAX + 1];
    struct slice key = slice_of(key_a, sizeof(key_a));

    (void)state;
    memset(group, 'g', sizeof(group));
    for (size_t len = EDGE_GROUP_MAX - 1; len <= EDGE_GROUP_MAX + 1; len++)
        ok(edge_record_mac(key, slice_of(group, len), slice_str("x"), mac) ==
               (len <= EDGE_GROUP_MAX),
           "a group of %zu", len);
    all_ok();
}

static void test_chain_hash(void **state)
{
    /* SHA-256("abc"), FIPS 180-4 */
    static const unsigned char expected[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
                                             0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
                                             0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
                                             0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    struct edge_chain chain = {2, {slice_str("a"), slice_str("bc")}};
    unsigned char hash[EDGE_HASH_SIZE];

    (void)state;
    assert_true(edge_chain_hash(&chain, hash));
    assert_memory_equal(hash, expected, sizeof(expected));
}

static void test_digest(void **state)
{
    static const char *const db_keys[] = {"ha.example", "hb.example", "ccrt_1"};
    unsigned char forth[EDGE_HASH_SIZE] = {0}, back[EDGE_HASH_SIZE] = {0},
                  less[EDGE_HASH_SIZE] = {0};
    unsigned char carry[EDGE_HASH_SIZE], one[EDGE_HASH_SIZE] = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(db_keys); i++) {
        assert_true(edge_digest_add(forth, slice_str(db_keys[i]), 1, 2));
        assert_true(edge_digest_add(back, slice_str(db_keys[ARRAY_LEN(db_keys) - 1 - i]), 1, 2));
        if (i > 0)
            assert_true(edge_digest_add(less, slice_str(db_keys[i]), 1, 2));
    }
    assert_memory_equal(forth, back, sizeof(forth));
    assert_memory_not_equal(forth, less, sizeof(forth));
    memset(less, 0, sizeof(less));
    memset(back, 0, sizeof(back));
    assert_true(edge_digest_add(less, slice_str("k"), 1, 2));
    assert_true(edge_digest_add(back, slice_str("k"), 1, 3));
    assert_memory_not_equal(back, less, sizeof(less)); /* another version of the same key */
    /* 2^256 - 1 plus a hash is that hash less one: the carry runs out at the top. */
    memset(carry, 0xff, sizeof(carry));
    assert_true(edge_digest_add(carry, slice_str("k"), 1, 2));
    assert_true(edge_digest_add(one, slice_str("k"), 1, 2));
    one[EDGE_HASH_SIZE - 1]--;
    assert_memory_equal(carry, one, sizeof(one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mac),          cmocka_unit_test(test_mac_value),
        cmocka_unit_test(test_group_limits), cmocka_unit_test(test_chain_hash),
        cmocka_unit_test(test_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
