/* SPDX-License-Identifier: Apache-2.0 */

/* Updates and their signatures; the octets are those of dnspython 2.3, without its compression. */
#include "base/hash.h"
#include "check.h"
#include "dns/update.h"

#define NOW_S 1700000000

#define HEAD "12342800000100000001"
#define ZONE "0570726f6f66076578616d706c6500"
#define ADD                                                                                        \
    HEAD "0000" ZONE "00060001"                                                                    \
         "0430313233" ZONE "00100001"                                                              \
         "00000001"                                                                                \
         "0004"                                                                                    \
         "03616263"
#define DELETE                                                                                     \
    HEAD "0000" ZONE "00060001"                                                                    \
         "0430313233" ZONE "001000fe"                                                              \
         "00000000"                                                                                \
         "0004"                                                                                    \
         "03616263"
#define PLAIN  HEAD "0000" ZONE "000600010430313233c00c0010000100000001000403616263"
#define SIGNED HEAD "0001" ZONE "000600010430313233c00c0010000100000001000403616263"
#define KEY    "0a7570646174652d6b65790000fa00ff00000000"
#define SHA256 "0b686d61632d73686132353600"
#define SHA512 "0b686d61632d73686135313200"
#define MAC256 "40b1e4d3742c659a2484186262dbc801e0a8fc0dc71c60977959aa125cfe0d1d"
#define MAC512                                                                                     \
    "53bdd9cfa20fff723fe12ae7b7236255d73de439c9261272dbe54ac9a744e97d95f1a3eea818e6997f94edac7f07" \
    "1fb3ef312cfc053e8ff8893c27492c32a286"
#define ANSWER "1234a8000001000000000001" ZONE "00060001" KEY
#define TIME_1 "00006553f101012c" /* a second later */
#define REPLY256                                                                                   \
    ANSWER "003d" SHA256 TIME_1                                                                    \
           "0020a290c0fc1c44d0c663cc187e671789c3c6850b9b58fa4c349471f174e5006bce123400000000"
#define REPLY512                                                                                   \
    ANSWER "005d" SHA512 TIME_1                                                                    \
           "0040af1920a8c7a7cb64abde185278e7704d39ff0ba1118c0a34e82cbb5b0c1feadda419b80e6fc94671a" \
           "9a557d741bd3191658eba96acb1e463919fadca74033322123400000000"

static unsigned char secret[32];

static bool mac(void *arg, struct arena *mem, struct slice data, struct slice *out, struct err *err)
{
    const enum tsig_algorithm *algorithm = arg;
    unsigned char *octets = arena_alloc(mem, SHA512_SIZE);

    (void)err;
    if (*algorithm == TSIG_SHA512)
        hash_hmac_sha512(slice_of(secret, sizeof(secret)), data, octets);
    else
        hash_hmac_sha256(slice_of(secret, sizeof(secret)), data, octets);
    *out = slice_of(octets, tsig_mac_size(*algorithm));
    return true;
}

static enum tsig_algorithm sha256 = TSIG_SHA256, sha512 = TSIG_SHA512;
static const struct tsig_key keys[] = {
    {"update-key", TSIG_SHA256, mac, &sha256},
    {"Update-Key.", TSIG_SHA512, mac, &sha512}, /* as it may be configured */
};

static struct slice octets_of(struct arena *mem, const char *hex)
{
    struct slice out = {0};
    struct err err;

    ok(hex_decode(mem, hex, &out, &err), "hex");
    return out;
}

static bool is_hex(struct arena *mem, struct slice octets, const char *hex)
{
    return strcmp(hex_encode(mem, octets), hex) == 0;
}

static void test_write(void **state)
{
    static const struct {
        struct dns_update update;
        const char *want;
    } rows[] = {
        {{DNS_UPDATE_ADD, "proof.example", "0123.proof.example", "abc", 1}, ADD},
        {{DNS_UPDATE_ADD, "Proof.Example.", "0123.PROOF.example.", "abc", 1}, ADD},
        {{DNS_UPDATE_DELETE, "proof.example", "0123.proof.example", "abc", 1}, DELETE},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct buf out = buf_new(mem, 512);
        struct err err = {0};

        ok(dns_update_write(&out, 0x1234, &rows[i].update, &err), "%s", err.text);
        ok(is_hex(mem, buf_view(&out), rows[i].want), "%zu: %s", i,
           hex_encode(mem, buf_view(&out)));
    }
    all_ok();
}

