/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "model/edge_wait.h"

#define NOW   INT64_C(1800000000000)
#define SINCE (NOW - 1000)
#define LONG  (NOW - EDGE_STALE_WAIT_MS)

#define LOST (NOW - EDGE_FOLLOWING_MS - 1)
#define SEEN(n, polled, e, s, ...)                                                                 \
    {                                                                                              \
        .name = n, .is_in_rotation = true, .polled_at = polled, .ack = {e, s}, __VA_ARGS__         \
    }

/* All rows wait for epoch 5, sequence 10. */
static const struct edge_seen acked = SEEN("a", NOW, 5, 10, .moved_at = NOW);
static const struct edge_seen ahead = SEEN("b", NOW, 5, 11, .moved_at = NOW);
static const struct edge_seen behind = SEEN("c", NOW, 5, 9, .moved_at = LONG + 1);
static const struct edge_seen stuck = SEEN("k", NOW, 5, 9, .moved_at = LONG);
static const struct edge_seen other_epoch = SEEN("d", NOW, 4, 99, .moved_at = NOW);
static const struct edge_seen stale = SEEN("e", LOST, 5, 9, .moved_at = LOST);
static const struct edge_seen lagging =
    SEEN("l", LOST, 5, 9, .moved_at = LOST, .standing = STANDING_LAGGING);
static const struct edge_seen stale_acked = SEEN("f", LOST, 5, 10, .moved_at = LOST);
static const struct edge_seen down = SEEN("g", LOST, 5, 9, .tried_at = NOW, .failed_tries = 2);
static const struct edge_seen alarmed = SEEN("m", NOW, 5, 10, .standing = STANDING_DOWN);
static const struct edge_seen back = SEEN("n", NOW, 5, 10, .standing = STANDING_CATCHING_UP);
static const struct edge_seen never = SEEN("h", 0, 0, 0, .moved_at = 0);
static const struct edge_seen out = {.name = "i", .polled_at = NOW, .ack = {5, 9}};

static const struct {
    const char *label;
    const struct edge_seen *edges[3];
    int64_t since;
    enum edge_wait_for what;
    size_t counted, acked;
    const char *waiting_for;
} cases[] = {
    {"no edge at all", {NULL}, SINCE, EDGE_WAIT_NO_EDGE, 0, 0, NULL},
    {"all acknowledged", {&acked, &ahead}, SINCE, EDGE_WAIT_OVER, 2, 2, NULL},
    {"one behind", {&acked, &behind}, SINCE, EDGE_WAIT_EDGES, 2, 1, "c"},
    {"one behind for long, but it moves", {&acked, &behind}, LONG, EDGE_WAIT_EDGES, 2, 1, "c"},
    {"one that has not moved for long", {&acked, &stuck}, LONG + 1, EDGE_WAIT_EDGES, 2, 1, "k"},
    {"one that has not moved, after 60 s", {&acked, &stuck}, LONG, EDGE_WAIT_OVER, 2, 1, "k"},
    {"ack of another epoch", {&acked, &other_epoch}, SINCE, EDGE_WAIT_EDGES, 2, 1, "d"},
    {"a stale one is waited for", {&acked, &stale}, LONG + 1, EDGE_WAIT_EDGES, 2, 1, "e"},
    {"a stale one, after 60 s", {&acked, &stale}, LONG, EDGE_WAIT_OVER, 2, 1, "e"},
    {"one known to lag, before", {&acked, &lagging}, LONG + 1, EDGE_WAIT_EDGES, 2, 1, "l"},
    {"one known to lag, after 60 s", {&acked, &lagging}, LONG, EDGE_WAIT_OVER, 2, 1, "l"},
    {"stale but acknowledged", {&acked, &stale_acked}, SINCE, EDGE_WAIT_OVER, 2, 2, NULL},
    {"a down one does not count", {&acked, &down}, SINCE, EDGE_WAIT_OVER, 1, 1, NULL},
    {"nor one with an alarm on", {&acked, &alarmed}, SINCE, EDGE_WAIT_OVER, 1, 1, NULL},
    {"nor one that catches up", {&acked, &back}, SINCE, EDGE_WAIT_OVER, 1, 1, NULL},
    {"only one that catches up", {&back}, LONG, EDGE_WAIT_NO_EDGE, 0, 0, NULL},
    {"one never seen is stale", {&acked, &never}, SINCE, EDGE_WAIT_EDGES, 2, 1, "h"},
    {"one out of rotation", {&acked, &out}, SINCE, EDGE_WAIT_OVER, 1, 1, NULL},
    {"all down", {&down}, LONG, EDGE_WAIT_NO_EDGE, 0, 0, NULL},
    {"all stale", {&stale, &never}, LONG + 1, EDGE_WAIT_EDGES, 2, 0, "e"},
    {"all stale, none has it", {&stale, &never}, LONG, EDGE_WAIT_NONE_HAS, 2, 0, "e"},
};

static const struct {
    const char *label;
    struct edge_place said, head, has;
} places[] = {
    {"nothing yet", {0, 0}, {5, 10}, {0, 0}},
    {"on the way", {5, 9}, {5, 10}, {5, 9}},
    {"all", {5, 10}, {5, 10}, {5, 10}},
    {"more than there is", {5, 11}, {5, 10}, {0, 0}},
    {"more, of the epoch before", {4, 11}, {5, 10}, {4, 11}},
    {"of an epoch that is lost", {6, 11}, {5, 10}, {6, 11}},
};

