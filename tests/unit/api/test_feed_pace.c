/* SPDX-License-Identifier: Apache-2.0 */
#include "api/feed_pace.h"
#include "check.h"

static void test_pace(void **state)
{
    struct feed_pace *pace = feed_pace_new();

    (void)state;
    ok(feed_pace_left(pace, "edge_a", 0) == 0, "nothing was answered yet");
    for (int i = 0; i < FEED_PACE_IN_A_ROW; i++) {
        ok(feed_pace_left(pace, "edge_a", 1000) == 0, "%d in a row", i);
        feed_pace_answered(pace, "edge_a", 1000);
    }
    ok(feed_pace_left(pace, "edge_a", 1000) == FEED_PACE_MS, "at once");
    ok(feed_pace_left(pace, "edge_a", 1000 + FEED_PACE_MS - 1) == 1, "just before its end");
    ok(feed_pace_left(pace, "edge_a", 1000 + FEED_PACE_MS) == 0, "at its end");
    feed_pace_answered(pace, "edge_a", 1000 + FEED_PACE_MS);
    ok(feed_pace_left(pace, "edge_a", 1000 + FEED_PACE_MS) == FEED_PACE_MS, "one at a time");
    ok(feed_pace_left(pace, "edge_b", 1000) == 0, "another one");
    feed_pace_free(pace);
    feed_pace_free(NULL);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pace)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
