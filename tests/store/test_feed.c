/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "store/edge_store.h"
#include "store/feed_store.h"

#define GROUP "default"

static struct slice key_of(const char *key)
{
    return slice_str(key);
}

struct change {
    const char *key;
    int64_t rev, old_rev;
    bool is_tombstone;
};

static bool store(struct fixture *f, const struct change *changes, size_t count,
                  struct feed_head *head)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct slice keys[8];

    MUST(f, db_tx_begin(f->db, &tx, &f->err));
    for (size_t i = 0; i < count; i++) {
        struct feed_record record = {.key = key_of(changes[i].key),
                                     .epoch = T0,
                                     .rev = changes[i].rev,
                                     .is_tombstone = changes[i].is_tombstone,
                                     .bytes = SLICE_LIT("bytes\0bytes")};

        keys[i] = record.key;
        if (!feed_store_put(tx, GROUP, &record, changes[i].old_rev, &f->err))
            return false;
    }
    return feed_store_assign(tx, GROUP, &(struct feed_keys){keys, count}, head, &f->err) &&
           db_tx_commit(&tx, &f->err);
}

static bool store_one(struct fixture *f, const char *key, int64_t rev, int64_t old_rev)
{
    return store(f, &(struct change){key, rev, old_rev, false}, 1, NULL);
}

/* The keys of a page, "a b c". */
static const char *keys_text(struct fixture *f, const struct feed_record_list *list)
{
    const char *text = "";

    for (size_t i = 0; i < list->count; i++)
        text = arena_printf(f->mem, "%s%s%.*s", text, i ? " " : "", (int)list->items[i].key.len,
                            (const char *)list->items[i].key.data);
    return text;
}

static const char *page_text(struct fixture *f, int64_t after)
{
    struct feed_record_list list;

    MUST(f, feed_store_page(f->mem, f->db, GROUP, after, &list, &f->err));
    return keys_text(f, &list);
}

static void open_feed(struct fixture *f)
{
    fixture_open_migrated(f);
    MUST(f, feed_store_start_epoch(f->db, GROUP, T0, &f->err));
}

static void test_head(void **state)
{
    (void)state;
    struct fixture f;
    struct feed_head head;

    fixture_open_migrated(&f);
    MUST(&f, feed_store_head(f.db, GROUP, &head, &f.err));
    ok(head.epoch == 0, "no feed yet");
    MUST(&f, feed_store_start_epoch(f.db, GROUP, T0, &f.err));
    MUST(&f, feed_store_head(f.db, GROUP, &head, &f.err));
    ok(head.epoch == T0 && head.seq == 0 && head.tombstone_floor == 0, "a new feed");
    ok(store_one(&f, "a", 1, 0), "a change: %s", f.err.text);
    ok(!feed_store_start_epoch(f.db, GROUP, T0, &f.err) && f.err.code == ERR_LOST_RACE,
       "not the same epoch again: %s", f.err.text);
    MUST(&f, feed_store_start_epoch(f.db, GROUP, T0 + 1, &f.err));
    MUST(&f, feed_store_head(f.db, GROUP, &head, &f.err));
    ok(head.epoch == T0 + 1 && head.seq == 1 && head.tombstone_floor == 1,
       "a later one; who comes from before needs a snapshot");
    fixture_close(&f);
    all_ok();
}

static void test_order(void **state)
{
    (void)state;
    struct fixture f;
    struct feed_head head;
    const struct change first[] = {{"c1", 1, 0, false}, {"h1", 1, 0, false}};
    const struct change second[] = {{"h0", 1, 0, false}, {"h1", 2, 1, false}};

    open_feed(&f);
    ok(store(&f, first, 2, &head) && head.seq == 2, "two: %s", f.err.text);
    ok(store(&f, second, 2, &head) && head.seq == 4, "two more: %s", f.err.text);
    ok(strcmp(page_text(&f, 0), "c1 h0 h1") == 0, "in order of change, newest version only: %s",
       page_text(&f, 0));
    ok(strcmp(page_text(&f, 3), "h1") == 0, "after a cursor");
    ok(strcmp(page_text(&f, 4), "") == 0, "nothing new");
    fixture_close(&f);
    all_ok();
}

