/* SPDX-License-Identifier: Apache-2.0 */

/* What stands in records, by their kinds: what each writer refuses, as reading would. */
#include "check.h"
#include "record_parts.h"

#define TOKEN "tok_EN-1"

static unsigned char zeros[EDGE_BODY_MAX + 1];
static unsigned char point_leaf[200]; /* not DER: records do not look into it */

static int set_up(void **state)
{
    (void)state;
    point_leaf[100] = 0x04;
    return 0;
}

static const struct {
    const char *label;
    struct edge_host host;
    enum edge_fault fault;
} hosts[] = {
    {"all there",
     {L("site_1"), 3, UINT32_MAX, L("www.a.b"), L("o-1"), L("crt_1"), 0},
     EDGE_FAULT_NONE},
    {"no certificate", {L("site_1"), 0, 0, L("a.b"), L("o"), L(""), 0}, EDGE_FAULT_NONE},
    {"when it was issued",
     {L("site_1"), 0, 0, L("a.b"), L("o"), L("crt_1"), INT64_MAX},
     EDGE_FAULT_NONE},
    {"no site", {L(""), 0, 0, L("a.b"), L("o"), L(""), 0}, EDGE_FAULT_ID},
    {"site in capitals", {L("Site"), 0, 0, L("a.b"), L("o"), L(""), 0}, EDGE_FAULT_ID},
    {"flag 4", {L("s"), 4, 0, L("a.b"), L("o"), L(""), 0}, EDGE_FAULT_FLAGS},
    {"no canonical", {L("s"), 0, 0, L(""), L("o"), L(""), 0}, EDGE_FAULT_HOST},
    {"canonical, port", {L("s"), 0, 0, L("a.b:8443"), L("o"), L(""), 0}, EDGE_FAULT_HOST},
    {"canonical, line", {L("s"), 0, 0, L("a.b\r\nX: y"), L("o"), L(""), 0}, EDGE_FAULT_HOST},
    {"no origin", {L("s"), 0, 0, L("a.b"), L(""), L(""), 0}, EDGE_FAULT_ID},
    {"origin address", {L("s"), 0, 0, L("a.b"), L("10.0.0.1:80"), L(""), 0}, EDGE_FAULT_ID},
    {"certificate", {L("s"), 0, 0, L("a.b"), L("o"), L("crt 1"), 0}, EDGE_FAULT_ID},
};

static void test_hosts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        unsigned char room[1024];
        struct buf out = buf_fixed(room, sizeof(room));
        enum edge_fault fault = edge_host_write(&out, &hosts[i].host);

        ok(fault == hosts[i].fault, "%s gives \"%s\"", hosts[i].label, edge_fault_text(fault));
    }
    all_ok();
}

/* When its certificate was issued may be left out: records from before it was told have it not. */
static void test_issued_at(void **state)
{
    static const unsigned char octets[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

    (void)state;
    for (size_t len = 0; len <= sizeof(octets); len++) {
        unsigned char room[1024];
        struct buf out = buf_fixed(room, sizeof(room));
        struct edge_host host = hosts[1].host;
        enum edge_fault want = len == 0 || len == 8 ? EDGE_FAULT_NONE : EDGE_FAULT_TRAILING;
        enum edge_fault fault;

        assert_int_equal(edge_host_write(&out, &host), EDGE_FAULT_NONE);
        buf_add(&out, octets, len);
        fault = edge_host_read(buf_view(&out), &host);
        ok(fault == want, "%zu octets give \"%s\"", len, edge_fault_text(fault));
        ok(host.issued_at == (len == 8 ? 0x0102030405060708 : 0), "%zu octets give %llu", len,
           (unsigned long long)host.issued_at);
    }
    all_ok();
}

static void test_id_limits(void **state)
{
    static const struct {
        size_t len;
        enum edge_fault fault;
    } rows[] = {
        {EDGE_ID_MAX - 1, EDGE_FAULT_NONE},
        {EDGE_ID_MAX, EDGE_FAULT_NONE},
        {EDGE_ID_MAX + 1, EDGE_FAULT_ID},
        {256, EDGE_FAULT_LENGTH},
    };
    char id[256];

    (void)state;
    memset(id, 'a', sizeof(id));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        unsigned char room[2048];
        struct buf out = buf_fixed(room, sizeof(room));
        struct edge_host host = hosts[0].host;
        enum edge_fault fault;

        host.origin_id = slice_of(id, rows[i].len);
        fault = edge_host_write(&out, &host);
        ok(fault == rows[i].fault, "%zu octets give \"%s\"", rows[i].len, edge_fault_text(fault));
    }
    all_ok();
}

