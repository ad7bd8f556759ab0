/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "check/report.h"

static void test_catalogue(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct finding_words words = {.subject = "s",
                                        .www = "w",
                                        .brand = "b",
                                        .found = "f",
                                        .expected = "e",
                                        .other = "o",
                                        .why = "y"};

    for (int i = 0; i < FINDING_CODE_COUNT; i++) {
        enum finding_code code = (enum finding_code)i, back = FINDING_CODE_COUNT;
        struct finding f = {0};

        finding_set(mem, &f, code, &words);
        ok(finding_code_parse(finding_code_name(code), &back) && back == code, "%s: name",
           finding_code_name(code));
        ok(f.title[0] && f.detail[0] && !strpbrk(f.title, "{}") && !strpbrk(f.detail, "{}"),
           "%s: \"%s\" \"%s\"", finding_code_name(code), f.title, f.detail);
        ok(f.detail[strlen(f.detail) - 1] == '.' && f.title[strlen(f.title) - 1] != '.',
           "%s: a sentence below a title", finding_code_name(code));
        ok((f.who_acts == WHO_NOBODY) <= (f.severity == FINDING_WARNING),
           "%s: an error that nobody acts on", finding_code_name(code));
        ok(strcmp(f.docs, arena_printf(mem, "checks#%s", finding_code_name(code))) == 0, "docs");
    }
    ok(!finding_code_parse("no_such_code", &(enum finding_code){0}), "an unknown code");
    ok(!finding_severity_parse("fatal", &(enum finding_severity){0}), "an unknown severity");
    all_ok();
}

static const struct {
    const char *wording, *text;
} fills[] = {
    {"{subject} and {www}", "shop.example and www.shop.example"},
    {"no word at all", "no word at all"},
    {"{brand}{why}!", "Mono!"},
    {"{nonsense}.", "."},
    {"{subject", "{subject"},
    {"a } b", "a } b"},
    {FINDING_HAS_ISSUES, "www.shop.example has issues"},
    {FINDING_NO_RESPONSE, "shop.example did not respond to Mono check"},
};

static void test_fill(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct finding_words words = {
        .subject = "shop.example", .www = "www.shop.example", .brand = "Mono"};

    for (size_t i = 0; i < ARRAY_LEN(fills); i++)
        ok(strcmp(finding_fill(mem, fills[i].wording, &words), fills[i].text) == 0, "%s: %s",
           fills[i].wording, finding_fill(mem, fills[i].wording, &words));
    all_ok();
}

static struct finding rich(struct arena *mem)
{
    struct finding f = {.retry_at = INT64_C(1700000000123),
                        .instructions = "Leave it empty.",
                        .ca_problem =
                            "{\"type\":\"urn:ietf:params:acme:error:caa\",\"status\":403}"};
    struct finding *folded = arena_new_of(mem, struct finding);

    finding_set(mem, &f, FINDING_WRONG_ADDRESS,
                &(struct finding_words){.title = FINDING_HAS_ISSUES,
                                        .subject = "shop.example",
                                        .www = "www.shop.example",
                                        .found = "A 203.0.113.9",
                                        .expected = "A 198.51.100.1"});
    finding_add_found(mem, &f, (struct finding_record){"A", "shop.example", "203.0.113.9", 300});
    finding_add_expected(mem, &f, (struct finding_record){"A", "shop.example", "198.51.100.1", -1});
    finding_add_action(mem, &f,
                       (struct finding_action){FINDING_REPLACE, "A", "@", "shop.example",
                                               "198.51.100.1", 3600, "", "198.51.100.1"});
    finding_add_evidence(mem, &f,
                         (struct finding_evidence){"127.0.0.1@53", "NOERROR", "203.0.113.9", 300});
    finding_set(mem, folded, FINDING_FOLLOWS_BAD_NAME,
                &(struct finding_words){
                    .subject = "www.shop.example", .brand = "mono", .other = "shop.example"});
    f.consequences = folded;
    f.consequence_count = 1;
    return f;
}

