/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/buf.h"
#include "check.h"
#include "check/vantage.h"

/*
 * What is said of a name by what was seen here and by three vantage points. A letter each:
 * . answers, r refused, t timeout, u unreachable, w another answer; of a vantage point also
 * - silent, o it is its own address that it reaches.
 */
static const struct {
    char here;
    const char *there;
    bool is_stranger, is_v6;
    const char *want; /* outcome; results; codes */
} rows[] = {
    {'.', "...", false, false, "ready; same same same;"},
    {'.', "..", false, false, "ready; same same;"},
    {'.', "", false, false, "ready;;"},
    {'.', "..-", false, false, "ready; same same silent;"},
    {'.', "---", false, false, "ready; silent silent silent;"},
    {'.', "..o", false, false, "ready; same same;"},
    {'.', "..t", false, false, "ready; same same differs; vantage_unreachable"},
    {'.', "rrr", false, false, "ready; differs differs differs; vantage_unreachable"},
    {'.', "u..", false, false, "ready; differs same same; vantage_unreachable"},
    {'.', "w..", true, false, "ready; differs same same; cdn_in_front vantage_blocked"},
    {'.', "...", true, false, "ready; same same same; cdn_in_front"},
    {'t', "...", false, false, "ready; differs differs differs; unreachable_from_here"},
    {'r', "..-", false, false, "ready; differs differs silent; unreachable_from_here"},
    {'u', "..o", false, false, "ready; differs differs; unreachable_from_here"},
    {'t', "..t", false, false, "not_ready; differs differs same; http_timeout"},
    {'t', ".--", false, false, "not_ready; differs silent silent; http_timeout"},
    {'t', ".oo", false, false, "not_ready; differs; http_timeout"},
    {'t', "---", false, false, "not_ready; silent silent silent; http_timeout"},
    {'w', "...", false, false, "not_ready; differs differs differs; http_wrong_server"},
    {'t', "rrr", false, false, "not_ready; same same same; http_timeout"},
    {'.', "uuu", false, true, "ready;;"}, /* without IPv6 */
    {'.', "t..", false, true, "ready; differs same same; vantage_unreachable"},
};

static enum probe_outcome outcome_of(char letter)
{
    switch (letter) {
    case 'r':
        return PROBE_REFUSED;
    case 't':
        return PROBE_TIMEOUT;
    case 'u':
        return PROBE_UNREACHABLE;
    case 'w':
        return PROBE_WRONG_ANSWER;
    default:
        return PROBE_OK;
    }
}

static struct address address_of(bool is_stranger, bool is_v6)
{
    struct address address;
    struct err err;

    assert_true(address_parse(is_v6         ? "2001:db8::1"
                              : is_stranger ? "203.0.113.9"
                                            : "192.0.2.1",
                              &address, &err));
    return address;
}

static struct vantage_list listen(const char *there, const struct address *address)
{
    static const char *const regions[] = {"north", "south", "east"};
    struct vantage_list list = {.count = strlen(there)};

    for (size_t i = 0; i < list.count; i++)
        list.items[i] = (struct vantage){
            .edge = "edge-1",
            .region = regions[i],
            .own = address,
            .own_count = there[i] == 'o',
            .has_answered = there[i] != '-',
            .said = {.count = 1,
                     .names = {{.name = "shop.example",
                                .probe_count = 1,
                                .probes = {{*address, outcome_of(there[i]), 0}}}}},
        };
    return list;
}

static const char *told(struct arena *mem, const struct check_report *report)
{
    json_t *vantages = check_vantages_to_json(report), *one;
    struct buf out = buf_new(mem, 1000);
    size_t i;

    buf_printf(&out, "%s;", check_outcome_name(report->outcome));
    json_array_foreach(vantages, i, one)
        buf_printf(&out, " %s", json_string_value(json_object_get(one, "result")));
    buf_str(&out, ";");
    for (i = 0; i < report->finding_count; i++)
        buf_printf(&out, " %s", finding_code_name(report->findings[i].code));
    json_decref(vantages);
    return buf_cstr(&out);
}

