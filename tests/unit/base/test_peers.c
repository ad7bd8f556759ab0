/* SPDX-License-Identifier: Apache-2.0 */
#include "base/peers.h"
#include "check.h"

#define PLACES 4

static const char *const names[] = {"a.example", "b.example", "c.example", "d.example",
                                    "e.example", "f.example", "g.example", "h.example"};

/* Another one never takes the place of who is left alone while there is one that is not. */
static void test_who_is_forgotten(void **state)
{
    (void)state;
    struct peers *peers = peers_new(PLACES);

    for (int64_t at = 0; at < 3; at++)
        peer_pause(peers_find(peers, names[at], at), 1000, at);
    for (int64_t at = 3; at < 8; at++)
        peer_has_answered(peers_find(peers, names[at], at), at);
    for (int64_t at = 0; at < 3; at++)
        ok(peer_is_paused(peers_find(peers, names[at], 9), 999 + at), "%s", names[at]);
    ok(peers_find(peers, names[7], 10)->answered_at == 7, "the last one is known");
    ok(peers_find(peers, names[6], 11)->answered_at == 0, "the one before is not");
    ok(!peer_is_paused(peers_find(peers, names[0], 1000), 1000), "its pause is over");
    (void)peers_find(peers, names[3], 1001);
    (void)peers_find(peers, names[4], 1002);
    ok(!peer_is_paused(peers_find(peers, names[1], 1003), 1003), "forgotten");
    peers_free(peers);
    all_ok();
}

static void test_pauses_grow(void **state)
{
    (void)state;
    struct peers *peers = peers_new(1);
    struct peer *peer = peers_find(peers, names[0], 5);
    static const int64_t want[] = {100, 200, 400, 500, 500};

    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        peer_was_silent(peer, 100, 500, 5);
        ok(peer->paused_until == 5 + want[i], "%zu: %lld", i, (long long)peer->paused_until);
    }
    peer_has_answered(peer, 6);
    ok(!peer_is_paused(peer, 6) && peer->answered_at == 6, "it has answered");
    peer_was_silent(peer, 100, 500, 7);
    ok(peer->paused_until == 107, "from the beginning");
    peers_free(peers);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_who_is_forgotten),
                                       cmocka_unit_test(test_pauses_grow)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
