/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "record_parts.h"

static unsigned char zeros[EDGE_BODY_MAX + 1];
static const char label63[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/* Host names */

static const struct {
    const char *name;
    bool is_valid;
} names[] = {
    {"example.com", true},
    {"a", true},
    {"1.2", true},
    {"xn--bcher-kva.example", true},
    {"a-b.c", true},
    {"", false},
    {".", false},
    {".example", false},
    {"example.", false},
    {"a..b", false},
    {"-a.b", false},
    {"a-.b", false},
    {"a.-b", false},
    {"a.b-", false},
    {"A.b", false},
    {"a_b.c", false},
    {"*.example", false},
    {"a b", false},
    {"a/b", false},
    {"b\xc3\xbc"
     "cher.de",
     false},
    {"a:80", false},
};

static void test_host_names(void **state)
{
    char long_name[260];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        ok(edge_host_is_valid(slice_str(names[i].name)) == names[i].is_valid, "\"%s\"",
           names[i].name);
    ok(!edge_host_is_valid(slice_of("a\0b", 3)), "a NUL inside");
    ok(edge_host_is_valid(slice_str(label63)), "a label of 63");
    snprintf(long_name, sizeof(long_name), "%sa", label63);
    ok(!edge_host_is_valid(slice_str(long_name)), "a label of 64");
    snprintf(long_name, sizeof(long_name), "%s.%s.%s.%.61s", label63, label63, label63, label63);
    ok(strlen(long_name) == 253 && edge_host_is_valid(slice_str(long_name)), "a name of 253");
    snprintf(long_name, sizeof(long_name), "%s.%s.%s.%.62s", label63, label63, label63, label63);
    ok(strlen(long_name) == 254 && !edge_host_is_valid(slice_str(long_name)), "a name of 254");
    all_ok();
}

/* The frame, octet by octet */

static const unsigned char frame[] = {
    1,    'h',  0,    0,                                 /* version, kind, flags */
    0,    0,    0x1,  0x02, 0x03, 0x04, 0x05, 0x06,      /* epoch */
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,      /* rev */
    0,    1,    0,    0,    0,    24,   'x',             /* lengths, key */
    2,    's',  '1',  0,    0,    0,    3,               /* site, flags */
    0,    1,    0x51, 0x80, 3,    'w',  '.',  'x',       /* hsts, canonical */
    1,    'o',  6,    'c',  'r',  't',  '_',  '0',  '1', /* origin, certificate */
    7,                                                   /* key id */
    1,    2,    3,    4,    5,    6,    7,    8,    9,   10, 11, 12, 13, 14, 15, 16,
    17,   18,   19,   20,   21,   22,   23,   24,   25,  26, 27, 28, 29, 30, 31, 32,
};

static void test_frame(void **state)
{
    struct slice stream = slice_of(frame, sizeof(frame));
    unsigned char room[sizeof(frame)];
    struct buf out = buf_fixed(room, sizeof(room));
    struct edge_record record;
    struct edge_host host;

    (void)state;
    assert_int_equal(edge_record_take(&stream, &record), EDGE_FAULT_NONE);
    ok(stream.len == 0, "all of it is taken");
    ok(record.kind == EDGE_HOST && !record.is_tombstone, "kind and flags");
    ok(record.epoch == 0x010203040506 && record.rev == UINT64_MAX, "epoch and rev");
    ok(slice_eq_str(record.key, "x") && record.body.len == 24, "key and body");
    ok(record.kid == 7 && record.mac.len == 32 && record.mac.data[31] == 32, "key id and MAC");
    ok(slice_eq(record.whole, slice_of(frame, sizeof(frame))), "the whole");
    ok(edge_record_check(&record) == EDGE_FAULT_NONE, "key and body fit");
    assert_int_equal(edge_host_read(record.body, &host), EDGE_FAULT_NONE);
    ok(slice_eq_str(host.site_id, "s1") && host.flags == 3 && host.hsts_max_age_s == 86400 &&
           slice_eq_str(host.canonical, "w.x") && slice_eq_str(host.origin_id, "o") &&
           slice_eq_str(host.certificate_id, "crt_01"),
       "the host");
    assert_int_equal(edge_record_write(&out, &record), EDGE_FAULT_NONE);
    ok(slice_eq(buf_view(&out), slice_of(frame, sizeof(frame) - EDGE_TRAILER_SIZE)),
       "written again it is the same");
    all_ok();
}

static void test_frame_cut_short(void **state)
{
    struct edge_record record;
    unsigned char longer[sizeof(frame) + 1] = {0};

    (void)state;
    for (size_t len = 0; len < sizeof(frame); len++) {
        unsigned char *copy = malloc(len + 1); /* exact size, for ASan */
        struct slice in = slice_of(copy, len);

        assert_non_null(copy);
        memcpy(copy, frame, len);
        ok(edge_record_take(&in, &record) == EDGE_FAULT_SHORT && in.len == len, "%zu octets", len);
        free(copy);
    }
    memcpy(longer, frame, sizeof(frame));
    ok(edge_record_read(slice_of(longer, sizeof(longer)), &record) == EDGE_FAULT_TRAILING,
       "one octet too many");
    all_ok();
}

static const struct {
    const char *label;
    size_t at;
    unsigned char octet;
    enum edge_fault fault;
} frame_changes[] = {
    {"version 0", 0, 0, EDGE_FAULT_VERSION},
    {"version 2", 0, 2, EDGE_FAULT_VERSION},
    {"kind 0", 1, 0, EDGE_FAULT_KIND},
    {"kind H", 1, 'H', EDGE_FAULT_KIND},
    {"flag 2", 3, 2, EDGE_FAULT_FLAGS},
    {"flag 0x8000", 2, 128, EDGE_FAULT_FLAGS},
    {"tombstone with body", 3, 1, EDGE_FAULT_BODY},
    {"no key", 21, 0, EDGE_FAULT_LENGTH},
    {"key of 511", 20, 2, EDGE_FAULT_LENGTH},
    {"body of 0", 25, 0, EDGE_FAULT_BODY},
    {"body over the limit", 23, 1, EDGE_FAULT_LENGTH},
    {"longer body", 25, 25, EDGE_FAULT_SHORT},
    {"longer key", 21, 2, EDGE_FAULT_SHORT},
};

static void test_frame_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(frame_changes); i++) {
        unsigned char copy[sizeof(frame)];
        struct slice in = slice_of(copy, sizeof(copy));
        struct edge_record record = {.kid = 99};
        enum edge_fault fault;

        memcpy(copy, frame, sizeof(frame));
        copy[frame_changes[i].at] = frame_changes[i].octet;
        if (frame_changes[i].at == 20)
            copy[21] = 0xff; /* 511 */
        fault = edge_record_take(&in, &record);
        ok(fault == frame_changes[i].fault && record.kid == 99 && in.len == sizeof(copy),
           "%s gives \"%s\"", frame_changes[i].label, edge_fault_text(fault));
    }
    all_ok();
}