static void test_rev(void **state)
{
    (void)state;
    struct fixture f;
    const struct feed_record *record;
    struct feed_head head;

    open_feed(&f);
    ok(store_one(&f, "a", 1, 0), "added: %s", f.err.text);
    ok(!store_one(&f, "a", 1, 0) && f.err.code == ERR_LOST_RACE, "somebody added it: %s",
       f.err.text);
    ok(store_one(&f, "a", 2, 1), "replaced: %s", f.err.text);
    ok(!store_one(&f, "a", 2, 1) && f.err.code == ERR_LOST_RACE, "somebody replaced it: %s",
       f.err.text);
    MUST(&f, feed_store_head(f.db, GROUP, &head, &f.err));
    ok(head.seq == 2, "who lost a race took no sequence");
    MUST(&f, feed_store_get(f.mem, f.db, GROUP, key_of("a"), &record, &f.err));
    ok(record && record->rev == 2 && record->seq == 2 && !record->is_tombstone &&
           slice_eq(record->bytes, SLICE_LIT("bytes\0bytes")),
       "as stored");
    MUST(&f, feed_store_get(f.mem, f.db, "other", key_of("a"), &record, &f.err));
    ok(!record, "of its group only");
    fixture_close(&f);
    all_ok();
}

static void test_assign(void **state)
{
    (void)state;
    struct fixture f;
    struct slice key = SLICE_LIT("nothing");
    struct feed_keys keys = {&key, 1};

    open_feed(&f);
    {
        AUTO(db_tx_endp) struct db *tx = NULL;

        MUST(&f, db_tx_begin(f.db, &tx, &f.err));
        ok(!feed_store_assign(tx, GROUP, &keys, NULL, &f.err) && f.err.code == ERR_LOST_RACE,
           "no such record: %s", f.err.text);
        ok(!feed_store_assign(tx, "other", &keys, NULL, &f.err) && f.err.code == ERR_LOST_RACE &&
               strcmp(f.err.text, "the edge group other has no feed") == 0,
           "no such feed: %s", f.err.text);
    }
    fixture_close(&f);
    all_ok();
}

static void test_snapshot(void **state)
{
    (void)state;
    struct fixture f;
    struct feed_record_list list;
    const struct change changes[] = {
        {"t\xff", 1, 0, false}, {"c1", 1, 0, true}, {"h", 1, 0, false}};

    open_feed(&f);
    ok(store(&f, changes, 3, NULL), "three: %s", f.err.text);
    MUST(&f, feed_store_snapshot(f.mem, f.db, GROUP, (struct slice){0}, &list, &f.err));
    ok(strcmp(keys_text(&f, &list), "c1 h t\xff") == 0 && list.items[0].is_tombstone, "by key");
    MUST(&f, feed_store_snapshot(f.mem, f.db, GROUP, key_of("h"), &list, &f.err));
    ok(strcmp(keys_text(&f, &list), "t\xff") == 0, "after a key");
    MUST(&f, feed_store_snapshot(f.mem, f.db, GROUP, key_of("t\xff"), &list, &f.err));
    ok(list.count == 0, "the end");
    fixture_close(&f);
    all_ok();
}

