/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A folder for the databases of one test program, and empty databases of the CA in it. */
#include "db/db.h"

/* For cmocka_run_group_tests(). */
int store_dir_make(void **state);
int store_dir_remove(void **state);

/* Where the next database goes. */
const char *store_dir_next(struct arena *mem);
/* A new one with the CA's tables; aborts when it cannot be made. */
struct db *store_dir_open(struct arena *mem);