/* Limits of the frame: writing refuses what reading would, at n-1, n, n+1 */

static void test_frame_limits(void **state)
{
    static unsigned char room[EDGE_RECORD_MAX + 1], key[EDGE_KEY_MAX + 1];
    static const struct {
        size_t key_len, body_len;
        enum edge_fault fault;
    } rows[] = {
        {1, EDGE_BODY_MAX - 1, EDGE_FAULT_NONE},        {1, EDGE_BODY_MAX, EDGE_FAULT_NONE},
        {1, EDGE_BODY_MAX + 1, EDGE_FAULT_LENGTH},      {EDGE_KEY_MAX - 1, 1, EDGE_FAULT_NONE},
        {EDGE_KEY_MAX, EDGE_BODY_MAX, EDGE_FAULT_NONE}, {EDGE_KEY_MAX + 1, 1, EDGE_FAULT_LENGTH},
    };

    (void)state;
    memset(key, 'k', sizeof(key));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf out = buf_fixed(room, sizeof(room));
        struct edge_record record;
        enum edge_fault fault;

        buf_add(&out, (const unsigned char[]){1, 'h', 0, 0}, 4);
        buf_u64(&out, 1);
        buf_u64(&out, 1);
        buf_u16(&out, (uint16_t)rows[i].key_len);
        buf_u32(&out, (uint32_t)rows[i].body_len);
        buf_add(&out, key, rows[i].key_len);
        buf_add(&out, zeros, rows[i].body_len);
        buf_add(&out, zeros, EDGE_TRAILER_SIZE);
        fault = edge_record_read(buf_view(&out), &record);
        ok(fault == rows[i].fault, "key %zu, body %zu: %s", rows[i].key_len, rows[i].body_len,
           edge_fault_text(fault));
    }
    all_ok();
}

/* Keys by kind */

