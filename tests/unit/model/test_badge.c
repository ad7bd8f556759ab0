/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "check.h"
#include "model/badge.h"

#define NOW INT64_C(1000000000000)
#define DAY INT64_C(86400000)

#define LIVE(t, days) .is_live = true, .trust = TRUST_##t, .not_after_at = NOW + (days)*DAY
#define AT(s)         .has_issuance = true, .issuance = ISSUANCE_##s

static const struct {
    const char *text; /* of the badge */
    struct badge_facts facts;
} cases[] = {
    {"Not secured", {0}},
    {"Not secured", {AT(FAILED)}},
    {"Not secured", {LIVE(STORE, 0)}},
    {"Setting up", {AT(WAITING_DNS)}},
    {"Action needed (owner)", {AT(WAITING_DNS), .who_acts = WHO_OWNER}},
    {"Action needed (partner)", {AT(WAITING_DNS), .who_acts = WHO_PARTNER}},
    {"Setting up", {AT(ADMITTED), .who_acts = WHO_OWNER}},
    {"Setting up", {AT(DEPLOYING)}},
    {"Action needed (operator)", {AT(DEPLOYING), .is_without_edge = true}},
    {"Action needed (operator)", {AT(PUBLISHING), .is_without_edge = true}},
    {"Setting up", {AT(VALIDATING), .is_without_edge = true}},
    {"Not secured", {.is_without_edge = true}},
    {"Action needed (operator)", {LIVE(STORE, 60), .is_without_edge = true}},
    {"Action needed (operator)", {AT(PARKED)}},
    {"Action needed (owner)", {AT(PARKED), .who_acts = WHO_OWNER}},
    {"Secured", {LIVE(STORE, 60)}},
    {"Secured", {LIVE(STORE, 60), AT(VALIDATING)}},
    {"Action needed (owner)", {LIVE(STORE, 60), .left_out = WHO_OWNER}},
    {"At risk (60 days)", {LIVE(STORE, 60), .left_out = WHO_OWNER, .is_renewal_failing = true}},
    {"Test certificate", {LIVE(SANDBOX, 60), .left_out = WHO_OWNER}},
    {"Test certificate", {LIVE(SANDBOX, 60)}},
    {"Test certificate", {LIVE(SANDBOX, 60), .is_renewal_failing = true}},
    {"Action needed (operator)", {LIVE(OTHER, 60)}},
    {"At risk (12 days)", {LIVE(STORE, 12), .is_renewal_failing = true}},
    {"At risk (1 day)", {LIVE(STORE, 1), .is_renewal_failing = true}},
    {"Setting up", {LIVE(STORE, -1), AT(VALIDATING)}},
    {"Setting up", {LIVE(STORE, 60), .is_later_shown = true}},
    {"Setting up", {LIVE(SANDBOX, -1), .is_later_shown = true}},
    {"Setting up", {LIVE(STORE, 60), AT(VALIDATING), .is_later_shown = true}},
    {"Action needed (owner)",
     {LIVE(STORE, 60), AT(PARKED), .who_acts = WHO_OWNER, .is_later_shown = true}},
    {"Action needed (operator)", {LIVE(STORE, 60), AT(PARKED), .is_later_shown = true}},
    {"Action needed (operator)",
     {LIVE(STORE, 60), .is_without_edge = true, .is_later_shown = true}},
    {"Not secured", {.is_later_shown = true}},
};

static void test_badges(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct badge badge = badge_of(&cases[i].facts, NOW);
        const char *text = badge_text(mem, &badge);

        ok(strcmp(text, cases[i].text) == 0, "row %zu: \"%s\", wanted \"%s\"", i, text,
           cases[i].text);
        ok((badge.kind == BADGE_ACTION_NEEDED || badge.kind == BADGE_AT_RISK) ==
               (badge.who_acts != WHO_NOBODY),
           "row %zu: who is asked", i);
    }
    all_ok();
}

static void test_names(void **state)
{
    (void)state;
    for (int i = 0; i < BADGE_COUNT; i++) {
        enum badge_kind back;

        ok(badge_parse(badge_name((enum badge_kind)i), &back) && (int)back == i, "%s",
           badge_name((enum badge_kind)i));
        ok(badge_rank((enum badge_kind)i) > 0, "%s has a rank", badge_name((enum badge_kind)i));
    }
    for (int i = 0; i < TRUST_COUNT; i++) {
        enum trust back;

        ok(trust_parse(trust_name((enum trust)i), &back) && (int)back == i, "%s",
           trust_name((enum trust)i));
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_badges),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
