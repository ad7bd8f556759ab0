/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "ca/pool.h"
#include "check.h"

#define COUNT 1000

static const struct ca_hint none;
static atomic_int done, refused, is_held, begun;
static atomic_bool was_seen[COUNT + 1];

static bool count_once(void *arg, struct arena *mem, int64_t id, const void *hint)
{
    (void)arg;
    (void)hint;
    (void)arena_alloc(mem, 64);
    atomic_store(&was_seen[id], true);
    atomic_fetch_add(&done, 1);
    return true;
}

/* Not now, the first two times. */
static bool be_refused(void *arg, struct arena *mem, int64_t id, const void *hint)
{
    (void)arg;
    (void)hint;
    (void)mem;
    (void)id;
    if (atomic_fetch_add(&refused, 1) < 2)
        return false;
    atomic_fetch_add(&done, 1);
    return true;
}

static bool hold(void *arg, struct arena *mem, int64_t id, const void *hint)
{
    (void)arg;
    (void)hint;
    (void)mem;
    (void)id;
    atomic_fetch_add(&begun, 1);
    while (atomic_load(&is_held))
        usleep(1000);
    atomic_fetch_add(&done, 1);
    return true;
}

static pthread_t last_thread;
static int threads_seen;

/* Only ever one at a time. */
static bool note_thread(void *arg, struct arena *mem, int64_t id, const void *hint)
{
    (void)arg;
    (void)hint;
    (void)mem;
    threads_seen += id == 1 || !pthread_equal(last_thread, pthread_self());
    last_thread = pthread_self();
    atomic_fetch_add(&done, 1);
    return true;
}

static void wait_for(int count)
{
    int64_t until = clock_boot_ms() + 10000;

    while (atomic_load(&done) < count && clock_boot_ms() < until)
        usleep(1000);
    assert_int_equal(atomic_load(&done), count);
}

static int start_anew(void **state)
{
    (void)state;
    atomic_store(&done, 0);
    atomic_store(&begun, 0);
    return 0;
}

static void test_each_once(void **state)
{
    struct ca_pool *pool = ca_pool_new(8, COUNT, count_once, NULL);

    (void)state;
    for (int64_t id = 1; id <= COUNT; id++) {
        assert_true(ca_pool_reserve(pool));
        ca_pool_add(pool, id, none);
    }
    wait_for(COUNT);
    ca_pool_free(pool);
    for (int64_t id = 1; id <= COUNT; id++)
        ok(atomic_load(&was_seen[id]), "%lld was lost", (long long)id);
    all_ok();
}

/* The thread that has just worked works again: others stay as small as they are. */
static void test_few_threads(void **state)
{
    struct ca_pool *pool = ca_pool_new(8, 1, note_thread, NULL);

    (void)state;
    usleep(50000);
    for (int id = 1; id <= 50; id++) {
        ca_pool_restore(pool, id);
        wait_for(id);
        usleep(2000); /* it goes to sleep */
    }
    ca_pool_free(pool);
    assert_in_range(threads_seen, 1, 20); /* taking turns: 50 */
}

static void test_again_later(void **state)
{
    struct ca_pool *pool = ca_pool_new(1, 1, be_refused, NULL);
    int64_t began = clock_boot_ms();

    (void)state;
    assert_true(ca_pool_reserve(pool));
    ca_pool_add(pool, 1, none);
    wait_for(1);
    assert_in_range(clock_boot_ms() - began, 2 * CA_POOL_AGAIN_MS, 10000);
    assert_int_equal(atomic_load(&refused), 3);
    ca_pool_free(pool);
}

static void test_places(void **state)
{
    struct ca_pool *pool = ca_pool_new(1, 2, hold, NULL);

    (void)state;
    atomic_store(&is_held, 1);
    assert_true(ca_pool_reserve(pool));
    ca_pool_add(pool, 1, none);
    assert_true(ca_pool_reserve(pool));
    assert_false(ca_pool_reserve(pool));
    ca_pool_release(pool);
    assert_true(ca_pool_reserve(pool));
    ca_pool_add(pool, 2, none);
    assert_false(ca_pool_reserve(pool));
    ca_pool_restore(pool, 3); /* beyond the limit */
    atomic_store(&is_held, 0);
    wait_for(3);
    ca_pool_free(pool);
}

/* What waits is dropped: it is in the database. */
static void test_stopped(void **state)
{
    struct ca_pool *pool = ca_pool_new(1, 10, hold, NULL);

    (void)state;
    atomic_store(&is_held, 1);
    for (int64_t id = 1; id <= 5; id++)
        ca_pool_restore(pool, id);
    while (atomic_load(&begun) == 0)
        usleep(1000);
    atomic_store(&is_held, 0);
    ca_pool_free(pool);
    assert_in_range(atomic_load(&done), 1, 5);
    ca_pool_free(NULL);
}

static atomic_int freed, wrong;

static void free_hint(void *data)
{
    (void)data;
    atomic_fetch_add(&freed, 1);
}

/* Each hint is that of its id, the second time too. */
static bool compare(void *arg, struct arena *mem, int64_t id, const void *hint)
{
    static atomic_bool was_asked[COUNT + 1];

    (void)arg;
    (void)mem;
    if (hint != &was_seen[id])
        atomic_fetch_add(&wrong, 1);
    if (id == 1 && !atomic_exchange(&was_asked[id], true))
        return false;
    atomic_fetch_add(&done, 1);
    return true;
}

static void test_hints(void **state)
{
    struct ca_pool *pool = ca_pool_new(2, 10, compare, NULL);

    (void)state;
    for (int64_t id = 1; id <= 10; id++) {
        assert_true(ca_pool_reserve(pool));
        ca_pool_add(pool, id, (struct ca_hint){&was_seen[id], free_hint});
    }
    wait_for(10);
    ca_pool_free(pool);
    assert_int_equal(atomic_load(&wrong), 0);
    assert_int_equal(atomic_load(&freed), 10);
}

/* Those of what is dropped are freed too. */
static void test_hints_of_a_stopped_pool(void **state)
{
    struct ca_pool *pool = ca_pool_new(1, 10, hold, NULL);

    (void)state;
    atomic_store(&freed, 0);
    atomic_store(&is_held, 1);
    for (int64_t id = 1; id <= 10; id++) {
        assert_true(ca_pool_reserve(pool));
        ca_pool_add(pool, id, (struct ca_hint){&was_seen[id], free_hint});
    }
    atomic_store(&is_held, 0);
    ca_pool_free(pool);
    assert_int_equal(atomic_load(&freed), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_each_once, start_anew),
        cmocka_unit_test_setup(test_few_threads, start_anew),
        cmocka_unit_test_setup(test_again_later, start_anew),
        cmocka_unit_test_setup(test_places, start_anew),
        cmocka_unit_test_setup(test_stopped, start_anew),
        cmocka_unit_test_setup(test_hints, start_anew),
        cmocka_unit_test_setup(test_hints_of_a_stopped_pool, start_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
