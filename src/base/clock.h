/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * clock: the one clock of the product. Instants are unix milliseconds (int64_t, named ..._at).
 *
 * LATCHKEY_CLOCK_FILE names a file with an offset in milliseconds (decimal text); it is read again
 * every 100 ms, so that a test moves the clock of all processes at once. Leases, socket timeouts
 * and log times do not follow it: they use clock_boot_ms() and clock_real_ms().
 */
#include "base/arena.h"
#include "base/err.h"

int64_t clock_now(void);     /* movable unix milliseconds */
int64_t clock_real_ms(void); /* CLOCK_REALTIME, never moved */
int64_t clock_boot_ms(void); /* CLOCK_BOOTTIME, for leases and deadlines */
bool clock_is_movable(void); /* LATCHKEY_CLOCK_FILE is set: refused in live mode */

#define CLOCK_OFFSET_MAX_MS (INT64_C(200) * 366 * 86400 * 1000) /* either way */
const char *clock_offset_file(void); /* LATCHKEY_CLOCK_FILE; NULL: not set */
void clock_read_again(void);         /* it was written just now: the next clock_now() reads it */

/* The boot id of this machine (36 characters); with CLOCK_BOOTTIME it makes a lease comparable. */
const char *clock_boot_id(void);

/* RFC 3339 in UTC with milliseconds, "2026-11-24T03:48:04.120Z"; fits CLOCK_TEXT_SIZE. */
#define CLOCK_TEXT_SIZE 32
const char *clock_text(int64_t at, char text[CLOCK_TEXT_SIZE]);
const char *clock_text_in(struct arena *mem, int64_t at);
MUST_CHECK bool clock_parse(const char *text, int64_t *out, struct err *err); /* RFC 3339 */