/* req: R23 */
static void test_what_an_edge_has(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        const struct edge_place got = edge_place_in(places[i].said, places[i].head);

        ok(got.epoch == places[i].has.epoch && got.seq == places[i].has.seq, "%s: %lld-%lld",
           places[i].label, (long long)got.epoch, (long long)got.seq);
    }
    all_ok();
}

/* req: R23, A11 */
static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct edge_place place = {5, 10};
        struct edge_seen edges[3];
        struct edge_wait got;
        size_t n = 0;

        while (n < ARRAY_LEN(edges) && cases[i].edges[n]) {
            edges[n] = *cases[i].edges[n];
            n++;
        }
        got = edge_wait_for(edges, n, place, cases[i].since, NOW);
        ok(got.what == cases[i].what && got.counted == cases[i].counted &&
               got.acked == cases[i].acked,
           "%s: %d, %zu of %zu", cases[i].label, (int)got.what, got.acked, got.counted);
        ok((got.waiting_for && cases[i].waiting_for)
               ? strcmp(got.waiting_for, cases[i].waiting_for) == 0
               : got.waiting_for == cases[i].waiting_for,
           "%s: waits for %s", cases[i].label, got.waiting_for ? got.waiting_for : "nobody");
        ok(got.look_again_at > NOW, "%s: looks again later", cases[i].label);
    }
    all_ok();
}

static const struct {
    int64_t polled_at, tried_at, failed_tries;
    enum edge_condition want;
} conditions[] = {
    {NOW, 0, 0, EDGE_FOLLOWING},
    {NOW - EDGE_FOLLOWING_MS, NOW, 5, EDGE_FOLLOWING},
    {LOST, 0, 0, EDGE_STALE},
    {LOST, NOW, 0, EDGE_STALE},
    {LOST, NOW, 1, EDGE_STALE},
    {LOST, NOW, 2, EDGE_DOWN},
    {LOST, LOST, 2, EDGE_STALE}, /* it has polled since */
    {0, 0, 0, EDGE_STALE},
    {0, NOW, 2, EDGE_DOWN},
    {NOW + EDGE_FOLLOWING_MS, 0, 0, EDGE_FOLLOWING}, /* the clock was set back a little */
    {NOW + EDGE_FOLLOWING_MS + 1, 0, 0, EDGE_STALE},
};

static void test_conditions(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(conditions); i++) {
        struct edge_seen edge = {.polled_at = conditions[i].polled_at,
                                 .tried_at = conditions[i].tried_at,
                                 .failed_tries = conditions[i].failed_tries};

        ok(edge_condition_of(&edge, NOW) == conditions[i].want, "row %zu is %s", i,
           edge_condition_name(conditions[i].want));
    }
    all_ok();
}

/* What a clock was ahead that is set back now. */
static void test_ahead(void **state)
{
    static const struct {
        int64_t polled_ms, tried_ms, moved_ms; /* from NOW + EDGE_FOLLOWING_MS */
        bool want;
    } rows[] = {{0, 0, 0, false}, {1, 0, 0, true}, {0, 1, 0, true}, {0, 0, 1, true}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct edge_seen edge = {.polled_at = NOW + EDGE_FOLLOWING_MS + rows[i].polled_ms,
                                 .tried_at = NOW + EDGE_FOLLOWING_MS + rows[i].tried_ms,
                                 .moved_at = NOW + EDGE_FOLLOWING_MS + rows[i].moved_ms};

        ok(edge_is_ahead(&edge, NOW) == rows[i].want, "row %zu", i);
    }
    all_ok();
}

static void test_codes(void **state)
{
    (void)state;
    assert_null(edge_wait_code(EDGE_WAIT_OVER));
    assert_null(edge_wait_code(EDGE_WAIT_EDGES));
    assert_string_equal(edge_wait_code(EDGE_WAIT_NO_EDGE), "no_edge");
    assert_string_equal(edge_wait_code(EDGE_WAIT_NONE_HAS), "none_has");
}

static const struct {
    const char *label;
    struct edge_seen edge;
    bool is_sound;
} soundness[] = {
    {"follows and answers", SEEN("a", NOW, 5, 10, .tried_at = NOW), true},
    {"behind for now", SEEN("b", NOW, 5, 9, .moved_at = NOW), true},
    {"known to lag", SEEN("c", NOW, 5, 9, .standing = STANDING_LAGGING), false},
    {"stale", SEEN("d", LOST, 5, 10, .moved_at = LOST), false},
    {"nobody can connect", SEEN("e", NOW, 5, 10, .tried_at = NOW, .failed_tries = 1), false},
    {"back, and catching up", SEEN("f", NOW, 5, 10, .standing = STANDING_CATCHING_UP), false},
    {"down", SEEN("g", NOW, 5, 10, .standing = STANDING_DOWN), false},
};

/* req: R23, R54 */
static void test_soundness(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(soundness); i++)
        ok(edge_is_sound(&soundness[i].edge, NOW) == soundness[i].is_sound, "%s",
           soundness[i].label);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),      cmocka_unit_test(test_soundness),
        cmocka_unit_test(test_conditions), cmocka_unit_test(test_ahead),
        cmocka_unit_test(test_codes),      cmocka_unit_test(test_what_an_edge_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
