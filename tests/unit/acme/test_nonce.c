/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "acme/nonce.h"
#include "check.h"

#define THREADS 8
#define ROUNDS  20000

static void test_order_and_age(void **state)
{
    struct acme_nonces *pool = acme_nonces_new();
    char nonce[ACME_NONCE_SIZE];

    (void)state;
    assert_false(acme_nonces_take(pool, 0, nonce));
    acme_nonces_put(pool, SLICE_LIT("first"), 1000);
    acme_nonces_put(pool, SLICE_LIT("second"), 2000);
    acme_nonces_put(pool, SLICE_LIT("third_-"), 3000);
    assert_true(acme_nonces_take(pool, 3000, nonce));
    assert_string_equal(nonce, "third_-");
    assert_true(acme_nonces_take(pool, 2000 + ACME_NONCE_AGE_MS, nonce));
    assert_string_equal(nonce, "second");
    assert_false(
        acme_nonces_take(pool, 1001 + ACME_NONCE_AGE_MS, nonce)); /* too old, and dropped */
    assert_false(acme_nonces_take(pool, 1000, nonce));
    acme_nonces_free(pool);
}

static void test_bounds(void **state)
{
    struct acme_nonces *pool = acme_nonces_new();
    char nonce[ACME_NONCE_SIZE], text[ACME_NONCE_SIZE + 1];

    (void)state;
    memset(text, 'n', sizeof(text));
    acme_nonces_put(pool, slice_of(text, ACME_NONCE_SIZE), 0); /* no room for the NUL */
    acme_nonces_put(pool, SLICE_LIT(""), 0);
    acme_nonces_put(pool, SLICE_LIT("with space"), 0);
    acme_nonces_put(pool, SLICE_LIT("quote\""), 0);
    acme_nonces_put(pool, SLICE_LIT("nul\0"), 0);
    assert_false(acme_nonces_take(pool, 0, nonce));
    acme_nonces_put(pool, slice_of(text, ACME_NONCE_SIZE - 1), 0);
    assert_true(acme_nonces_take(pool, 0, nonce));
    assert_int_equal(strlen(nonce), ACME_NONCE_SIZE - 1);

    for (int i = 0; i < ACME_NONCE_POOL + 3; i++) { /* the three oldest are pushed out */
        snprintf(text, sizeof(text), "nonce%d", i);
        acme_nonces_put(pool, slice_str(text), i);
    }
    for (int i = ACME_NONCE_POOL + 2; i >= 3; i--) {
        snprintf(text, sizeof(text), "nonce%d", i);
        ok(acme_nonces_take(pool, 100, nonce) && strcmp(nonce, text) == 0, "%s for %s", nonce,
           text);
    }
    assert_false(acme_nonces_take(pool, 100, nonce));
    acme_nonces_free(pool);
    all_ok();
}

static struct {
    struct acme_nonces *pool;
    _Atomic int uses[THREADS * ROUNDS];
    _Atomic int taken;
} shared;

/* Puts numbered nonces in and takes some out: no number may come out twice, none may be torn. */
static void *put_and_take(void *arg)
{
    int thread = *(int *)arg;
    char nonce[ACME_NONCE_SIZE];
    int64_t number;

    for (int i = 0; i < ROUNDS; i++) {
        snprintf(nonce, sizeof(nonce), "%d", thread * ROUNDS + i);
        acme_nonces_put(shared.pool, slice_str(nonce), 0);
        if (acme_nonces_take(shared.pool, 0, nonce) &&
            slice_i64(slice_str(nonce), 0, THREADS * ROUNDS - 1, &number)) {
            atomic_fetch_add(&shared.uses[number], 1);
            atomic_fetch_add(&shared.taken, 1);
        }
    }
    return NULL;
}

static void test_threads(void **state)
{
    pthread_t threads[THREADS];
    int numbers[THREADS];

    (void)state;
    shared.pool = acme_nonces_new();
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, put_and_take, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS * ROUNDS; i++)
        ok(shared.uses[i] <= 1, "nonce %d came out %d times", i, shared.uses[i]);
    ok(shared.taken == THREADS * ROUNDS, "%d of %d takes had a nonce", shared.taken,
       THREADS * ROUNDS); /* each thread put one in just before, and the pool never overflows */
    acme_nonces_free(shared.pool);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_age),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
