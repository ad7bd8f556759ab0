/* SPDX-License-Identifier: Apache-2.0 */

/* The publisher over a real store and a real signer; what it made is read as an agent reads it. */
#include <dirent.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "edge/record_digest.h"
#include "edge/record_write.h"
#include "feed/feed_page.h"
#include "feed/renewal.h"
#include "fixture.h"
#include "signer/server.h"

#define GROUP "default"

struct world {
    struct fixture f;
    char keys_dir[300];
    struct keyring *ring;
    struct signer_server server;
    struct signer *signer;
    int pair[2], stop[2];
    pthread_t thread;
    struct feed feed;
};

static void *serve(void *arg)
{
    struct world *w = arg;
    struct err err = {0};

    if (!signer_serve_fd(&w->server, w->pair[0], w->stop[0], &err))
        print_error("signer: %s\n", err.text);
    return NULL;
}

static void world_open(struct world *w)
{
    *w = (struct world){0};
    fixture_open_migrated(&w->f);
    snprintf(w->keys_dir, sizeof(w->keys_dir), "%s/keys", w->f.dir);
    MUST(&w->f, keyring_init(w->keys_dir, &w->f.err));
    MUST(&w->f, keyring_load(w->keys_dir, &w->ring, &w->f.err));
    w->server = (struct signer_server){.keys = w->ring};
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, w->pair), 0);
    assert_int_equal(pipe(w->stop), 0);
    assert_int_equal(pthread_create(&w->thread, NULL, serve, w), 0);
    w->signer = signer_new_fd(w->pair[1]);
    w->feed = (struct feed){w->f.db, w->signer, GROUP};
}

static void remove_keys(const char *path)
{
    static const char *const names[] = {"edge-1", "signer-1", "feed-default-1"};
    char name[400];

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(name, sizeof(name), "%s/%s", path, names[i]);
        (void)unlink(name);
    }
    (void)rmdir(path);
}

static void world_close(struct world *w)
{
    assert_int_equal(write(w->stop[1], "", 1), 1);
    pthread_join(w->thread, NULL);
    signer_free(w->signer);
    close(w->pair[0]);
    close(w->stop[0]);
    close(w->stop[1]);
    keyring_free(w->ring);
    remove_keys(w->keys_dir);
    fixture_close(&w->f);
}

static struct slice host_body(struct world *w, const char *site)
{
    struct buf body = buf_new(w->f.mem, 512);
    const struct edge_host host = {.site_id = slice_str(site),
                                   .canonical = slice_str("a.example"),
                                   .origin_id = slice_str("demo")};

    assert_int_equal(edge_host_write(&body, &host), EDGE_FAULT_NONE);
    return buf_view(&body);
}

static struct feed_change set_host(struct world *w, const char *name, const char *site)
{
    return (struct feed_change){EDGE_HOST, slice_str(name), host_body(w, site)};
}

static struct feed_change delete_host(const char *name)
{
    return (struct feed_change){EDGE_HOST, slice_str(name), {NULL, 0}};
}

static int64_t publish(struct world *w, const struct feed_change *changes, size_t count)
{
    struct feed_head head = {0};

    MUST(&w->f, feed_publish(w->f.mem, &w->feed, changes, count, &head, &w->f.err));
    return head.seq;
}

/* What an agent reads after `after`. */
static struct feed_page read_feed(struct world *w, int64_t after)
{
    const struct feed_page_keys keys = {w->ring, GROUP};
    struct buf octets = buf_new(w->f.mem, 1 << 20);
    struct feed_record_list list;
    struct feed_page page = {0};

    MUST(&w->f, feed_store_page(w->f.mem, w->f.db, GROUP, after, &list, &w->f.err));
    for (size_t i = 0; i < list.count; i++)
        buf_slice(&octets, list.items[i].bytes);
    MUST(&w->f, feed_page_read(w->f.mem, &keys, buf_view(&octets), &page, &w->f.err));
    return page;
}

static const struct edge_record *last_of(const struct feed_page *page)
{
    assert_true(page->count > 0);
    return &page->records[page->count - 1];
}

