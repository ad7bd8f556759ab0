/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "model/edge_look.h"

#define NOW  INT64_C(1800000000000)
#define LOST (NOW - EDGE_FOLLOWING_MS - EDGE_TRY_MS)
#define LONG (NOW - EDGE_STALE_WAIT_MS)

#define FOLLOWING .polled_at = NOW
#define STALE     .polled_at = LOST, .tried_at = NOW - 1
#define FAILING   .polled_at = LOST, .tried_at = NOW - 1, .failed_tries = 1
#define DOWN      .polled_at = LOST, .tried_at = NOW - 1, .failed_tries = 2
#define IN(s)     .is_in_rotation = true, .standing = STANDING_##s
#define NOTHING   EDGE_EVENT_COUNT

static const struct edge_place head = {5, 10};

/* The head is at 5-10. */
static const struct {
    struct edge_seen edge;
    enum edge_event want;
    struct edge_place rejoin;
} looks[] = {
    {{IN(COUNTED), FOLLOWING}, NOTHING, {0}},
    {{IN(COUNTED), STALE}, EDGE_EVENT_LOST, {0}},
    {{IN(COUNTED), FAILING}, NOTHING, {0}}, /* stale or down: the next try tells */
    {{IN(COUNTED), .polled_at = LOST}, NOTHING, {0}},
    {{IN(COUNTED), .polled_at = LOST, .tried_at = LOST}, NOTHING, {0}},
    {{IN(COUNTED), DOWN}, EDGE_EVENT_FOUND_DOWN, {0}},

    /* asks for records, and takes none up */
    {{IN(COUNTED), FOLLOWING, .pending_at = LONG, .moved_at = LONG}, EDGE_EVENT_LOST, {0}},
    {{IN(COUNTED), FOLLOWING, .pending_at = LONG + 1, .moved_at = 1}, NOTHING, {0}},
    {{IN(COUNTED), FOLLOWING, .pending_at = 1, .moved_at = LONG + 1}, NOTHING, {0}},

    {{IN(LAGGING), STALE}, NOTHING, {0}},
    {{IN(LAGGING), DOWN}, EDGE_EVENT_FOUND_DOWN, {0}},
    {{IN(LAGGING), FOLLOWING, .ack = {5, 9}}, NOTHING, {5, 10}},
    {{IN(LAGGING), FOLLOWING, .ack = {5, 10}}, EDGE_EVENT_CAUGHT_UP, {0}},

    {{IN(DOWN), DOWN}, NOTHING, {0}},
    {{IN(DOWN), STALE}, EDGE_EVENT_RETURNED, {5, 10}},
    {{IN(DOWN), FOLLOWING, .ack = {5, 10}}, EDGE_EVENT_RETURNED, {5, 10}},

    /* the head as of its return, not as it is by now */
    {{IN(CATCHING_UP), FOLLOWING, .ack = {5, 6}, .rejoin = {5, 7}}, NOTHING, {5, 7}},
    {{IN(CATCHING_UP), FOLLOWING, .ack = {5, 7}, .rejoin = {5, 7}}, EDGE_EVENT_CAUGHT_UP, {0}},
    {{IN(CATCHING_UP), FOLLOWING, .ack = {5, 8}, .rejoin = {5, 7}}, EDGE_EVENT_CAUGHT_UP, {0}},
    /* a new epoch has begun meanwhile */
    {{IN(CATCHING_UP), FOLLOWING, .ack = {4, 7}, .rejoin = {4, 7}}, NOTHING, {5, 10}},
    {{IN(CATCHING_UP), FOLLOWING, .ack = {5, 9}, .rejoin = {4, 7}}, NOTHING, {5, 10}},
    /* gone again: what it must have is fixed once more when it returns */
    {{IN(CATCHING_UP), STALE, .rejoin = {5, 7}}, NOTHING, {0}},
    {{IN(CATCHING_UP), DOWN, .rejoin = {5, 7}}, EDGE_EVENT_FOUND_DOWN, {0}},
    /* enrolled, not installed yet */
    {{IN(CATCHING_UP), .tried_at = NOW - 1, .failed_tries = 9}, NOTHING, {0}},
    {{IN(CATCHING_UP), FOLLOWING}, NOTHING, {5, 10}},

    {{.standing = STANDING_COUNTED, FOLLOWING}, EDGE_EVENT_TAKEN_OUT, {0}},
    {{.standing = STANDING_LAGGING, STALE}, EDGE_EVENT_TAKEN_OUT, {0}},
    {{.standing = STANDING_DOWN, DOWN}, EDGE_EVENT_TAKEN_OUT, {0}},
    {{.standing = STANDING_CATCHING_UP, FOLLOWING}, EDGE_EVENT_TAKEN_OUT, {0}},
    {{.standing = STANDING_OUT, FOLLOWING}, NOTHING, {0}},
    {{.standing = STANDING_OUT, DOWN}, NOTHING, {0}},
    {{IN(OUT), FOLLOWING, .ack = {5, 10}}, EDGE_EVENT_PUT_IN, {0}},
    {{IN(OUT), DOWN}, EDGE_EVENT_PUT_IN, {0}},
};

