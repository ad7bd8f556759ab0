/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "model/edge_wait.h"

#define NOW   INT64_C(1800000000000)
#define SINCE (NOW - 1000)
#define LONG  (NOW - EDGE_STALE_WAIT_MS)

/* All rows wait for epoch 5, sequence 10. */
static const struct edge_seen acked = {"a", true, true, NOW, 5, 10};
static const struct edge_seen ahead = {"b", true, true, NOW, 5, 11};
static const struct edge_seen behind = {"c", true, true, NOW, 5, 9};
static const struct edge_seen other_epoch = {"d", true, true, NOW, 4, 99};
static const struct edge_seen stale = {"e", true, true, NOW - EDGE_FOLLOWING_MS - 1, 5, 9};
static const struct edge_seen stale_acked = {"f", true, true, NOW - EDGE_FOLLOWING_MS - 1, 5, 10};
static const struct edge_seen down = {"g", true, false, NOW - EDGE_FOLLOWING_MS - 1, 5, 9};
static const struct edge_seen never = {"h", true, true, 0, 0, 0};
static const struct edge_seen out = {"i", false, true, NOW, 5, 9};

static const struct {
    const char *label;
    const struct edge_seen *edges[3];
    int64_t since;
    bool is_over;
    size_t counted, acked;
    const char *waiting_for;
} cases[] = {
    {"no edge at all", {NULL}, SINCE, false, 0, 0, NULL},
    {"all acknowledged", {&acked, &ahead}, SINCE, true, 2, 2, NULL},
    {"one behind", {&acked, &behind}, SINCE, false, 2, 1, "c"},
    {"one behind for long, but it polls", {&acked, &behind}, LONG, false, 2, 1, "c"},
    {"ack of another epoch", {&acked, &other_epoch}, SINCE, false, 2, 1, "d"},
    {"a stale one is waited for", {&acked, &stale}, LONG + 1, false, 2, 1, "e"},
    {"a stale one, after 60 s", {&acked, &stale}, LONG, true, 2, 1, "e"},
    {"stale but acknowledged", {&acked, &stale_acked}, SINCE, true, 2, 2, NULL},
    {"a down one does not count", {&acked, &down}, SINCE, true, 1, 1, NULL},
    {"one never seen is stale", {&acked, &never}, SINCE, false, 2, 1, "h"},
    {"one out of rotation", {&acked, &out}, SINCE, true, 1, 1, NULL},
    {"all down", {&down}, LONG, false, 0, 0, NULL},
    {"all stale, none has it", {&stale, &never}, LONG, false, 2, 0, "e"},
};

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct edge_seen edges[3];
        struct edge_wait got;
        size_t n = 0;

        while (n < ARRAY_LEN(edges) && cases[i].edges[n]) {
            edges[n] = *cases[i].edges[n];
            n++;
        }
        got = edge_wait_for(edges, n, 5, 10, cases[i].since, NOW);
        ok(got.is_over == cases[i].is_over && got.counted == cases[i].counted &&
               got.acked == cases[i].acked,
           "%s: over %d, %zu of %zu", cases[i].label, got.is_over, got.acked, got.counted);
        ok((got.waiting_for && cases[i].waiting_for)
               ? strcmp(got.waiting_for, cases[i].waiting_for) == 0
               : got.waiting_for == cases[i].waiting_for,
           "%s: waits for %s", cases[i].label, got.waiting_for ? got.waiting_for : "nobody");
        ok(got.look_again_at > NOW, "%s: looks again later", cases[i].label);
    }
    all_ok();
}

static const struct {
    int64_t polled_at;
    bool is_answering;
    enum edge_condition want;
} conditions[] = {
    {NOW, true, EDGE_FOLLOWING},
    {NOW - EDGE_FOLLOWING_MS, false, EDGE_FOLLOWING},
    {NOW - EDGE_FOLLOWING_MS - 1, true, EDGE_STALE},
    {NOW - EDGE_FOLLOWING_MS - 1, false, EDGE_DOWN},
    {0, true, EDGE_STALE},
    {NOW + 1, true, EDGE_STALE},
};

static void test_conditions(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(conditions); i++) {
        struct edge_seen edge = {.polled_at = conditions[i].polled_at,
                                 .is_answering = conditions[i].is_answering};

        ok(edge_condition_of(&edge, NOW) == conditions[i].want, "row %zu is %s", i,
           edge_condition_name(conditions[i].want));
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_conditions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