static const struct {
    const char *label;
    enum edge_kind kind;
    struct slice key;
    const char *body; /* NULL: tombstone */
    enum edge_fault fault;
} keys[] = {
    {"host", EDGE_HOST, L("a.b"), NULL, EDGE_FAULT_NONE},
    {"host with port", EDGE_HOST, L("a.b:80"), NULL, EDGE_FAULT_HOST},
    {"certificate id", EDGE_CERTIFICATE, L("crt_1"), NULL, EDGE_FAULT_NONE},
    {"certificate space", EDGE_CERTIFICATE, L("crt 1"), NULL, EDGE_FAULT_ID},
    {"chain, 32", EDGE_CHAIN, L("01234567890123456789012345678901"), NULL, EDGE_FAULT_NONE},
    {"chain, 31", EDGE_CHAIN, L("0123456789012345678901234567890"), NULL, EDGE_FAULT_KEY},
    {"settings", EDGE_SETTINGS, L("setting"), "x", EDGE_FAULT_KEY},
    {"end", EDGE_END, L("ende"), "x", EDGE_FAULT_KEY},
    {"challenge", EDGE_CHALLENGE, L("a.b\0t"), "t." THUMBPRINT, EDGE_FAULT_NONE},
    {"challenge gone", EDGE_CHALLENGE, L("a.b\0t"), NULL, EDGE_FAULT_NONE},
    {"no zero", EDGE_CHALLENGE, L("a.bt"), "t." THUMBPRINT, EDGE_FAULT_KEY},
    {"no token", EDGE_CHALLENGE, L("a.b\0"), "." THUMBPRINT, EDGE_FAULT_KEY},
    {"no host", EDGE_CHALLENGE, L("\0t"), "t." THUMBPRINT, EDGE_FAULT_HOST},
    {"slash in token", EDGE_CHALLENGE, L("a.b\0t/u"), "t/u." THUMBPRINT, EDGE_FAULT_KEY},
    {"second zero", EDGE_CHALLENGE, L("a.b\0t\0u"), "t." THUMBPRINT, EDGE_FAULT_KEY},
    {"other token", EDGE_CHALLENGE, L("a.b\0t"), "u." THUMBPRINT, EDGE_FAULT_AUTHORIZATION},
    {"no dot", EDGE_CHALLENGE, L("a.b\0t"), "tx" THUMBPRINT, EDGE_FAULT_AUTHORIZATION},
    {"long thumbprint", EDGE_CHALLENGE, L("a.b\0t"), "t." THUMBPRINT "a", EDGE_FAULT_AUTHORIZATION},
    {"line in it", EDGE_CHALLENGE, L("a.b\0t"), "t.\n0123456789012345678901234567890123456789ab",
     EDGE_FAULT_AUTHORIZATION},
};

static void test_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const struct edge_record record = {
            .kind = keys[i].kind,
            .is_tombstone = !keys[i].body,
            .key = keys[i].key,
            .body = keys[i].body ? slice_str(keys[i].body) : (struct slice){0},
        };
        enum edge_fault fault = edge_record_check(&record);

        ok(fault == keys[i].fault, "%s gives \"%s\"", keys[i].label, edge_fault_text(fault));
    }
    all_ok();
}

static void test_tombstones(void **state)
{
    static const struct {
        enum edge_kind kind;
        const char *key;
        enum edge_fault fault;
    } rows[] = {
        {EDGE_HOST, "a.b", EDGE_FAULT_NONE},
        {EDGE_CERTIFICATE, "crt_1", EDGE_FAULT_NONE},
        {EDGE_SETTINGS, "settings", EDGE_FAULT_FLAGS},
        {EDGE_END, "end", EDGE_FAULT_FLAGS},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        unsigned char room[256];
        struct buf out = buf_fixed(room, sizeof(room));
        struct edge_record record = {
            .kind = rows[i].kind, .is_tombstone = true, .key = slice_str(rows[i].key)};
        enum edge_fault fault = edge_record_write(&out, &record);

        ok(fault == rows[i].fault, "%s gives \"%s\"", rows[i].key, edge_fault_text(fault));
    }
    all_ok();
}

static void test_newer(void **state)
{
    static const struct {
        uint64_t epoch_a, rev_a, epoch_b, rev_b;
        bool is_newer;
    } rows[] = {
        {1, 2, 1, 1, true}, {1, 1, 1, 1, false}, {1, 1, 1, 2, false},
        {2, 1, 1, 9, true}, {1, 9, 2, 1, false}, {UINT64_MAX, 0, 1, UINT64_MAX, true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct edge_record a = {.epoch = rows[i].epoch_a, .rev = rows[i].rev_a};
        struct edge_record b = {.epoch = rows[i].epoch_b, .rev = rows[i].rev_b};

        ok(edge_record_is_newer(&a, &b) == rows[i].is_newer, "row %zu", i);
    }
    all_ok();
}

static void test_fault_texts(void **state)
{
    (void)state;
    for (int i = 0; i < EDGE_FAULT_COUNT; i++)
        ok(edge_fault_text((enum edge_fault)i)[0] != '\0', "fault %d has a text", i);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_names),      cmocka_unit_test(test_frame),
        cmocka_unit_test(test_frame_cut_short), cmocka_unit_test(test_frame_faults),
        cmocka_unit_test(test_frame_limits),    cmocka_unit_test(test_keys),
        cmocka_unit_test(test_tombstones),      cmocka_unit_test(test_newer),
        cmocka_unit_test(test_fault_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
