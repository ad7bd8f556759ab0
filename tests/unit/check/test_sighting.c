/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "check/sighting.h"

#define RECORD(type, value)                                                                        \
    {                                                                                              \
        DNS_TYPE_##type, "shop.example", 60, .text = (value)                                       \
    }
#define ANSWER(type, list)                                                                         \
    {                                                                                              \
        .query = {"shop.example", DNS_TYPE_##type}, .reply = DNS_REPLY_RECORDS, .records = (list), \
        .record_count = ARRAY_LEN(list)                                                            \
    }
#define NOTHING(type, how)                                                                         \
    {                                                                                              \
        .query = {"shop.example", DNS_TYPE_##type}, .reply = DNS_REPLY_##how                       \
    }

static void expect(const struct observation *seen, const char *text)
{
    struct arena *mem = arena_new();
    const char *got = sighting_text(mem, seen);

    ok(strcmp(got, text) == 0, "%s, not %s", got, text);
    arena_free(mem);
}

static void test_records(void **state)
{
    static const struct dns_record one[] = {RECORD(A, "192.0.2.2"), RECORD(A, "192.0.2.1")};
    static const struct dns_record two[] = {RECORD(A, "192.0.2.1"), RECORD(A, "192.0.2.2")};
    static const struct dns_record caa[] = {RECORD(CAA, "0 issue \"other.example\"")};
    static const struct dns_record chain[] = {
        {.type = DNS_TYPE_CNAME, .owner = "www.shop.example", .name = "shop.example"}};
    const struct dns_answer levels[] = {NOTHING(CAA, NODATA), ANSWER(CAA, caa), ANSWER(CAA, caa)};
    struct observation seen = {.a = ANSWER(A, one), .aaaa = NOTHING(AAAA, NODATA)};
    (void)state;

    expect(&seen, "{\"answered\":[],\"records\":[\"A 192.0.2.1\",\"A 192.0.2.2\"]}");
    seen.a.records = two;
    expect(&seen, "{\"answered\":[],\"records\":[\"A 192.0.2.1\",\"A 192.0.2.2\"]}");
    seen.a.chain = chain;
    seen.a.chain_count = 1;
    seen.a.record_count = 1;
    seen.caa = levels;
    seen.caa_count = ARRAY_LEN(levels);
    expect(&seen, "{\"answered\":[],\"records\":[\"A 192.0.2.1\","
                  "\"CAA 0 issue \\\"other.example\\\"\",\"CNAME shop.example\"]}");
    seen = (struct observation){.a = NOTHING(A, TIMEOUT), .aaaa = NOTHING(AAAA, NXDOMAIN)};
    expect(&seen, "{\"answered\":[],\"records\":[\"A: timeout\",\"AAAA: nxdomain\"]}");
    all_ok();
}

static void test_answered(void **state)
{
    const struct probe ours[] = {
        {.address = {.octets = {192, 0, 2, 1}}, .outcome = PROBE_OK, .text = "token 1234"}};
    const struct probe strangers[] = {
        {.address = {.octets = {203, 0, 113, 9}},
         .outcome = PROBE_WRONG_ANSWER,
         .text = "what the page said",
         .who = {ANSWERER_PARKING, "a parking page of Sedo"}},
        {.address = {.octets = {203, 0, 113, 8}}, .outcome = PROBE_TIMEOUT}};
    struct observation seen = {.a = NOTHING(A, NODATA), .aaaa = NOTHING(AAAA, NODATA)};
    (void)state;

    seen.probes = ours;
    seen.probe_count = ARRAY_LEN(ours);
    seen.strangers = strangers;
    seen.stranger_count = ARRAY_LEN(strangers);
    expect(&seen, "{\"answered\":[\"192.0.2.1: ok\",\"203.0.113.8: timeout\","
                  "\"203.0.113.9: wrong_answer, a parking page of Sedo\"],\"records\":[]}");
    all_ok();
}

/* A stranger's zone may be as large as it likes. */
static void test_bounds(void **state)
{
    static struct dns_record many[SIGHTING_RECORDS_MAX + 2];
    static char text[SIGHTING_TEXT_MAX + 2];
    struct observation seen = {.a = ANSWER(A, many), .aaaa = NOTHING(AAAA, NODATA)};
    struct arena *mem = arena_new();
    const char *got;
    (void)state;

    memset(text, 'x', sizeof(text) - 1);
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        many[i] = (struct dns_record)RECORD(A, text);
    got = sighting_text(mem, &seen);
    ok(strstr(got, "\"and 2 more\"]}") != NULL, "the rest is counted: %s", got + strlen(got) - 40);
    ok(strlen(got) < (SIGHTING_RECORDS_MAX + 2) * (SIGHTING_TEXT_MAX + 8), "%zu octets",
       strlen(got));
    seen.a.record_count = SIGHTING_RECORDS_MAX;
    ok(!strstr(sighting_text(mem, &seen), "more"), "as many as there is room for");
    arena_free(mem);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_answered),
        cmocka_unit_test(test_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
