/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "check.h"
#include "check/registration.h"
#include "check/rules.h"

#define HEAD "{\"objectClassName\":\"domain\",\"ldhName\":\"shop.example\""

/* An answer about shop.example, and what is understood: "registered", states and the day of expiry,
 * or the reason why it is not. */
static const struct {
    const char *body, *read;
} answers[] = {
    {HEAD "}", "registered"},
    {"{\"objectClassName\":\"domain\",\"ldhName\":\"SHOP.Example.\"}", "registered"},
    {HEAD ",\"status\":[\"active\",\"client hold\"]}", "registered clientHold"},
    {HEAD ",\"status\":[\"Server Hold\",\"redemption period\",\"pending delete\"]}",
     "registered serverHold redemptionPeriod pendingDelete"},
    {HEAD ",\"status\":[\"clientHold\",null,7,[\"client hold\"]]}", "registered"},
    {HEAD ",\"status\":\"client hold\"}", "registered"},
    {HEAD ",\"events\":[{\"eventAction\":\"expiration\",\"eventDate\":\"2027-03-04T05:06:07Z\"}]}",
     "registered 2027-03-04T05:06:07.000Z"},
    {HEAD ",\"events\":[{\"eventAction\":\"registration\",\"eventDate\":\"2027-03-04T05:06:07Z\"},"
          "{\"eventAction\":\"registrar expiration\",\"eventDate\":\"2026-03-04T05:06:07Z\"}]}",
     "registered"},
    {HEAD
     ",\"events\":[{\"eventAction\":\"expiration\",\"eventDate\":\"2027-03-04T02:06:07.5-03:00\"},"
     "{\"eventAction\":\"expiration\",\"eventDate\":\"2026-03-04T05:06:07Z\"},"
     "{\"eventAction\":\"expiration\",\"eventDate\":\"soon\"},{},3]}",
     "registered 2027-03-04T05:06:07.500Z"},
    {HEAD ",\"status\":[\"client hold\"],\"status\":[]}", "what came is not JSON, or too long"},
    {"{\"objectClassName\":\"domain\",\"ldhName\":\"shop.example.net\"}",
     "what came is about shop.example.net, not shop.example"},
    {"{\"objectClassName\":\"domain\",\"ldhName\":\"shop.exampl\"}",
     "what came is about shop.exampl, not shop.example"},
    {"{\"objectClassName\":\"domain\"}", "what came is about , not shop.example"},
    {"{\"objectClassName\":\"entity\",\"ldhName\":\"shop.example\"}",
     "what came is not RDAP about a domain"},
    {"[" HEAD "}]", "what came is not RDAP about a domain"},
    {"<html>", "what came is not JSON, or too long"},
    {"", "what came is not JSON, or too long"},
    {HEAD "} and more", "what came is not JSON, or too long"},
};

static const char *describe(struct arena *mem, const struct registration *said)
{
    const char *text = said->is_known && said->is_registered ? "registered" : "?";
    char at[CLOCK_TEXT_SIZE];

    for (size_t i = 0; i < REGISTRATION_STATE_COUNT; i++)
        if (said->is_in_state[i])
            text = arena_printf(mem, "%s %s", text, registration_state_name(i));
    return said->expires_at ? arena_printf(mem, "%s %s", text, clock_text(said->expires_at, at))
                            : text;
}

static void test_answers(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();

    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        struct registration said = {.seen_at = 1};
        struct err err = {0};
        bool is_read = registration_read(slice_str(answers[i].body), "shop.example", &said, &err);
        const char *got = is_read ? describe(mem, &said) : err.text;

        ok(strcmp(got, answers[i].read) == 0, "%s: %s", answers[i].body, got);
        ok(is_read || said.seen_at == 1, "%s: touched", answers[i].body);
    }
    all_ok();
}

/* A body of exactly the size that is read, and one more. */
static void test_size(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    char *text = arena_alloc(mem, REGISTRATION_BODY_MAX + 2);
    struct registration said;
    struct err err;

    memset(text, ' ', REGISTRATION_BODY_MAX + 1);
    memcpy(text, HEAD "}", strlen(HEAD "}"));
    ok(registration_read(slice_of(text, REGISTRATION_BODY_MAX), "shop.example", &said, &err),
       "max");
    ok(!registration_read(slice_of(text, REGISTRATION_BODY_MAX + 1), "shop.example", &said, &err),
       "more");
    all_ok();
}

static const struct {
    const char *body;
    bool is_absence;
} absences[] = {
    {"", true},        {"{\"errorCode\":404,\"title\":\"none\"}", true},
    {"<html>", false}, {"{\"errorCode\":400}", false},
    {"[404]", false},  {"{\"errorCode\":\"404\"}", false},
    {"{}", false},
};