/* The shape that API, pages and mails rely on, octet for octet. */
static const char expected_json[] =
    "{\"actions\":[{\"form_host\":\"\",\"form_value\":\"198.51.100.1\",\"fqdn\":\"shop.example\","
    "\"name\":\"@\",\"op\":\"replace\",\"ttl\":3600,"
    "\"type\":\"A\",\"value\":\"198.51.100.1\"}],\"auto_retry\":true,"
    "\"ca_problem\":{\"status\":403,\"type\":\"urn:ietf:params:acme:error:caa\"},"
    "\"code\":\"wrong_address\",\"consequences\":[{\"actions\":[],\"auto_retry\":false,"
    "\"ca_problem\":null,\"code\":\"follows_bad_name\",\"consequences\":[],"
    "\"detail\":\"www.shop.example is a CNAME of shop.example: it is right as soon as "
    "shop.example is.\",\"docs\":\"checks#follows_bad_name\",\"evidence\":[],\"expected\":[],"
    "\"found\":[],\"instructions\":null,\"retry_at\":null,\"severity\":\"error\",\"subject\":\"www."
    "shop.example\","
    "\"title\":\"www.shop.example did not respond to mono check\",\"who_acts\":\"owner\"}],"
    "\"detail\":\"shop.example points elsewhere: it has A 203.0.113.9, and must have A "
    "198.51.100.1.\",\"docs\":\"checks#wrong_address\",\"evidence\":[{\"answer\":\"203.0.113.9\","
    "\"rcode\":\"NOERROR\",\"resolver\":\"127.0.0.1@53\",\"ttl\":300}],"
    "\"expected\":[{\"name\":\"shop.example\",\"ttl\":null,\"type\":\"A\","
    "\"value\":\"198.51.100.1\"}],\"found\":[{\"name\":\"shop.example\",\"ttl\":300,"
    "\"type\":\"A\",\"value\":\"203.0.113.9\"}],"
    "\"instructions\":\"Leave it empty.\",\"retry_at\":\"2023-11-14T22:13:20.123Z\","
    "\"severity\":\"error\",\"subject\":\"shop.example\","
    "\"title\":\"www.shop.example has issues\",\"who_acts\":\"owner\"}";

static void free_text(char **text)
{
    free(*text);
}

static void test_json(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct finding f = rich(mem), back;
    json_t *json = finding_to_json(&f), *again;
    AUTO(free_text) char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    struct err err = {0};

    ok(strcmp(text, expected_json) == 0, "%s", text);
    ok(finding_from_json(mem, json, &back, &err), "%s", err.text);
    again = finding_to_json(&back);
    ok(json_equal(json, again) && back.retry_at == f.retry_at &&
           back.actions[0].op == FINDING_REPLACE && back.expected[0].ttl == -1,
       "back again");
    json_decref(json);
    json_decref(again);
    all_ok();
}

/* One thing changed in the JSON above. */
static const struct {
    const char *key, *value; /* value NULL: the key taken away */
    const char *text;
} broken[] = {
    {"code", NULL, "finding: \"code\" is not a text"},
    {"code", "\"nonsense\"", "finding: code \"nonsense\" is not known"},
    {"severity", "\"fatal\"", "finding: severity \"fatal\" is not known"},
    {"severity", "1", "finding: \"severity\" is not a text"},
    {"who_acts", "\"me\"", "finding: who_acts \"me\" is not known"},
    {"title", NULL, "finding: \"title\" is not a text"},
    {"found", NULL, "finding: \"found\" is not a list of at most 32"},
    {"found", "[{}]", "finding: \"type\" is not a text"},
    {"actions", "[{\"op\":\"wipe\",\"type\":\"A\",\"name\":\"@\",\"fqdn\":\"a\",\"value\":\"b\"}]",
     "finding: op \"wipe\" is not known"},
    {"evidence", "[{\"resolver\":\"a\",\"rcode\":\"b\",\"answer\":\"c\",\"ttl\":\"x\"}]",
     "finding: \"ttl\" is not a number"},
    {"actions",
     "[{\"op\":\"add\",\"type\":\"A\",\"name\":\"@\",\"fqdn\":\"a\",\"value\":\"b\",\"form_host\":"
     "1}]",
     "finding: \"form_host\" is not a text"},
    {"instructions", "[]", "finding: \"instructions\" is not a text"},
    {"retry_at", "\"soon\"", "\"soon\" is not an RFC 3339 time"},
    {"consequences", "[{\"consequences\":[{}]}]", "finding: consequences of a consequence"},
};

static void test_broken_json(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();

    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        json_t *json = json_loads(expected_json, 0, NULL);
        struct finding out = {.subject = "untouched"};
        struct err err = {0};

        if (broken[i].value)
            json_object_set_new(json, broken[i].key,
                                json_loads(broken[i].value, JSON_DECODE_ANY, NULL));
        else
            json_object_del(json, broken[i].key);
        ok(!finding_from_json(mem, json, &out, &err) && err.code == ERR_BAD_INPUT &&
               strcmp(err.text, broken[i].text) == 0 && strcmp(out.subject, "untouched") == 0,
           "%s: \"%s\"", broken[i].key, err.text);
        json_decref(json);
    }
    all_ok();
}