/* One record less than a page holds, as many, one more. */
static void test_page_limit(void **state)
{
    (void)state;
    struct fixture f;
    struct feed_record_list list;
    const int64_t wanted[] = {FEED_PAGE_RECORDS - 1, FEED_PAGE_RECORDS, FEED_PAGE_RECORDS};

    open_feed(&f);
    for (int i = 0; i < FEED_PAGE_RECORDS - 2; i++)
        ok(store_one(&f, arena_printf(f.mem, "k%03d", i), 1, 0), "%s", f.err.text);
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        ok(store_one(&f, arena_printf(f.mem, "l%zu", i), 1, 0), "%s", f.err.text);
        MUST(&f, feed_store_page(f.mem, f.db, GROUP, 0, &list, &f.err));
        ok((int64_t)list.count == wanted[i] && list.items[list.count - 1].seq == wanted[i],
           "row %zu: a page of %zu", i, list.count);
        MUST(&f, feed_store_snapshot(f.mem, f.db, GROUP, (struct slice){0}, &list, &f.err));
        ok((int64_t)list.count == wanted[i], "row %zu: of a snapshot: %zu", i, list.count);
    }
    MUST(&f, feed_store_page(f.mem, f.db, GROUP, FEED_PAGE_RECORDS, &list, &f.err));
    ok(list.count == 1, "the next page");
    fixture_close(&f);
    all_ok();
}

static bool forget(struct fixture *f, int64_t seq)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    MUST(f, db_tx_begin(f->db, &tx, &f->err));
    return feed_store_forget(tx, GROUP, seq, &f->err) && db_tx_commit(&tx, &f->err);
}

static void test_forget(void **state)
{
    (void)state;
    struct fixture f;
    struct feed_head head;
    const struct change changes[] = {
        {"a", 1, 0, true}, {"b", 1, 0, false}, {"c", 1, 0, true}, {"d", 1, 0, true}};

    open_feed(&f);
    ok(store(&f, changes, 4, NULL), "four: %s", f.err.text);
    ok(!forget(&f, 5) && f.err.code == ERR_LOST_RACE, "not beyond the head: %s", f.err.text);
    ok(forget(&f, 3), "%s", f.err.text);
    ok(strcmp(page_text(&f, 0), "b d") == 0, "old tombstones are gone: %s", page_text(&f, 0));
    MUST(&f, feed_store_head(f.db, GROUP, &head, &f.err));
    ok(head.tombstone_floor == 3, "and the floor tells");
    ok(!forget(&f, 2) && f.err.code == ERR_LOST_RACE, "the floor does not sink: %s", f.err.text);
    fixture_close(&f);
    all_ok();
}

static void test_edges(void **state)
{
    (void)state;
    struct fixture f;
    const struct edge *edge;
    struct edge_list list;
    const char *const other[] = {"127.0.0.2"};

    fixture_open_migrated(&f);
    tenants_prepare(&f);
    MUST(&f, edge_store_find(f.mem, f.db, "edge-1", &edge, &f.err));
    ok(edge && edge->head_epoch == 0 && edge->polled_at == 0 && edge->addresses.count == 2 &&
           strcmp(edge->addresses.items[1], "::1") == 0,
       "as put, without a feed");
    MUST(&f, feed_store_start_epoch(f.db, GROUP, T0, &f.err));
    ok(store_one(&f, "a", 1, 0), "%s", f.err.text);
    MUST(&f, edge_store_ack(f.db, "edge_1", T0, 9, T0 + 2, &f.err));
    MUST(&f, edge_store_ack(f.db, "edge_1", T0, 1, T0 + 3, &f.err));
    MUST(&f, edge_store_put(f.db,
                            &(struct edge){.id = "edge_2",
                                           .name = "edge-1",
                                           .group = GROUP,
                                           .addresses = {1, other},
                                           .http_port = 80,
                                           .https_port = 443},
                            &f.err));
    MUST(&f, edge_store_get(f.mem, f.db, "edge_1", &edge, &f.err));
    ok(edge->ack_seq == 1 && edge->ack_epoch == T0 && edge->acked_at == T0 + 3 &&
           edge->polled_at == T0 + 3,
       "the last ack wins");
    ok(edge->http_port == 80 && edge->addresses.count == 1 && edge->is_in_rotation,
       "put again: other addresses, the rest as it was");
    ok(edge->head_epoch == T0 && edge->head_seq == 1, "the head of its feed");
    MUST(&f, edge_store_set_rotation(f.db, "edge_1", false, &f.err));
    MUST(&f, edge_store_list(f.mem, f.db, NULL, &list, &f.err));
    ok(list.count == 1 && !list.items[0].is_in_rotation, "out of rotation");
    MUST(&f, edge_store_list(f.mem, f.db, "other", &list, &f.err));
    ok(list.count == 0, "none of another group");
    MUST(&f, edge_store_clock_back(f.db, "edge_1", T0 + 2, &f.err));
    MUST(&f, edge_store_get(f.mem, f.db, "edge_1", &edge, &f.err));
    ok(edge->polled_at == T0 + 2 && edge->acked_at == T0 + 2 && edge->moved_at == T0 + 2 &&
           edge->following_at == T0 + 2 && edge->tried_at == 0 && edge->created_at == T0,
       "by a clock that is back at 2 ms");
    ok(!edge_store_ack(f.db, "edge_9", T0, 1, T0, &f.err) && f.err.code == ERR_LOST_RACE,
       "unknown: %s", f.err.text);
    fixture_close(&f);
    all_ok();
}