static void test_order_of_a_change(void **state)
{
    static unsigned char zeros[64];
    struct world w;
    struct buf certificate, chain, settings, challenge;
    const struct edge_chain one = {1, {slice_of(zeros, 9)}};
    const struct edge_origin origin = {slice_str("demo"), slice_str("127.0.0.1:80")};
    struct feed_page page;
    char kinds[8] = "";

    (void)state;
    world_open(&w);
    publish(&w, (struct feed_change[]){set_host(&w, "old.example", "site_1")}, 1);
    certificate = buf_new(w.f.mem, 512);
    chain = buf_new(w.f.mem, 512);
    settings = buf_new(w.f.mem, 512);
    challenge = buf_new(w.f.mem, 512);
    buf_str(&challenge, "tok.0123456789012345678901234567890123456789abc");
    assert_int_equal(
        edge_certificate_write(
            &certificate, &(struct edge_certificate){EDGE_KEY_PKCS8, 0, slice_of(zeros, 32),
                                                     slice_of(zeros, 40), slice_of(zeros, 50)}),
        EDGE_FAULT_NONE);
    assert_int_equal(edge_chain_write(&chain, &one), EDGE_FAULT_NONE);
    assert_int_equal(edge_settings_write(&settings, slice_of(zeros, 32), &origin, 1),
                     EDGE_FAULT_NONE);
    const struct feed_change changes[] = {
        delete_host("old.example"),
        set_host(&w, "new.example", "site_1"),
        {EDGE_CHALLENGE, SLICE_LIT("new.example\0tok"), buf_view(&challenge)},
        {EDGE_CERTIFICATE, slice_str("crt_1"), buf_view(&certificate)},
        {EDGE_CHAIN, slice_of(zeros, 32), buf_view(&chain)},
        {EDGE_SETTINGS, slice_str(EDGE_SETTINGS_KEY), buf_view(&settings)},
    };
    publish(&w, changes, ARRAY_LEN(changes));
    page = read_feed(&w, 1);
    assert_int_equal(page.count, ARRAY_LEN(changes));
    for (size_t i = 0; i < page.count; i++)
        kinds[i] = (char)page.records[i].kind;
    /* settings and chain, certificate and challenge, host, deletion */
    ok(strspn(kinds, "Si") == 2 && strspn(kinds + 2, "ct") == 2 && strcmp(kinds + 4, "hh") == 0,
       "%s", kinds);
    ok(!page.records[4].is_tombstone && page.records[5].is_tombstone, "the deletion is last");
    world_close(&w);
    all_ok();
}

static void test_only_what_changes(void **state)
{
    struct world w;
    struct feed_page page;
    uint64_t rev;

    (void)state;
    world_open(&w);
    const struct feed_change set = set_host(&w, "a.example", "site_1"),
                             other = set_host(&w, "a.example", "site_2"),
                             gone = delete_host("a.example"), never = delete_host("b.example");

    ok(publish(&w, &never, 1) == 0, "a deletion of nothing");
    ok(publish(&w, &set, 1) == 1, "new");
    page = read_feed(&w, 0);
    rev = last_of(&page)->rev;
    ok(publish(&w, &set, 1) == 1, "the same again");
    ok(publish(&w, &other, 1) == 2, "another body");
    page = read_feed(&w, 0);
    ok(page.count == 1 && last_of(&page)->rev > rev, "one row, a later rev");
    rev = last_of(&page)->rev;
    ok(publish(&w, &gone, 1) == 3 && publish(&w, &gone, 1) == 3, "deleted once");
    page = read_feed(&w, 0);
    ok(page.count == 1 && last_of(&page)->is_tombstone && last_of(&page)->rev > rev, "tombstone");
    rev = last_of(&page)->rev;
    ok(publish(&w, &set, 1) == 4, "made again");
    page = read_feed(&w, 0);
    ok(!last_of(&page)->is_tombstone && last_of(&page)->rev > rev, "and later than its deletion");
    world_close(&w);
    all_ok();
}

/* A record that is made again after its deletion was forgotten is newer than the deletion. */
static void test_rev_after_forgetting(void **state)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct world w;
    struct feed_page page;
    uint64_t rev;

    (void)state;
    world_open(&w);
    publish(&w, (struct feed_change[]){set_host(&w, "a.example", "site_1")}, 1);
    publish(&w, (struct feed_change[]){delete_host("a.example")}, 1);
    page = read_feed(&w, 0);
    rev = last_of(&page)->rev;
    MUST(&w.f, db_tx_begin(w.f.db, &tx, &w.f.err));
    MUST(&w.f, feed_store_forget(tx, GROUP, 2, &w.f.err));
    MUST(&w.f, db_tx_commit(&tx, &w.f.err));
    usleep(2000);
    publish(&w, (struct feed_change[]){set_host(&w, "a.example", "site_1")}, 1);
    page = read_feed(&w, 0);
    ok(page.count == 1 && last_of(&page)->rev > rev, "%llu after %llu",
       (unsigned long long)last_of(&page)->rev, (unsigned long long)rev);
    world_close(&w);
    all_ok();
}