/* req: R32 */
static void test_what_it_comes_to(void **state)
{
    static const char *const name = "shop.example";
    const struct check_names names = {&name, 1, "shop.example", NULL};
    const struct check_context context = {.brand = "mono", .resolver = "r", .http_port = 80};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *mem = arena_new();
        const bool is_v6 = rows[i].is_v6;
        struct address address = address_of(rows[i].is_stranger, is_v6);
        struct address platform = address_of(false, is_v6);
        const struct dns_record record = {.owner = name,
                                          .text = "its address",
                                          .address = slice_of(address.octets, is_v6 ? 16 : 4)};
        const struct dns_answer there = {.query = {name, is_v6 ? DNS_TYPE_AAAA : DNS_TYPE_A},
                                         .reply = DNS_REPLY_RECORDS,
                                         .records = &record,
                                         .record_count = 1},
                                none = {.query = {name, is_v6 ? DNS_TYPE_A : DNS_TYPE_AAAA},
                                        .reply = DNS_REPLY_NODATA};
        const struct probe probe = {.address = address, .outcome = outcome_of(rows[i].here)};
        struct observation seen = {.name = name,
                                   .a = is_v6 ? none : there,
                                   .aaaa = is_v6 ? there : none,
                                   .probes = &probe,
                                   .strangers = &probe,
                                   .probe_count = !rows[i].is_stranger,
                                   .stranger_count = rows[i].is_stranger};
        const struct check_expected expected = {
            .ipv4 = &platform, .ipv6 = &platform, .ipv4_count = !is_v6, .ipv6_count = is_v6};
        const struct vantage_list list = listen(rows[i].there, &address);
        struct check_report report;
        const char *got;

        diagnose(mem, &names, &expected, &context,
                 &(struct check_seen){.names = &seen, .vantages = &list}, &report);
        got = told(mem, &report);
        ok(strcmp(got, rows[i].want) == 0, "%c and %s: %s, not %s", rows[i].here, rows[i].there,
           got, rows[i].want);
        arena_free(mem);
    }
    all_ok();
}

/* What one vantage point's own look-ups say of a name that has A 192.0.2.1 and no CAA record here:
 * replies for A, AAAA and CAA (r records, n nodata, x no such name, s SERVFAIL, t timeout), the
 * last octet of each address that was found in 192.0.2.0/24, and how each answered there (as above;
 * - not asked). */
static const struct {
    const char *replies, *found, *answered;
    uint64_t caa;     /* digest */
    const char *text; /* "": the same */
} look_ups[] = {
    {"rnn", "1", ".", 0, ""},
    {"rnx", "2", ".", 0, ""}, /* another, which answers */
    {"rnn", "12", "..", 0, ""},
    {"rnn", "7", "t", 0, ""}, /* its own */
    {"rnn", "2", "t", 0, "it leads to 192.0.2.2, which does not answer for it"},
    {"rnn", "12", ".w", 0, "it leads to 192.0.2.2, which does not answer for it"},
    {"rnn", "2", "-", 0, "it leads to 192.0.2.2, which does not answer for it"},
    {"xxx", "", "", 0, "it has no address (A nxdomain, AAAA nxdomain)"},
    {"nnn", "", "", 0, "it has no address (A nodata, AAAA nodata)"},
    {"snn", "", "", 0, "its look-ups fail (A servfail, AAAA nodata, CAA nodata)"},
    {"ttt", "", "", 0, "its look-ups fail (A timeout, AAAA timeout, CAA timeout)"},
    {"rsn", "1", ".", 0, ""}, /* that has none here either */
    {"rns", "1", ".", 0, "its look-ups fail (A records, AAAA nodata, CAA servfail)"},
    {"rnr", "1", ".", 5, "it has other CAA records"},
};

static enum dns_reply reply_of(char letter)
{
    return letter == 'r'   ? DNS_REPLY_RECORDS
           : letter == 'n' ? DNS_REPLY_NODATA
           : letter == 'x' ? DNS_REPLY_NXDOMAIN
           : letter == 's' ? DNS_REPLY_SERVFAIL
                           : DNS_REPLY_TIMEOUT;
}

