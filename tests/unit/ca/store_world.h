/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The CA's database with one account, and its order for a.test and b.test, for a test. */
#include "ca/authorization_store.h"
#include "ca/order_store.h"

#define AT INT64_C(1800000000000)

struct world {
    struct arena *mem;
    struct db *db;
    int64_t account, order, authorizations[2];
};

extern struct err err; /* of the last call: what must() shows */

/* Fails the test unless it is done; true. */
bool must(bool is_done);

/* For IN_A_WORLD(). */
int world_make(void **state);
int world_free(void **state);

int64_t add_account(struct world *w, const char *key_hash);
struct ca_names two_names(void);

#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, world_make, world_free)
