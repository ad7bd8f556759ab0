/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "scene.h"

/* Which names, and which address set. */
enum kind { PAIR, PAIR6, PAIR2, PAIRC, SINGLE, SINGLE6, SINGLEC, APEX, WILD, PROOF, PROVEN };

static const struct {
    const char *names[3];
    const char *ipv4, *ipv6, *cname;
    const char *delegated[2]; /* which of the names are proven in DNS */
} kinds[] = {
    [PAIR] = {{"shop.example", "www.shop.example"}, "O", "", "", {NULL}},
    [PAIR6] = {{"shop.example", "www.shop.example"}, "O", "o", "", {NULL}},
    [PAIR2] = {{"shop.example", "www.shop.example"}, "OP", "", "", {NULL}},
    [PAIRC] = {{"shop.example", "www.shop.example"}, "O", "", "cdn.mono.test", {NULL}},
    [SINGLE] = {{"a.b.shop.example"}, "O", "", "", {NULL}},
    [SINGLE6] = {{"a.b.shop.example"}, "O", "o", "", {NULL}},
    [SINGLEC] = {{"a.b.shop.example"}, "O", "", "cdn.mono.test", {NULL}},
    [APEX] = {{"shop.example"}, "O", "", "", {NULL}},
    [WILD] = {{"*.shop.example", "shop.example"}, "O", "", "", {NULL}},
    [PROOF] = {{"*.shop.example"}, "O", "", "", {"_acme-challenge.shop.example"}},
    [PROVEN] = {{"shop.example"}, "O", "", "", {"_acme-challenge.shop.example"}},
};

#define W "shop.example>"   /* www follows the apex */
#define L "0123.proof.test" /* where the claim's label is */

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-field-initializers" /* most names have no delegation */
static const struct {
    const char *label;
    enum kind kind;
    struct scene_name names[2];
    const char *want;
} rows[] = {
#include "diagnose_rows.inc"
};
#pragma GCC diagnostic pop

/* Where the scenes play: the addresses of the documentation, and none that nobody can reach. */
static const struct prefix own[] = {
    {{.octets = {192, 0, 2}}, 24},
    {{.octets = {198, 51, 100}}, 24},
    {{.octets = {203, 0, 113}}, 24},
    {{.is_v6 = true, .octets = {0x20, 0x01, 0x0d, 0xb8}}, 32},
};

static size_t parse(const char *letters, struct address *out)
{
    size_t count = 0;
    struct err err;

    for (; *letters; letters++)
        ok(address_parse(scene_address(*letters), &out[count++], &err), "address");
    return count;
}

struct scenery {
    struct arena *mem;
    struct address ipv4[4], ipv6[4];
    struct check_report report;
};

static void look(enum kind kind, const struct scene_name *scenes, struct scenery *s)
{
    const struct check_expected expected = {
        .ipv4 = s->ipv4,
        .ipv6 = s->ipv6,
        .ipv4_count = parse(kinds[kind].ipv4, s->ipv4),
        .ipv6_count = parse(kinds[kind].ipv6, s->ipv6),
        .cname = kinds[kind].cname,
    };
    struct check_names names = {.names = kinds[kind].names, .registered = "shop.example"};
    const struct check_context context = {.brand = "mono",
                                          .resolver = "127.0.0.1@53",
                                          .own = own,
                                          .own_count = ARRAY_LEN(own),
                                          .http_port = 80,
                                          .at = INT64_C(1700000000000),
                                          .retry_at = INT64_C(1700000060000)};
    static const char *const targets[] = {L, "0123.old.test"};
    struct check_delegation delegations[2] = {0};
    struct observation observations[2];

    for (; names.names[names.count]; names.count++)
        observations[names.count] =
            scene_observe(s->mem, names.names[names.count], scenes[names.count], &expected);
    for (size_t k = 0; k < 2; k++)
        delegations[k] = (struct check_delegation){kinds[kind].delegated[k], targets, 2};
    names.delegations = delegations;
    diagnose(s->mem, &names, &expected, &context, &(struct check_seen){.names = observations},
             &s->report);
}

static void play(size_t i, struct scenery *s)
{
    look(rows[i].kind, rows[i].names, s);
}

/* req: R30, R32, R34, R35, R36, A3, A4 */
static void test_rows(void **state)
{
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct scenery s = {.mem = mem};
        const char *got;

        play(i, &s);
        got = scene_report(mem, &s.report);
        if (!ok(strcmp(got, rows[i].want) == 0, "%s:", rows[i].label))
            print_error("     got: %s\nexpected: %s\n", got, rows[i].want);
    }
    all_ok();
}

/* The sentence for people, of each code at least once. */
static const struct {
    const char *label; /* of a row above */
    enum finding_code code;
    const char *detail;
} details[] = {
#include "detail_rows.inc"
};