/* As it was stored before forms were told. */
static void test_older_json(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    json_t *json = json_loads(expected_json, 0, NULL);
    json_t *action = json_array_get(json_object_get(json, "actions"), 0);
    struct finding out = {.instructions = "there was one"};
    struct err err = {0};

    json_object_del(json, "instructions");
    json_object_del(action, "form_host");
    json_object_del(action, "form_value");
    ok(finding_from_json(mem, json, &out, &err), "%s", err.text);
    ok(!out.instructions && !out.actions[0].form_host && !out.actions[0].form_value, "none");
    json_decref(json);
    all_ok();
}

static void test_list_limit(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct finding f = {0};

    for (int i = 0; i < FINDING_LIST_MAX + 1; i++) {
        finding_add_found(mem, &f,
                          (struct finding_record){"A", "n", arena_printf(mem, "%d", i), 1});
        finding_add_expected(mem, &f, (struct finding_record){"A", "n", "v", 1});
        finding_add_action(mem, &f,
                           (struct finding_action){FINDING_ADD, "A", "n", "n", "v", 1, NULL, NULL});
        finding_add_evidence(mem, &f, (struct finding_evidence){"r", "c", "a", 1});
        ok(f.found_count == (size_t)(i < FINDING_LIST_MAX ? i + 1 : FINDING_LIST_MAX), "%d", i);
    }
    ok(f.expected_count == FINDING_LIST_MAX && f.action_count == FINDING_LIST_MAX &&
           f.evidence_count == FINDING_LIST_MAX &&
           strcmp(f.found[FINDING_LIST_MAX - 1].value, "31") == 0,
       "what is more is left out");
    all_ok();
}

static void test_report_json(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct finding f = rich(mem);
    const struct provider provider = {.name = "Mono DNS",
                                      .host = PROVIDER_HOST_AT,
                                      .target = PROVIDER_TARGET_DOT,
                                      .apex_alias = "",
                                      .note = "So.",
                                      .source = "https://mono.example/dns"};
    const struct check_report report = {
        .at = INT64_C(1700000000000),
        .took_ms = 12,
        .title = f.title,
        .outcome = CHECK_NOT_READY,
        .names = {{"shop.example", DNS_WRONG_TARGET, &f}},
        .name_count = 1,
        .findings = &f,
        .finding_count = 1,
        .records = f.actions,
        .record_count = 1,
        .instructions = "As it says.",
        .remembered_s = 300,
        .provider = &provider,
        .registration = {.is_known = true,
                         .is_registered = true,
                         .is_in_state = {[REGISTRATION_CLIENT_HOLD] = true},
                         .expires_at = INT64_C(1800000000000),
                         .seen_at = INT64_C(1700000000000)},
        .vantages = {{"edge-1", "north", CHECK_VANTAGE_DIFFERS, "no way"}},
        .vantage_count = 1,
    };
    json_t *json = check_report_to_json(&report), *list = check_findings_to_json(&report);

    json_object_del(json, "findings");
    AUTO(free_text) char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    ok(strcmp(text, "{\"at\":\"2023-11-14T22:13:20.000Z\",\"instructions\":\"As it "
                    "says.\",\"names\":[{\"name\":\"shop.example\","
                    "\"verdict\":\"wrong_target\"}],\"outcome\":\"not_ready\","
                    "\"provider\":{\"apex_alias\":\"\",\"host\":\"at\",\"menu\":null,\"name\":"
                    "\"Mono DNS\",\"note\":\"So.\",\"source\":\"https://mono.example/dns\","
                    "\"target\":\"dot\"},\"records\":[{"
                    "\"form_host\":\"\",\"form_value\":\"198.51.100.1\",\"fqdn\":\"shop.example\","
                    "\"name\":\"@\",\"op\":\"replace\",\"ttl\":3600,"
                    "\"type\":\"A\",\"value\":\"198.51.100.1\"}],"
                    "\"registration\":{\"expires_at\":\"2027-01-15T08:00:00.000Z\","
                    "\"is_registered\":true,\"seen_at\":\"2023-11-14T22:13:20.000Z\","
                    "\"states\":[\"clientHold\"]},\"remembered_s\":300,\"title\":"
                    "\"www.shop.example has issues\",\"took_ms\":12,\"vantages\":[{\"edge\":"
                    "\"edge-1\",\"region\":\"north\",\"result\":\"differs\",\"text\":"
                    "\"no way\"}]}") == 0,
       "%s", text);
    ok(json_array_size(list) == 1, "findings");
    json_decref(json);
    json_decref(list);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_catalogue),   cmocka_unit_test(test_fill),
        cmocka_unit_test(test_json),        cmocka_unit_test(test_broken_json),
        cmocka_unit_test(test_list_limit),  cmocka_unit_test(test_older_json),
        cmocka_unit_test(test_report_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