static struct vantage_name looked_up(size_t row)
{
    struct vantage_name name = {.name = "shop.example",
                                .is_looked_up = true,
                                .a = reply_of(look_ups[row].replies[0]),
                                .aaaa = reply_of(look_ups[row].replies[1]),
                                .caa = reply_of(look_ups[row].replies[2]),
                                .caa_digest = look_ups[row].caa};

    for (const char *found = look_ups[row].found; *found; found++) {
        const char answered = look_ups[row].answered[name.found_count];
        const struct address address = {.octets = {192, 0, 2, (unsigned char)(*found - '0')}};

        name.found[name.found_count++] = address;
        if (answered != '-')
            name.probes[name.probe_count++] =
                (struct vantage_probe){address, outcome_of(answered), 0};
    }
    return name;
}

/* req: R32 */
static void test_look_ups(void **state)
{
    static const char *const name = "shop.example";
    static const struct address own = {.octets = {192, 0, 2, 7}};
    const struct check_names names = {&name, 1, "shop.example", NULL};
    const struct check_context context = {.brand = "mono", .resolver = "r", .http_port = 80};
    const struct address address = address_of(false, false);
    const struct probe probe = {.address = address, .outcome = PROBE_OK};
    const struct dns_record record = {
        .owner = name, .text = "192.0.2.1", .address = slice_of(address.octets, 4)};
    const struct dns_answer caa = {.query = {name, DNS_TYPE_CAA}, .reply = DNS_REPLY_NODATA};
    const struct observation seen = {
        .name = name,
        .a = {.query = {name, DNS_TYPE_A},
              .reply = DNS_REPLY_RECORDS,
              .records = &record,
              .record_count = 1},
        .aaaa = {.query = {name, DNS_TYPE_AAAA}, .reply = DNS_REPLY_NODATA},
        .caa = &caa,
        .caa_count = 1,
        .probes = &probe,
        .probe_count = 1};
    const struct check_expected expected = {.ipv4 = &address, .ipv4_count = 1};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(look_ups); i++) {
        struct arena *mem = arena_new();
        const struct vantage_list list = {
            .count = 1,
            .items = {{.edge = "edge-1",
                       .region = "north",
                       .own = &own,
                       .own_count = 1,
                       .has_answered = true,
                       .said = {.count = 1, .names = {looked_up(i)}}}}};
        const char *text =
            *look_ups[i].text ? arena_printf(mem, "shop.example: %s", look_ups[i].text) : "";
        struct check_report report;

        diagnose(mem, &names, &expected, &context,
                 &(struct check_seen){.names = &seen, .vantages = &list}, &report);
        ok(report.vantage_count == 1 && strcmp(report.vantages[0].text, text) == 0,
           "row %zu: \"%s\", not \"%s\"", i, report.vantages[0].text, text);
        ok(report.finding_count == (*text != '\0') && report.outcome == CHECK_READY &&
               (!*text || report.findings[0].code == FINDING_VANTAGE_DNS),
           "row %zu: %s", i, told(mem, &report));
        if (*text)
            ok(strstr(report.findings[0].detail, look_ups[i].text), "row %zu: %s", i,
               report.findings[0].detail);
        arena_free(mem);
    }
    all_ok();
}

#define ID    "qst_0123456789abcdefghjkmnpqrs"
#define HEAD  "{\"id\":\"" ID "\",\"until\":1790000000000,\"names\":["
#define SHOP  "{\"name\":\"shop.example\",\"probes\":["
#define PROBE "{\"address\":\"192.0.2.1\"}"
#define DNS(aaaa, found, digest)                                                                   \
    HEAD SHOP "],\"dns\":{\"a\":\"records\",\"aaaa\":\"" aaaa                                      \
              "\",\"caa\":\"nodata\",\"found\":[" found "],\"caa_digest\":\"" digest "\"}}]}"