static const struct {
    const char *label;
    uint8_t key_type;
    uint16_t point_offset;
    size_t sealed_len, leaf_len;
    enum edge_fault fault;
} certificates[] = {
    {"P-256", EDGE_KEY_P256, 100, 62, 200, EDGE_FAULT_NONE},
    {"point at the end", EDGE_KEY_P256, 100, 62, 165, EDGE_FAULT_NONE},
    {"point over the end", EDGE_KEY_P256, 100, 62, 164, EDGE_FAULT_POINT},
    {"point elsewhere", EDGE_KEY_P256, 99, 62, 200, EDGE_FAULT_POINT},
    {"no point", EDGE_KEY_P256, 0, 62, 200, EDGE_FAULT_POINT},
    {"PKCS#8", EDGE_KEY_PKCS8, 0, EDGE_SEALED_MAX, 200, EDGE_FAULT_NONE},
    {"PKCS#8 with a point", EDGE_KEY_PKCS8, 100, 62, 200, EDGE_FAULT_POINT},
    {"key type 0", 0, 100, 62, 200, EDGE_FAULT_KEY_TYPE},
    {"key type 3", 3, 100, 62, 200, EDGE_FAULT_KEY_TYPE},
    {"no key", EDGE_KEY_PKCS8, 0, 0, 200, EDGE_FAULT_LENGTH},
    {"long key", EDGE_KEY_PKCS8, 0, EDGE_SEALED_MAX + 1, 200, EDGE_FAULT_LENGTH},
    {"no leaf", EDGE_KEY_PKCS8, 0, 62, 0, EDGE_FAULT_LENGTH},
    {"leaf at its limit", EDGE_KEY_PKCS8, 0, 62, EDGE_LEAF_MAX, EDGE_FAULT_NONE},
    {"leaf over its limit", EDGE_KEY_PKCS8, 0, 62, EDGE_LEAF_MAX + 1, EDGE_FAULT_LENGTH},
};

static void test_certificates(void **state)
{
    static unsigned char room[EDGE_BODY_MAX];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(certificates); i++) {
        struct buf out = buf_fixed(room, sizeof(room));
        struct edge_certificate in = {
            .key_type = certificates[i].key_type,
            .point_offset = certificates[i].point_offset,
            .chain_hash = slice_of(zeros, EDGE_HASH_SIZE),
            .sealed_key = slice_of(zeros, certificates[i].sealed_len),
            .leaf = slice_of(certificates[i].leaf_len <= sizeof(point_leaf) ? point_leaf : zeros,
                             certificates[i].leaf_len),
        };
        enum edge_fault fault = edge_certificate_write(&out, &in);

        ok(fault == certificates[i].fault, "%s gives \"%s\"", certificates[i].label,
           edge_fault_text(fault));
    }
    all_ok();
}