/* req: R23, A11 */
static void test_looks(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(looks); i++) {
        const struct edge_seen *edge = &looks[i].edge;
        struct edge_look got = edge_look_at(edge, head, NOW);
        enum edge_event event = got.is_event ? got.event : NOTHING;

        ok(event == looks[i].want, "row %zu: %s", i,
           got.is_event ? edge_event_name(got.event) : "nothing");
        ok(got.rejoin.epoch == looks[i].rejoin.epoch && got.rejoin.seq == looks[i].rejoin.seq,
           "row %zu: rejoins at %lld-%lld", i, (long long)got.rejoin.epoch,
           (long long)got.rejoin.seq);
        ok(!got.is_event || edge_step(edge->standing, got.event), "row %zu: the table has it", i);
    }
    all_ok();
}

/* No feed yet: there is nothing to have. */
static void test_no_feed(void **state)
{
    const struct edge_seen edge = {IN(CATCHING_UP), FOLLOWING};
    const struct edge_place none = {0};
    struct edge_look got = edge_look_at(&edge, none, NOW);

    (void)state;
    assert_false(got.is_event);
}

static const struct {
    struct edge_seen edge;
    bool is_tried;
    int64_t again_at; /* after NOW */
    int64_t after_a_failure;
} tries[] = {
    /* one that follows: every minute, and sooner after a failure */
    {{.polled_at = NOW}, true, 0, 1},
    {{.polled_at = NOW, .tried_at = NOW - 1}, false, EDGE_FOLLOWING_MS + 1, 1},
    {{.polled_at = NOW - 5000, .tried_at = NOW - 1}, false, EDGE_FOLLOWING_MS - 5000 + 1, 1},
    {{.polled_at = NOW, .tried_at = NOW - EDGE_TRY_FOLLOWING_MS}, true, 0, 1},
    {{.polled_at = NOW, .tried_at = NOW, .failed_tries = 1}, false, EDGE_TRY_AGAIN_MS, 2},
    {{.polled_at = NOW, .tried_at = NOW, .failed_tries = 2}, false, EDGE_TRY_MS, 3},
    /* by a clock that was set back since */
    {{.polled_at = NOW, .tried_at = NOW + 1}, true, 0, 1},
    {{.polled_at = LOST, .tried_at = NOW + 1, .failed_tries = 2}, true, 0, 3},
    /* what was seen while it followed says nothing */
    {{.polled_at = LOST, .tried_at = LOST + 1, .failed_tries = 2}, true, 0, 1},
    {{.polled_at = LOST}, true, 0, 1},
    {{.polled_at = LOST, .tried_at = LOST, .failed_tries = 2}, true, 0, 1},
    {{.polled_at = LOST, .tried_at = NOW}, false, EDGE_TRY_MS, 1},
    {{.polled_at = LOST, .tried_at = NOW, .failed_tries = 1}, false, EDGE_TRY_AGAIN_MS, 2},
    {{.polled_at = LOST, .tried_at = NOW - 1000, .failed_tries = 1}, true, 0, 2},
    {{.polled_at = LOST, .tried_at = NOW - 1000, .failed_tries = 2}, false, EDGE_TRY_MS - 1000, 3},
    {{.polled_at = LOST, .tried_at = NOW - EDGE_TRY_MS, .failed_tries = 2}, true, 0, 3},
    {{.tried_at = NOW - EDGE_TRY_MS}, true, 0, 1},
};