static void test_limits(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    char text[DNS_TXT_MAX + 2], label[66], name[256];
    struct err err = {0};

    (void)state;
    memset(text, 'x', sizeof(text));
    memset(label, 'a', sizeof(label));
    for (size_t len = DNS_TXT_MAX - 1; len <= DNS_TXT_MAX + 1; len++) {
        struct dns_update update = {DNS_UPDATE_ADD, "a.example", "b.a.example",
                                    arena_strndup(mem, text, len), 1};
        struct buf out = buf_new(mem, 1024);

        ok(dns_update_write(&out, 1, &update, &err) == (len <= DNS_TXT_MAX), "value of %zu", len);
    }
    ok(strcmp(err.text, "a TXT value of 256 octets, at most 255 are possible") == 0, "%s",
       err.text);
    for (size_t len = 62; len <= 64; len++) {
        struct buf out = buf_new(mem, 1024);

        dns_write_name(&out, arena_printf(mem, "%.*s.example", (int)len, label));
        ok(buf_ok(&out) == (len <= 63), "label of %zu", len);
    }
    for (size_t last = 60; last <= 62; last++) { /* 3 * 64 and this one, and the root: 254 to 256 */
        struct buf out = buf_new(mem, 1024);

        snprintf(name, sizeof(name), "%.63s.%.63s.%.63s.%.*s", label, label, label, (int)last,
                 label);
        dns_write_name(&out, name);
        ok(buf_ok(&out) == (last <= 61), "name of %zu octets", out.len);
    }
    for (const char *const *bad = (const char *const[]){"a..b", ".a", NULL}; *bad; bad++) {
        struct buf out = buf_new(mem, 1024);

        dns_write_name(&out, *bad);
        ok(!buf_ok(&out), "%s", *bad);
    }
    all_ok();
}

static void test_sign(void **state)
{
    static const struct {
        const struct tsig_key *key;
        const char *want, *mac;
    } rows[] = {
        {&keys[0], SIGNED KEY "003d" SHA256 "00006553f100012c0020" MAC256 "123400000000", MAC256},
        {&keys[1], SIGNED KEY "005d" SHA512 "00006553f100012c0040" MAC512 "123400000000", MAC512},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct buf message = buf_new(mem, 1024);
        struct slice made = {0};
        struct err err = {0};

        buf_slice(&message, octets_of(mem, PLAIN));
        ok(tsig_sign(mem, rows[i].key, NOW_S, &message, &made, &err), "%s", err.text);
        ok(is_hex(mem, buf_view(&message), rows[i].want), "%zu: %s", i,
           hex_encode(mem, buf_view(&message)));
        ok(is_hex(mem, made, rows[i].mac), "%zu: the MAC", i);
    }
    all_ok();
}

static void test_verify(void **state)
{
    static const struct {
        const char *label;
        size_t key;
        const char *answer, *request_mac;
        int64_t now_s;
        enum tsig_verdict want;
    } rows[] = {
        {"right", 0, REPLY256, MAC256, NOW_S, TSIG_VALID},
        {"right, SHA-512", 1, REPLY512, MAC512, NOW_S, TSIG_VALID},
        {"the last second", 0, REPLY256, MAC256, NOW_S + 301, TSIG_VALID},
        {"a second late", 0, REPLY256, MAC256, NOW_S + 302, TSIG_OFF_TIME},
        {"the first second", 0, REPLY256, MAC256, NOW_S - 299, TSIG_VALID},
        {"a second early", 0, REPLY256, MAC256, NOW_S - 300, TSIG_OFF_TIME},
        {"to another request", 0, REPLY256, MAC512, NOW_S, TSIG_WRONG},
        {"another algorithm", 1, REPLY256, MAC256, NOW_S, TSIG_OTHER_KEY},
        {"not signed", 0, "1234a8000001000000000000" ZONE "00060001", MAC256, NOW_S, TSIG_UNSIGNED},
        {"a MAC of no octets", 0,
         ANSWER "001d" SHA256 TIME_1 "00001234001100"
                "00",
         MAC256, NOW_S, TSIG_UNSIGNED},
        {"a MAC cut short", 0,
         ANSWER "003c" SHA256 TIME_1
                "001fa290c0fc1c44d0c663cc187e671789c3c6850b9b58fa4c349471f174e5006b123400000000",
         MAC256, NOW_S, TSIG_WRONG},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct dns_message message = {0};
        const struct tsig_answer answer = {octets_of(mem, rows[i].answer), &message,
                                           octets_of(mem, rows[i].request_mac)};
        enum tsig_verdict got = TSIG_VERDICT_COUNT;
        struct err err = {0};

        ok(dns_message_read(answer.wire, &message, &err) &&
               tsig_verify(mem, &keys[rows[i].key], rows[i].now_s, &answer, &got, &err),
           "%s: %s", rows[i].label, err.text);
        ok(got == rows[i].want, "%s: %d", rows[i].label, (int)got);
    }
    all_ok();
}

