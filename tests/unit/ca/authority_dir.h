/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Folders of the CA's keys and certificates for one test program, below one that is its working
 * folder and has its clock. What cannot be made fails the test. */
#include "ca/authority.h"

#define AUTHORITY_DIR_CLOCK "clock" /* the file with the clock's offset in ms */

/* For cmocka_run_group_tests(). */
int authority_dir_make(void **state);
int authority_dir_remove(void **state);

/* Where the next CA goes: nothing is there. */
const char *authority_dir_next(struct arena *mem);
void authority_dir_write(const char *path, const char *text);
/* The suffixes that are always permitted, and another one unless it is NULL. */
struct ca_suffixes authority_dir_suffixes(struct arena *mem, const char *extra);
/* As `latchkey ca init` and `latchkey ca serve`. */
struct ca_authority_report authority_dir_init(struct arena *mem, const char *dir,
                                              const char *extra);
struct ca_authority authority_dir_load(struct arena *mem, const char *dir);
