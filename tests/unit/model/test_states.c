/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "check.h"
#include "model/dns_verdict.h"
#include "model/issuance_state.h"
#include "model/order_state.h"
#include "model/subscription_state.h"
#include "model/who_acts.h"

/* The proof of one table of steps; `machine` is its prefix. */
#define DEFINE_TABLE_TEST(fn, machine, states, first)                                              \
    static void fn(void **state)                                                                   \
    {                                                                                              \
        (void)state;                                                                               \
        bool reached[states] = {[first] = true}, left[states] = {false};                           \
        size_t count;                                                                              \
        const struct machine##_step *steps = machine##_steps(&count);                              \
                                                                                                   \
        for (size_t i = 0; i < count; i++) {                                                       \
            const struct machine##_step *s = &steps[i];                                            \
                                                                                                   \
            ok(machine##_step(s->from, s->on) == s, "%s + %s is written once",                     \
               machine##_state_name(s->from), machine##_event_name(s->on));                        \
            ok(strlen(s->why) > 0 && s->why[strlen(s->why) - 1] != '.', "%s + %s: \"%s\"",         \
               machine##_state_name(s->from), machine##_event_name(s->on), s->why);                \
            reached[s->to] = true;                                                                 \
            left[s->from] = left[s->from] || s->to != s->from;                                     \
        }                                                                                          \
        for (int i = 0; i < (states); i++) {                                                       \
            enum machine##_state s = (enum machine##_state)i, back;                                \
            const char *name = machine##_state_name(s);                                            \
                                                                                                   \
            ok(machine##_state_parse(name, &back) && back == s, "%s reads back", name);            \
            ok(reached[s], "%s can be reached", name);                                             \
            ok(left[s] == !machine##_state_is_final(s), "%s can be left, unless final", name);     \
        }                                                                                          \
        all_ok();                                                                                  \
    }

DEFINE_TABLE_TEST(test_order, order, ORDER_STATE_COUNT, ORDER_DRAFT)
DEFINE_TABLE_TEST(test_subscription, subscription, SUBSCRIPTION_STATE_COUNT, SUBSCRIPTION_ACTIVE)
DEFINE_TABLE_TEST(test_issuance, issuance, ISSUANCE_STATE_COUNT, ISSUANCE_WAITING_DNS)

static const enum issuance_event way[] = {
    ISSUANCE_EVENT_DNS_OK,    ISSUANCE_EVENT_PREPARED, ISSUANCE_EVENT_ORDERED,
    ISSUANCE_EVENT_PUBLISHED, ISSUANCE_EVENT_VALID,    ISSUANCE_EVENT_ISSUED,
    ISSUANCE_EVENT_STAGED,    ISSUANCE_EVENT_DEPLOYED, ISSUANCE_EVENT_PROVEN,
};

static void test_issuance_way(void **state)
{
    (void)state;
    enum issuance_state at = ISSUANCE_WAITING_DNS;

    for (size_t i = 0; i < ARRAY_LEN(way); i++) {
        const struct issuance_step *step = issuance_step(at, way[i]);

        assert_non_null(step);
        ok((size_t)step->to == i + 1, "step %zu leads to %s", i, issuance_state_name(step->to));
        at = step->to;
    }
    ok(at == ISSUANCE_LIVE, "the straight way ends live");
    all_ok();
}

/* Rules that hold for every state, or for none. */
static void test_issuance_rules(void **state)
{
    (void)state;
    size_t count;
    const struct issuance_step *steps = issuance_steps(&count);

    for (int i = 0; i < ISSUANCE_STATE_COUNT; i++) {
        enum issuance_state s = (enum issuance_state)i;
        const struct issuance_step *end = issuance_step(s, ISSUANCE_EVENT_CANCELLED);

        ok(issuance_state_is_final(s) ? !end : end && end->to == ISSUANCE_FAILED,
           "%s can be cancelled, unless final", issuance_state_name(s));
    }
    for (size_t i = 0; i < count; i++) {
        const struct issuance_step *s = &steps[i];

        ok(s->to != ISSUANCE_LIVE || s->on == ISSUANCE_EVENT_PROVEN,
           "%s + %s: only proofs make live", issuance_state_name(s->from),
           issuance_event_name(s->on));
        ok(s->from <= ISSUANCE_FINALIZING || s->from == ISSUANCE_PARKED || s->to >= s->from,
           "%s + %s: what is issued does not begin again", issuance_state_name(s->from),
           issuance_event_name(s->on));
    }
    all_ok();
}

static void test_names(void **state)
{
    (void)state;
    static const char *const unknown[] = {"", "LIVE", "live ", "Live", "unknown_state"};

    for (int i = 0; i < WHO_COUNT; i++) {
        enum who_acts back;

        ok(who_acts_parse(who_acts_name((enum who_acts)i), &back) && (int)back == i, "%s",
           who_acts_name((enum who_acts)i));
    }
    for (int i = 0; i < DNS_VERDICT_COUNT; i++) {
        enum dns_verdict back;

        ok(dns_verdict_parse(dns_verdict_name((enum dns_verdict)i), &back) && (int)back == i, "%s",
           dns_verdict_name((enum dns_verdict)i));
    }
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
        enum issuance_state out = ISSUANCE_PARKED;

        ok(!issuance_state_parse(unknown[i], &out) && out == ISSUANCE_PARKED, "\"%s\" is refused",
           unknown[i]);
    }
    for (int i = 0; i < ISSUANCE_EVENT_COUNT; i++) {
        bool used = false;
        size_t count;
        const struct issuance_step *steps = issuance_steps(&count);

        for (size_t k = 0; k < count; k++)
            used = used || (int)steps[k].on == i;
        ok(used, "%s is used", issuance_event_name((enum issuance_event)i));
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),          cmocka_unit_test(test_subscription),
        cmocka_unit_test(test_issuance),       cmocka_unit_test(test_issuance_way),
        cmocka_unit_test(test_issuance_rules), cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