static void test_tries(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
        const struct edge_seen *edge = &tries[i].edge;

        ok(edge_should_try(edge, NOW) == tries[i].is_tried, "row %zu: is tried", i);
        ok(edge_look_again_at(edge, NOW) - NOW == tries[i].again_at ||
               (tries[i].again_at > EDGE_LOOK_MAX_MS &&
                edge_look_again_at(edge, NOW) - NOW == EDGE_LOOK_MAX_MS),
           "row %zu: looks again after %lld ms", i,
           (long long)(edge_look_again_at(edge, NOW) - NOW));
        ok(edge_failed_tries(edge, false, NOW) == tries[i].after_a_failure, "row %zu: %lld failed",
           i, (long long)edge_failed_tries(edge, false, NOW));
        ok(edge_failed_tries(edge, true, NOW) == 0, "row %zu: an answer ends it", i);
    }
    all_ok();
}

/* req: R23, A11 */
static void test_deaf(void **state)
{
    static const struct {
        struct edge_seen edge;
        bool want;
    } cases[] = {
        {{FOLLOWING}, false},
        {{FOLLOWING, .tried_at = NOW, .failed_tries = 1}, false},
        {{FOLLOWING, .tried_at = NOW, .failed_tries = 2}, true},
        {{DOWN}, false}, /* its standing says so */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        ok(edge_is_deaf(&cases[i].edge, NOW) == cases[i].want, "row %zu", i);
    all_ok();
}

static void test_since(void **state)
{
    static const struct {
        struct edge_seen edge;
        int64_t want;
    } cases[] = {
        {{FOLLOWING}, 11},
        {{STALE}, LOST + EDGE_FOLLOWING_MS},
        {{.polled_at = NOW - EDGE_FOLLOWING_MS - 1, .tried_at = NOW, .failed_tries = 2}, NOW - 1},
        {{.polled_at = NOW - 60000, .tried_at = NOW, .failed_tries = 2}, NOW - 7},
        {{.tried_at = 0}, 13},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        ok(edge_condition_since(&cases[i].edge, 11, NOW - 7, 13, NOW) == cases[i].want,
           "row %zu: %lld", i,
           (long long)edge_condition_since(&cases[i].edge, 11, NOW - 7, 13, NOW));
    all_ok();
}

/* Each row once, every standing reached and left, every event used; an alarm is on in `down` and
 * nowhere else. */
static void test_table(void **state)
{
    bool reached[STANDING_COUNT] = {false}, left[STANDING_COUNT] = {false};
    bool used[EDGE_EVENT_COUNT] = {false};
    const struct edge_step *steps;
    size_t count;

    (void)state;
    steps = edge_steps(&count);
    for (size_t i = 0; i < count; i++) {
        const struct edge_step *s = &steps[i];
        enum edge_alarm want = s->to == STANDING_DOWN     ? EDGE_ALARM_BEGINS
                               : s->from == STANDING_DOWN ? EDGE_ALARM_ENDS
                                                          : EDGE_ALARM_NONE;

        ok(edge_step(s->from, s->on) == s, "row %zu is written once", i);
        ok(s->alarm == want, "row %zu: alarm", i);
        reached[s->to] = left[s->from] = used[s->on] = true;
    }
    for (int i = 0; i < STANDING_COUNT; i++) {
        enum edge_standing back;
        const char *name = edge_standing_name((enum edge_standing)i);

        ok(edge_standing_parse(name, &back) && (int)back == i, "%s reads back", name);
        ok(reached[i] && left[i], "%s is reached and left", name);
    }
    for (int i = 0; i < EDGE_EVENT_COUNT; i++)
        ok(used[i], "%s is used", edge_event_name((enum edge_event)i));
    all_ok();
}

/* Everything that an edge can be has something to say, and a sentence. */
static void test_texts(void **state)
{
    (void)state;
    for (int i = 0; i < STANDING_COUNT; i++) {
        const struct edge_seen edges[] = {
            {.is_in_rotation = true, .standing = (enum edge_standing)i, FOLLOWING},
            {.is_in_rotation = true, .standing = (enum edge_standing)i, STALE},
            {.is_in_rotation = true, .standing = (enum edge_standing)i, DOWN},
            {.standing = (enum edge_standing)i, DOWN},
        };

        for (size_t k = 0; k < ARRAY_LEN(edges); k++) {
            const char *text = edge_next_text(&edges[k], NOW);

            ok(text && *text && text[strlen(text) - 1] == '.', "%s, %zu: %s",
               edge_standing_name((enum edge_standing)i), k, text ? text : "nothing");
        }
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_looks), cmocka_unit_test(test_no_feed), cmocka_unit_test(test_tries),
        cmocka_unit_test(test_deaf),  cmocka_unit_test(test_since),   cmocka_unit_test(test_table),
        cmocka_unit_test(test_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