static void test_chains(void **state)
{
    static const struct {
        size_t count, len;
        enum edge_fault fault;
    } rows[] = {
        {0, 100, EDGE_FAULT_LENGTH},
        {1, 1, EDGE_FAULT_NONE},
        {1, 0, EDGE_FAULT_LENGTH},
        {EDGE_CHAIN_MAX, EDGE_CHAIN_DER_MAX, EDGE_FAULT_NONE},
        {1, EDGE_CHAIN_DER_MAX + 1, EDGE_FAULT_LENGTH},
        {EDGE_CHAIN_MAX + 1, 1, EDGE_FAULT_LENGTH},
    };
    static unsigned char room[EDGE_BODY_MAX];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf out = buf_fixed(room, sizeof(room));
        struct edge_chain chain = {.count = rows[i].count};
        enum edge_fault fault;

        for (size_t k = 0; k < EDGE_CHAIN_MAX; k++)
            chain.der[k] = slice_of(zeros, rows[i].len);
        fault = edge_chain_write(&out, &chain);
        ok(fault == rows[i].fault, "%zu of %zu octets: \"%s\"", rows[i].count, rows[i].len,
           edge_fault_text(fault));
    }
    all_ok();
}

static const struct {
    const char *address;
    enum edge_fault fault;
} addresses[] = {
    {"127.0.0.1:8090", EDGE_FAULT_NONE},
    {"[::1]:80", EDGE_FAULT_NONE},
    {"[2001:db8::1]:65535", EDGE_FAULT_NONE},
    {"127.0.0.1:65536", EDGE_FAULT_ADDRESS},
    {"127.0.0.1:0", EDGE_FAULT_ADDRESS},
    {"127.0.0.1:080", EDGE_FAULT_ADDRESS},
    {"127.0.0.1:", EDGE_FAULT_ADDRESS},
    {"127.0.0.1", EDGE_FAULT_ADDRESS},
    {"::1:80", EDGE_FAULT_ADDRESS},
    {"[127.0.0.1]:80", EDGE_FAULT_ADDRESS},
    {"[::1:80", EDGE_FAULT_ADDRESS},
    {"[]:80", EDGE_FAULT_ADDRESS},
    {"localhost:80", EDGE_FAULT_ADDRESS},
    {"unix:/run/x", EDGE_FAULT_ADDRESS},
    {"127.0.0.1:80/path", EDGE_FAULT_ADDRESS},
    {"http://127.0.0.1:80", EDGE_FAULT_ADDRESS},
    {"", EDGE_FAULT_ADDRESS},
};

static void test_origin_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        unsigned char room[512];
        struct buf out = buf_fixed(room, sizeof(room));
        struct edge_origin origin = {slice_str("demo"), slice_str(addresses[i].address)};
        enum edge_fault fault =
            edge_settings_write(&out, slice_of(zeros, EDGE_CHECK_KEY_SIZE), &origin, 1);

        ok(fault == addresses[i].fault, "\"%s\" gives \"%s\"", addresses[i].address,
           edge_fault_text(fault));
    }
    all_ok();
}

static void test_origins(void **state)
{
    static unsigned char room[EDGE_BODY_MAX];
    static struct edge_origin many[EDGE_ORIGINS_MAX + 1];
    static char ids[EDGE_ORIGINS_MAX + 1][EDGE_ID_MAX + 1];
    struct slice key = slice_of(zeros, EDGE_CHECK_KEY_SIZE), address;
    struct buf out = buf_fixed(room, sizeof(room));
    struct edge_settings settings;

    (void)state;
    for (int i = 0; i <= EDGE_ORIGINS_MAX; i++) {
        snprintf(ids[i], sizeof(ids[i]), "%0*d", EDGE_ID_MAX, EDGE_ORIGINS_MAX - i);
        many[i] = (struct edge_origin){
            slice_str(ids[i]), slice_str("[1111:2222:3333:4444:5555:6666:7777:8888]:65535")};
    }
    many[5].address = slice_str("192.0.2.5:80");
    ok(edge_settings_write(&out, key, many, EDGE_ORIGINS_MAX) == EDGE_FAULT_NONE, "at the limit");
    assert_int_equal(edge_settings_read(buf_view(&out), &settings), EDGE_FAULT_NONE);
    ok(settings.origin_count == EDGE_ORIGINS_MAX, "all of them");
    ok(edge_origin_find(&settings, slice_str(ids[5]), &address) &&
           slice_eq_str(address, "192.0.2.5:80"),
       "found by id");
    ok(!edge_origin_find(&settings, slice_str("other"), &address), "unknown id");
    out.len = 0;
    ok(edge_settings_write(&out, key, many, EDGE_ORIGINS_MAX + 1) == EDGE_FAULT_LENGTH, "over it");
    out.len = 0;
    many[1] = many[0];
    ok(edge_settings_write(&out, key, many, 2) == EDGE_FAULT_ORDER, "an id twice");
    out.len = 0;
    ok(edge_settings_write(&out, key, NULL, 0) == EDGE_FAULT_NONE && out.len == 34, "no origin");
    ok(edge_settings_write(&out, slice_of(zeros, 31), NULL, 0) == EDGE_FAULT_LENGTH, "short key");
    all_ok();
}