static bool put_batch(struct world *w, const struct feed_batch *batch)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct feed_head head;

    return db_tx_begin(w->f.db, &tx, &w->f.err) && feed_put(tx, batch, &head, &w->f.err) &&
           db_tx_commit(&tx, &w->f.err);
}

static void test_lost_race(void **state)
{
    struct world w;
    struct feed_batch *one, *two;
    struct feed_change changes[2];

    (void)state;
    world_open(&w);
    changes[0] = set_host(&w, "a.example", "site_1");
    changes[1] = set_host(&w, "a.example", "site_2");
    MUST(&w.f, feed_prepare(w.f.mem, &w.feed, &changes[0], 1, &one, &w.f.err));
    MUST(&w.f, feed_prepare(w.f.mem, &w.feed, &changes[1], 1, &two, &w.f.err));
    ok(put_batch(&w, one), "the first");
    ok(!put_batch(&w, two) && w.f.err.code == ERR_LOST_RACE, "the second: %s", w.f.err.text);
    ok(publish(&w, &changes[1], 1) == 2, "begun again");
    world_close(&w);
    all_ok();
}

static void test_refused(void **state)
{
    static struct feed_change many[FEED_CHANGES_MAX + 1];
    struct world w;
    struct feed_batch *batch;

    (void)state;
    world_open(&w);
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        many[i] = set_host(&w, arena_printf(w.f.mem, "h%zu.example", i), "site_1");
    for (size_t n = FEED_CHANGES_MAX - 1; n <= FEED_CHANGES_MAX + 1; n++)
        ok(feed_prepare(w.f.mem, &w.feed, many, n, &batch, &w.f.err) == (n <= FEED_CHANGES_MAX),
           "%zu changes", n);
    many[0].key = slice_str("Not_a_host");
    ok(!feed_prepare(w.f.mem, &w.feed, many, 1, &batch, &w.f.err) && w.f.err.code == ERR_INTERNAL &&
           strstr(w.f.err.text, "not a host name"),
       "%s", w.f.err.text);
    world_close(&w);
    all_ok();
}

static struct edge_end read_end(const struct feed_page *page)
{
    struct edge_end end = {0};

    assert_int_equal(last_of(page)->kind, EDGE_END);
    assert_int_equal(edge_end_read(last_of(page)->body, &end), EDGE_FAULT_NONE);
    return end;
}

static void test_end(void **state)
{
    unsigned char sum[EDGE_HASH_SIZE] = {0};
    struct world w;
    struct feed_page page;
    uint64_t rev;

    (void)state;
    world_open(&w);
    publish(&w,
            (struct feed_change[]){set_host(&w, "a.example", "s"), set_host(&w, "b.example", "s")},
            2);
    publish(&w, (struct feed_change[]){delete_host("a.example")}, 1);
    MUST(&w.f, feed_publish_end(w.f.mem, &w.feed, &w.f.err));
    page = read_feed(&w, 0);
    for (size_t i = 0; i < page.count; i++)
        if (page.records[i].kind == EDGE_HOST && !page.records[i].is_tombstone)
            assert_true(edge_digest_add(sum, slice_str("hb.example"), page.records[i].epoch,
                                        page.records[i].rev));
    ok(read_end(&page).count == 1 && slice_eq(read_end(&page).digest, slice_of(sum, sizeof(sum))),
       "the one that is live");
    rev = last_of(&page)->rev;
    MUST(&w.f, feed_publish_end(w.f.mem, &w.feed, &w.f.err));
    ok(read_feed(&w, 4).count == 0, "nothing has changed");
    publish(&w, (struct feed_change[]){set_host(&w, "a.example", "s")}, 1);
    publish(&w, (struct feed_change[]){delete_host("a.example")}, 1);
    MUST(&w.f, feed_publish_end(w.f.mem, &w.feed, &w.f.err));
    page = read_feed(&w, 4);
    ok(read_end(&page).count == 1 && last_of(&page)->rev > rev,
       "the same records as before, but later");
    world_close(&w);
    all_ok();
}

/* A record that was prepared before an end record, and stored after it, would look to an edge like
 * one that the end record had counted as gone. */