static void leave_gap(struct fixture *f)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    MUST(f, db_tx_begin(f->db, &tx, &f->err));
    MUST(f, feed_store_leave_gap(tx, GROUP, &f->err));
    MUST(f, db_tx_commit(&tx, &f->err));
}

static bool is_foreign(struct fixture *f, int64_t epoch, int64_t seq)
{
    struct feed_head head;
    bool is;

    MUST(f, feed_store_head(f->db, GROUP, &head, &f->err));
    MUST(f, feed_store_is_foreign(f->db, GROUP, &head, epoch, seq, &is, &f->err));
    return is;
}

static void test_gaps(void **state)
{
    struct feed_head head;
    struct fixture f;
    int64_t first;
    (void)state;

    fixture_open_migrated(&f);
    leave_gap(&f);
    MUST(&f, feed_store_start_epoch(f.db, GROUP, T0, &f.err));
    MUST(&f, store_one(&f, "a", 1, 0));
    ok(!is_foreign(&f, T0, 0) && !is_foreign(&f, T0, 1) && is_foreign(&f, T0, 2), "the head is 1");
    leave_gap(&f);
    MUST(&f, feed_store_head(f.db, GROUP, &head, &f.err));
    first = head.seq;
    ok(first >= 1 + FEED_GAP_MIN && first < 1 + 2 * FEED_GAP_MIN, "%lld", (long long)first);
    ok(!is_foreign(&f, T0, 1) && is_foreign(&f, T0, 2) && is_foreign(&f, T0, first - 1) &&
           !is_foreign(&f, T0, first) && is_foreign(&f, T0, first + 1),
       "what is within the gap");
    ok(!is_foreign(&f, T0 - 1, 2), "of an earlier epoch it says nothing");
    MUST(&f, store_one(&f, "b", 1, 0));
    leave_gap(&f);
    ok(is_foreign(&f, T0, 2) && is_foreign(&f, T0, first + 2) && !is_foreign(&f, T0, first + 1),
       "both gaps");
    for (int i = 0; i < 3 * FEED_GAPS_KEPT; i++)
        leave_gap(&f);
    ok(!is_foreign(&f, T0, 2), "of many the first is forgotten");
    MUST(&f, feed_store_head(f.db, GROUP, &head, &f.err));
    ok(is_foreign(&f, T0, head.seq - 1), "the last is not");
    fixture_close(&f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head),     cmocka_unit_test(test_order),
        cmocka_unit_test(test_rev),      cmocka_unit_test(test_assign),
        cmocka_unit_test(test_snapshot), cmocka_unit_test(test_page_limit),
        cmocka_unit_test(test_forget),   cmocka_unit_test(test_edges),
        cmocka_unit_test(test_gaps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