/* Every octet of a signed answer changed: none of them is taken for it. */
static void test_changed(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct slice right = octets_of(mem, REPLY256), request_mac = octets_of(mem, MAC256);

    (void)state;
    for (size_t i = 0; i < right.len; i++) {
        unsigned char *octets = arena_memdup(mem, right.data, right.len);
        struct dns_message message = {0};
        const struct tsig_answer answer = {slice_of(octets, right.len), &message, request_mac};
        enum tsig_verdict got;
        struct err err;

        octets[i] ^= 1;
        if (i < 2) /* the id is compared elsewhere, and signed as it was */
            continue;
        ok(!dns_message_read(answer.wire, &message, &err) ||
               (tsig_verify(mem, &keys[0], NOW_S, &answer, &got, &err) && got != TSIG_VALID),
           "octet %zu", i);
        ok(!dns_message_read(slice_of(right.data, i), &message, &err), "cut at %zu", i);
    }
    all_ok();
}

static void test_read(void **state)
{
    static const struct {
        const char *label, *wire, *want;
    } rows[] = {
        {"nothing", "", "the answer cannot be read: it is too short"},
        {"a header", "1234a8000000000000000000", NULL},
        {"a question that is not there", "1234a8000001000000000000",
         "the answer cannot be read: its question is cut short"},
        {"a pointer to itself", "1234a8000001000000000000c00c00060001",
         "the answer cannot be read: its question is cut short"},
        {"a pointer ahead", "1234a8000001000000000000c00e00060001",
         "the answer cannot be read: its question is cut short"},
        {"a label of 64", "1234a800000100000000000040",
         "the answer cannot be read: its question is cut short"},
        {"octets behind it", "1234a800000000000000000000",
         "the answer cannot be read: octets follow its end"},
        {"a record that is not there", "1234a8000000000000000001",
         "the answer cannot be read: a record is cut short"},
        {"more records than fit", "1234a80000000000ffffffff",
         "the answer cannot be read: it has too many records"},
        {"a signature that is not the last",
         "1234a8000000000000000002" KEY "001d" SHA256 TIME_1 "00001234001100"
         "00"
         "00"
         "00290001"
         "00000000"
         "0000",
         "the answer cannot be read: its signature is not the last record"},
        {"a signature among the answers",
         "1234a8000000000100000000" KEY "001d" SHA256 TIME_1 "00001234001100"
         "00",
         "the answer cannot be read: its signature is not the last record"},
        {"a signature that is too short",
         "1234a8000000000000000001" KEY "0001"
         "00",
         "the answer cannot be read: its signature is malformed"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct dns_message message;
        struct err err = {0};
        bool is_read = dns_message_read(octets_of(mem, rows[i].wire), &message, &err);

        ok(is_read == !rows[i].want && (is_read || strcmp(err.text, rows[i].want) == 0), "%s: %s",
           rows[i].label, err.text);
    }
    all_ok();
}

/* What is said to the operator. */
/* What may be handed to a reader that knows no better. */
static void test_plain(void **state)
{
    static const struct {
        const char *label, *wire;
        bool is_plain;
    } rows[] = {
        {"nothing", "", false},
        {"a header", "1234a8000000000000000000", true},
        {"a record",
         "1234a8000000000100000000"
         "0000010001"
         "00000000"
         "0004c0000201",
         true},
        {"octets behind it", "1234a800000000000000000000", true},
        {"a record that is cut",
         "1234a8000000000100000000"
         "0000010001"
         "00000000"
         "0004c00002",
         false},
        {"one less than it says",
         "1234a8000000000200000000"
         "0000010001"
         "00000000"
         "0004c0000201",
         false},
        {"a pointer ahead", "1234a8000001000000000000c00e00060001", false},
        {"more records than fit", "1234a80000000000ffffffff", false},
        {"a signature",
         "1234a8000000000000000001"
         "0000fa00ff"
         "00000000"
         "0000",
         false},
        {"a signature among the answers",
         "1234a8000000000100000000"
         "0000fa0001"
         "00000000"
         "0000",
         false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();

        ok(dns_message_is_plain(octets_of(mem, rows[i].wire)) == rows[i].is_plain, "%s",
           rows[i].label);
    }
    all_ok();
}

static void test_judge(void **state)
{
    static const struct {
        int rcode;
        uint16_t tsig_error;
        enum tsig_verdict verdict;
        const char *want; /* NULL: it is done */
    } rows[] = {
        {0, 0, TSIG_VALID, NULL},
        {0, 0, TSIG_UNSIGNED, "its answer is not signed"},
        {0, 0, TSIG_OTHER_KEY, "its answer is signed with another key"},
        {0, 0, TSIG_WRONG, "the signature of its answer is wrong"},
        {0, 0, TSIG_OFF_TIME, "the clocks of both machines are too far apart"},
        {1, 0, TSIG_VALID, "FORMERR: it does not take such updates"},
        {2, 0, TSIG_VALID, "SERVFAIL: it could not change the zone now"},
        {4, 0, TSIG_VALID, "NOTIMP: it takes no updates; name its primary server"},
        {5, 0, TSIG_VALID,
         "REFUSED: it does not let the key change TXT records there; the operator has to allow it "
         "at the server"},
        {9, 0, TSIG_UNSIGNED,
         "NOTAUTH: it is not a server of the zone; the operator has to name the zone's primary"},
        {9, TSIG_BADSIG, TSIG_UNSIGNED,
         "BADSIG: its secret for the key is another one; the operator has to put the same in both "
         "places"},
        {9, TSIG_BADKEY, TSIG_UNSIGNED,
         "BADKEY: it does not know the key, or not with this algorithm; the operator has to add it "
         "at the server"},
        {9, TSIG_BADTIME, TSIG_VALID,
         "BADTIME: the clocks of both machines are too far apart; the operator has to set them"},
        {9, TSIG_BADTRUNC, TSIG_VALID, "BADTRUNC: it wants longer signatures"},
        {10, 0, TSIG_VALID, "NOTZONE: the name is not in the zone"},
        {15, 0, TSIG_VALID, "an unknown code"},
    };
    const struct dns_update update = {DNS_UPDATE_ADD, "proof.example", "a.proof.example", "v", 1};
    const struct dns_update_via via = {.key = &keys[0]};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct dns_message message = {.header.flags = 0xa800,
                                      .rcode = rows[i].rcode,
                                      .has_tsig = rows[i].tsig_error != 0,
                                      .tsig.error = rows[i].tsig_error};
        const struct dns_update_said said = {"192.0.2.1@53", &message, rows[i].verdict};
        struct err err = {0};
        bool is_done = dns_update_judge(&update, &via, &said, &err);
        const char *want = arena_printf(mem,
                                        "name server 192.0.2.1@53 did not change zone "
                                        "proof.example with key update-key: %s",
                                        rows[i].want);

        ok(is_done == !rows[i].want &&
               (is_done || (err.code == ERR_DNS_UPDATE && strcmp(err.text, want) == 0)),
           "%d: %s", rows[i].rcode, err.text);
    }
    all_ok();
}

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(secret); i++)
        secret[i] = (unsigned char)i;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write),  cmocka_unit_test(test_limits),  cmocka_unit_test(test_sign),
        cmocka_unit_test(test_verify), cmocka_unit_test(test_changed), cmocka_unit_test(test_read),
        cmocka_unit_test(test_plain),  cmocka_unit_test(test_judge),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
