/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * turn: a lock file that passes the right to write from process to process. SQLite alone lets a
 * busy process take its lock again before the others wake up; here whoever waits keeps the gate
 * shut behind it, so that two busy processes alternate. It ends with the process that holds it.
 * The same file tells the other processes of a commit: it is written to, and they watch it.
 */
#include "base/err.h"

/* Opens, or creates, the file "<database>-turn" (mode 0600). */
MUST_CHECK bool turn_open(const char *database, int *fd, struct err *err);
/* Waits for as long as it takes: transactions are short, and a lock ends with its process. */
MUST_CHECK bool turn_take(int fd, struct err *err);
void turn_give(int fd);

/* Takes the lowest free number, from 1, that the processes at this database have; the kernel frees
 * it with the process. To be asked once for an `fd`: it would get the same again. ERR_CONFIG when
 * DB_PLACES_MAX are taken. */
MUST_CHECK bool turn_take_place(int fd, unsigned *place, struct err *err);

/* After a commit: whoever watches the file, in any process, is woken. A hint: it may get lost. */
void turn_tell(int fd);

/* A descriptor that becomes readable when anybody calls turn_tell(), until turn_watch_clear(); -1
 * when the system has none to give. The file is there. */
int turn_watch(const char *database);
void turn_watch_clear(int watch); /* -1 is fine */