static void test_end_between(void **state)
{
    struct world w;
    struct feed_batch *batch;
    struct feed_change change;

    (void)state;
    world_open(&w);
    change = set_host(&w, "a.example", "s");
    MUST(&w.f, feed_prepare(w.f.mem, &w.feed, &change, 1, &batch, &w.f.err));
    usleep(2000);
    publish(&w, (struct feed_change[]){set_host(&w, "b.example", "s")}, 1);
    MUST(&w.f, feed_publish_end(w.f.mem, &w.feed, &w.f.err));
    ok(!put_batch(&w, batch) && w.f.err.code == ERR_LOST_RACE, "%s", w.f.err.text);
    ok(publish(&w, &change, 1) == 3, "begun again");
    world_close(&w);
    all_ok();
}

static int64_t begin_epoch(struct world *w)
{
    struct feed_head head;

    MUST(&w->f, feed_store_head(w->f.db, GROUP, &head, &w->f.err));
    MUST(&w->f, feed_store_restart(w->f.db, GROUP, &head, feed_next_epoch(&head, 0), &w->f.err));
    return head.epoch + 1;
}

static void test_epoch_between(void **state)
{
    struct world w;
    struct feed_batch *batch;
    struct feed_change change;

    (void)state;
    world_open(&w);
    change = set_host(&w, "a.example", "s");
    MUST(&w.f, feed_prepare(w.f.mem, &w.feed, &change, 1, &batch, &w.f.err));
    begin_epoch(&w);
    ok(!put_batch(&w, batch) && w.f.err.code == ERR_LOST_RACE, "%s", w.f.err.text);
    world_close(&w);
    all_ok();
}

static bool hold_c(void *arg, const struct edge_record *record, bool *out, struct err *err)
{
    (void)err;
    ++*(size_t *)arg;
    *out = slice_eq(record->key, slice_str("c.example"));
    return true;
}

/* In two pages, for there is no time for more, the second one taken twice, as by a worker that was
 * killed; then all again, in time enough. */
static void test_renewal(void **state)
{
    struct feed_change changes[FEED_PAGE_RECORDS];
    struct feed_renewal again, renewal = {.is_held = hold_c};
    size_t asked = 0;
    struct feed_page page;
    struct world w;
    int64_t epoch, seq = 0;

    (void)state;
    world_open(&w);
    renewal.arg = &asked;
    for (size_t i = 0; i < ARRAY_LEN(changes); i++)
        changes[i] = set_host(&w, arena_printf(w.f.mem, "h%zu.example", i), "s");
    publish(&w, changes, ARRAY_LEN(changes));
    publish(&w,
            (struct feed_change[]){set_host(&w, "c.example", "s"), set_host(&w, "a.example", "s")},
            2);
    seq = publish(&w, (struct feed_change[]){delete_host("a.example")}, 1);
    epoch = begin_epoch(&w);
    MUST(&w.f, feed_renew(w.f.mem, &w.feed, &renewal, &w.f.err));
    ok(!renewal.is_done && renewal.renewed == FEED_PAGE_RECORDS - 1 && renewal.held == 1, "%zu %zu",
       renewal.renewed, renewal.held);
    again = renewal;
    MUST(&w.f, feed_renew(w.f.mem, &w.feed, &renewal, &w.f.err));
    ok(renewal.is_done && renewal.renewed == FEED_PAGE_RECORDS + 1, "%zu", renewal.renewed);
    MUST(&w.f, feed_renew(w.f.mem, &w.feed, &again, &w.f.err));
    ok(again.renewed == FEED_PAGE_RECORDS - 1 + 0, "what is renewed is left alone: %zu",
       again.renewed);
    again = (struct feed_renewal){.until_ms = clock_boot_ms() + 60000};
    MUST(&w.f, feed_renew(w.f.mem, &w.feed, &again, &w.f.err));
    ok(again.is_done && again.renewed == 1, "what was held, behind another page: %zu",
       again.renewed);
    page = read_feed(&w, seq);
    ok(asked == FEED_PAGE_RECORDS + 2, "each is asked about: %zu", asked);
    for (size_t i = 0; i < page.count; i++)
        ok((int64_t)page.records[i].epoch == epoch &&
               page.records[i].is_tombstone ==
                   slice_eq(page.records[i].key, slice_str("a.example")),
           "record %zu", i);
    world_close(&w);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_end_between),
        cmocka_unit_test(test_epoch_between),
        cmocka_unit_test(test_renewal),
        cmocka_unit_test(test_order_of_a_change),
        cmocka_unit_test(test_only_what_changes),
        cmocka_unit_test(test_rev_after_forgetting),
        cmocka_unit_test(test_lost_race),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