/* Every truncation of every body is refused, and so is one octet more. */

static void check_truncations(const char *label, const struct edge_record *whole)
{
    for (size_t len = 1; len <= whole->body.len + 1; len++) {
        struct edge_record record = *whole;
        unsigned char *copy = calloc(1, len);
        enum edge_fault fault;

        assert_non_null(copy);
        memcpy(copy, whole->body.data, len <= whole->body.len ? len : whole->body.len);
        record.body = slice_of(copy, len);
        fault = edge_record_check(&record);
        ok((fault == EDGE_FAULT_NONE) == (len == whole->body.len), "%s, %zu of %zu octets: %s",
           label, len, whole->body.len, edge_fault_text(fault));
        free(copy);
    }
}

static void test_bodies_cut_short(void **state)
{
    unsigned char room[6][1024];
    struct buf b[6];
    const struct edge_certificate certificate = {EDGE_KEY_P256, 100, slice_of(zeros, 32),
                                                 slice_of(zeros, 62), slice_of(point_leaf, 200)};
    const struct edge_chain chain = {2, {slice_of(zeros, 90), slice_of(zeros, 80)}};
    const struct edge_origin origins[] = {{slice_str("a"), slice_str("127.0.0.1:1")},
                                          {slice_str("b"), slice_str("[::1]:2")}};
    const struct edge_end end = {12, slice_of(zeros, 32)};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(b); i++)
        b[i] = buf_fixed(room[i], sizeof(room[i]));
    assert_int_equal(edge_host_write(&b[0], &hosts[0].host), EDGE_FAULT_NONE);
    assert_int_equal(edge_certificate_write(&b[1], &certificate), EDGE_FAULT_NONE);
    assert_int_equal(edge_chain_write(&b[2], &chain), EDGE_FAULT_NONE);
    assert_int_equal(edge_settings_write(&b[3], slice_of(zeros, 32), origins, 2), EDGE_FAULT_NONE);
    assert_int_equal(edge_end_write(&b[4], &end), EDGE_FAULT_NONE);
    buf_str(&b[5], TOKEN "." THUMBPRINT);
    const struct {
        const char *label;
        struct edge_record record;
    } rows[] = {
        {"host", {.kind = EDGE_HOST, .key = slice_str("a.b"), .body = buf_view(&b[0])}},
        {"certificate",
         {.kind = EDGE_CERTIFICATE, .key = slice_str("crt_1"), .body = buf_view(&b[1])}},
        {"chain", {.kind = EDGE_CHAIN, .key = slice_of(zeros, 32), .body = buf_view(&b[2])}},
        {"settings",
         {.kind = EDGE_SETTINGS, .key = slice_str("settings"), .body = buf_view(&b[3])}},
        {"end", {.kind = EDGE_END, .key = slice_str("end"), .body = buf_view(&b[4])}},
        {"challenge",
         {.kind = EDGE_CHALLENGE, .key = SLICE_LIT("a.b\0" TOKEN), .body = buf_view(&b[5])}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check_truncations(rows[i].label, &rows[i].record);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts),     cmocka_unit_test(test_issued_at),
        cmocka_unit_test(test_id_limits), cmocka_unit_test(test_certificates),
        cmocka_unit_test(test_chains),    cmocka_unit_test(test_origin_addresses),
        cmocka_unit_test(test_origins),   cmocka_unit_test(test_bodies_cut_short),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