static const struct {
    const char *text;
    bool is_answer;
    const char *fault; /* NULL: it is read, and written as it was */
} texts[] = {
    {HEAD "]}", false, NULL},
    {HEAD SHOP PROBE "]}]}", false, NULL},
    {HEAD SHOP "{\"address\":\"2001:db8::1\",\"outcome\":\"wrong_answer\",\"status\":403}]}]}",
     true, NULL},
    {DNS("nxdomain", "\"192.0.2.1\",\"2001:db8::1\"", "00000000000000ff"), true, NULL},
    {DNS("nxdomain", "", "0000000000000000"), false, "not a name with its probes"},
    {DNS("gone", "", "0000000000000000"), true, "a reply that there is not"},
    {DNS("nodata", "\"192.0.2.256\"", "0000000000000000"), true, "192.0.2.256"},
    {DNS("nodata", "5", "0000000000000000"), true, "not an address"},
    {DNS("nodata", "", "000000000000000"), true, "not a digest"},
    {DNS("nodata", "", "-000000000000000"), true, "not a digest"},
    {"", false, "not JSON"},
    {"[]", false, "not an id, a time and at most 8 names"},
    {HEAD "],\"more\":1}", false, "not an id, a time and at most 8 names"},
    {"{\"id\":\"../../x\",\"until\":1,\"names\":[]}", false, "not an id"},
    {HEAD "{\"name\":\"Shop.example\",\"probes\":[]}]}", false, "not a host name"},
    {HEAD "{\"name\":\"*.shop.example\",\"probes\":[]}]}", false, "not a host name"},
    {HEAD "{\"name\":\"shop.example/x\",\"probes\":[]}]}", false, "not a host name"},
    {HEAD SHOP "{\"address\":\"192.0.2.1:22\"}]}]}", false, "192.0.2.1:22"},
    {HEAD SHOP PROBE "]}]}", true, "not an address"},
    {HEAD SHOP "{\"address\":\"192.0.2.1\",\"outcome\":\"fine\",\"status\":1}]}]}", true,
     "an outcome that there is not"},
    {HEAD SHOP "{\"address\":\"192.0.2.1\",\"outcome\":\"ok\",\"status\":1000}]}]}", true,
     "a status that there is not"},
};

static void test_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct arena *mem = arena_new();
        struct vantage_view view;
        struct err err = {0};
        bool is_read = vantage_read(mem, slice_str(texts[i].text), texts[i].is_answer, &view, &err);

        if (is_read) {
            json_t *json = vantage_to_json(&view, texts[i].is_answer);
            char *again = json_dumps(json, JSON_COMPACT);

            ok(!texts[i].fault && strcmp(again, texts[i].text) == 0, "%s became %s", texts[i].text,
               again);
            free(again);
            json_decref(json);
        } else {
            ok(texts[i].fault && strstr(err.text, texts[i].fault), "%s: %s", texts[i].text,
               err.text);
        }
        arena_free(mem);
    }
    all_ok();
}

/* At most 8 names with 8 addresses each. */
static void test_limits(void **state)
{
    (void)state;
    for (size_t names = VANTAGE_NAMES_MAX; names <= VANTAGE_NAMES_MAX + 1; names++)
        for (size_t probes = VANTAGE_ADDRESSES_MAX; probes <= VANTAGE_ADDRESSES_MAX + 1; probes++) {
            struct arena *mem = arena_new();
            struct buf out = buf_new(mem, VANTAGE_TEXT_MAX);
            struct vantage_view view;
            struct err err;
            bool is_read;

            buf_str(&out, HEAD);
            for (size_t i = 0; i < names; i++) {
                buf_str(&out, i ? "," SHOP : SHOP);
                for (size_t k = 0; k < probes; k++)
                    buf_str(&out, k ? "," PROBE : PROBE);
                buf_str(&out, "]}");
            }
            buf_str(&out, "]}");
            is_read = vantage_read(mem, buf_view(&out), false, &view, &err);
            ok(is_read == (names == VANTAGE_NAMES_MAX && probes == VANTAGE_ADDRESSES_MAX),
               "%zu names with %zu", names, probes);
            arena_free(mem);
        }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_it_comes_to),
        cmocka_unit_test(test_look_ups),
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