static void test_absences(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(absences); i++)
        ok(registration_is_absence(slice_str(absences[i].body)) == absences[i].is_absence, "%s",
           absences[i].body);
    all_ok();
}

#define SERVICES                                                                                   \
    "{\"version\":\"1.0\",\"services\":[[[\"com\",\"NET\"],[\"https://com.example/v1/\"]],"        \
    "[[\"uk\"],[\"http://uk.example/\",\"https://uk.example/\"]],"                                 \
    "[[\"co.uk\"],[\"https://co.example\"]],[[\"old\"],[\"http://old.example/\"]],"                \
    "[[\"xn--p1ai\"],[]],[[7,\"\"],[\"https://seven.example/\"]]]}"

static const struct {
    const char *name, *server;
} servers[] = {
    {"shop.com", "https://com.example/v1/"},
    {"shop.net", "https://com.example/v1/"},
    {"shop.uk", "https://uk.example/"},
    {"shop.co.uk", "https://co.example"},
    {"xco.uk", "https://uk.example/"},
    {"shop.telecom", NULL},
    {"shop.old", NULL},
    {"a.xn--p1ai", NULL},
    {"shop.org", NULL},
    {"com", "https://com.example/v1/"},
};

static void test_servers(void **state)
{
    (void)state;
    json_t *services = NULL;
    struct err err = {0};

    if (!registration_services(slice_str(SERVICES), &services, &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < ARRAY_LEN(servers); i++) {
        const char *got = registration_server(services, servers[i].name);

        ok(got && servers[i].server ? strcmp(got, servers[i].server) == 0
                                    : got == servers[i].server,
           "%s: %s", servers[i].name, got ? got : "none");
    }
    json_decref(services);
    all_ok();
}

static const char *const bad_files[] = {
    "",
    "[]",
    "{\"services\":[]}",
    "{\"services\":{}}",
    "{\"services\":[[[\"com\"]]]}",
    "{\"services\":[[\"com\",\"https://com.example/\"]]}",
    "{\"services\":[[[\"com\"],[]], 3]}",
};

static void test_bad_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_files); i++) {
        json_t *services = NULL;
        struct err err = {0};

        ok(!registration_services(slice_str(bad_files[i]), &services, &err) && !services &&
               err.code == ERR_CONFIG &&
               strcmp(err.text, "this is no list of RDAP servers as IANA has it (RFC 9224)") == 0,
           "%s: %s", bad_files[i], err.text);
    }
    all_ok();
}

/* ---- what is told of a domain that is in DNS ---- */

#define DAY INT64_C(86400000)
#define NOW INT64_C(1700000000000) /* 2023-11-14T22:13:20Z */

/* In days from now; 0: not told, not known. */
static const struct {
    const char *label;
    int64_t expires, needed;
    const char *severity, *detail;
} ends[] = {
    {"not told", 0, 400, NULL, NULL},
    {"long enough", 401, 400, NULL, NULL},
    {"to the day", 400, 400, NULL, NULL},
    {"nobody needs it", 31, 0, NULL, NULL},
    {"soon", 30, 0, "warning",
     "The registration of shop.example ends on 2023-12-14. Unless it is renewed at the registrar, "
     "the "
     "domain and its certificate stop working then."},
    {"before the subscription", 31, 400, "advice",
     "The registration of shop.example ends on 2023-12-15, and the subscription on 2024-12-18. "
     "Unless "
     "it is renewed at the registrar, the domain and its certificate stop working then."},
    {"both", 1, 400, "warning",
     "The registration of shop.example ends on 2023-11-15, and the subscription on 2024-12-18. "
     "Unless "
     "it is renewed at the registrar, the domain and its certificate stop working then."},
};

static void test_ends(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        const struct check_names names = {.registered = "shop.example"};
        const struct check_context context = {
            .at = NOW, .needed_until = ends[i].needed ? NOW + ends[i].needed * DAY : 0};
        const struct registration_seen seen = {
            .said = {.is_known = true,
                     .is_registered = true,
                     .expires_at = ends[i].expires ? NOW + ends[i].expires * DAY : 0},
            .is_in_dns = true};
        const struct facts facts = {.names = &names, .context = &context, .registration = &seen};
        struct finding finding = {0};
        bool is_told = registration_finding(mem, &facts, &finding);

        ok(is_told == (ends[i].severity != NULL), "%s", ends[i].label);
        ok(!is_told || (strcmp(finding_severity_name(finding.severity), ends[i].severity) == 0 &&
                        strcmp(finding.detail, ends[i].detail) == 0),
           "%s: %s", ends[i].label, is_told ? finding.detail : "");
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),   cmocka_unit_test(test_size),
        cmocka_unit_test(test_absences),  cmocka_unit_test(test_servers),
        cmocka_unit_test(test_bad_files), cmocka_unit_test(test_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