static const struct finding *find(const struct check_report *report, enum finding_code code)
{
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct finding *f = &report->findings[i];

        if (f->code == code)
            return f;
        for (size_t k = 0; k < f->consequence_count; k++)
            if (f->consequences[k].code == code)
                return &f->consequences[k];
    }
    return NULL;
}

static size_t row_of(const char *label)
{
    size_t i = 0;

    while (i < ARRAY_LEN(rows) && strcmp(rows[i].label, label) != 0)
        i++;
    return i;
}

/* Of each code there is a sentence in tests/system/doctor-cases as well. */
static void test_details(void **state)
{
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(details); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct scenery s = {.mem = mem};
        const struct finding *f;

        if (!ok(row_of(details[i].label) < ARRAY_LEN(rows), "no row %s", details[i].label))
            continue;
        play(row_of(details[i].label), &s);
        f = find(&s.report, details[i].code);
        ok(f && strcmp(f->detail, details[i].detail) == 0, "%s: %s", details[i].label,
           f ? f->detail : "no such finding");
    }
    all_ok();
}

/* The titles that partners know, by R34 and R35: what the apex is, and what www is. */
enum state { RIGHT, ELSEWHERE, FOREIGN_AAAA, MISSING, BOGUS, HTTP_FAILS, STATE_COUNT };

static const struct scene_name apex_scenes[STATE_COUNT] = {
    [RIGHT] = {"O", "-", ""},   [ELSEWHERE] = {"F", "-", ""}, [FOREIGN_AAAA] = {"O", "f", ""},
    [MISSING] = {"!", "!", ""}, [BOGUS] = {"B", "B", ""},     [HTTP_FAILS] = {"O", "-", "w"},
};
static const struct scene_name www_scenes[STATE_COUNT] = {
    [RIGHT] = {"O", "-", ""},        [ELSEWHERE] = {"old.host>F", "old.host>-", ""},
    [FOREIGN_AAAA] = {"O", "f", ""}, [MISSING] = {"!", "!", ""},
    [BOGUS] = {"B", "B", ""},        [HTTP_FAILS] = {"O", "-", "w"},
};

#define ISSUES "www.shop.example has issues"
#define SILENT "www.shop.example did not respond to mono check"
#define APEX   "shop.example did not respond to mono check"

/* clang-format off */
static const char *const titles[STATE_COUNT][STATE_COUNT] = {
    /* www:            right   elsewhere  AAAA    missing  bogus   http */
    [RIGHT]        = {"",      SILENT,   ISSUES, SILENT,  ISSUES, SILENT},
    [ELSEWHERE]    = {ISSUES,  ISSUES,   ISSUES, ISSUES,  ISSUES, ISSUES},
    [FOREIGN_AAAA] = {ISSUES,  ISSUES,   ISSUES, ISSUES,  ISSUES, ISSUES},
    [MISSING]      = {ISSUES,  ISSUES,   ISSUES, ISSUES,  ISSUES, ISSUES},
    [BOGUS]        = {ISSUES,  ISSUES,   ISSUES, ISSUES,  ISSUES, ISSUES},
    [HTTP_FAILS]   = {APEX,    SILENT,   ISSUES, SILENT,  ISSUES, APEX},
};
/* clang-format on */

/* req: R34, R35 */
static void test_titles(void **state)
{
    (void)state;

    for (size_t i = 0; i < STATE_COUNT * STATE_COUNT; i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        size_t apex = i / STATE_COUNT, www = i % STATE_COUNT;
        const struct scene_name names[] = {apex_scenes[apex], www_scenes[www]};
        struct scenery s = {.mem = mem};

        look(PAIR, names, &s);
        ok(strcmp(s.report.title, titles[apex][www]) == 0, "apex %zu, www %zu: \"%s\"", apex, www,
           s.report.title);
    }
    all_ok();
}

/* Whatever is found survives its JSON, and what the caller asked for stands in it. */
static void test_json(void **state)
{
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct scenery s = {.mem = mem};

        play(i, &s);
        for (size_t k = 0; k < s.report.finding_count; k++) {
            json_t *json = finding_to_json(&s.report.findings[k]), *again = NULL;
            struct finding back;
            struct err err = {0};

            ok(json && finding_from_json(mem, json, &back, &err), "%s: %s", rows[i].label,
               err.text);
            again = finding_to_json(&back);
            ok(json_equal(json, again), "%s: the same again", rows[i].label);
            ok(s.report.findings[k].retry_at == INT64_C(1700000060000) &&
                   (s.report.findings[k].evidence_count == 0) ==
                       (s.report.findings[k].code == FINDING_WILDCARD_NEEDS_DNS),
               "%s: retry and evidence", rows[i].label);
            json_decref(json);
            json_decref(again);
        }
        ok(s.report.at == INT64_C(1700000000000), "%s: time", rows[i].label);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_details),
        cmocka_unit_test(test_titles),
        cmocka_unit_test(test_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
