/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * turn: a lock file that passes the right to write from process to process. SQLite alone lets a
 * busy process take its lock again before the others wake up; here whoever waits keeps the gate
 * shut behind it, so that two busy processes alternate. It ends with the process that holds it.
 */
#include "base/err.h"

/* Opens, or creates, the file (mode 0600). */
MUST_CHECK bool turn_open(const char *path, int *fd, struct err *err);
/* Waits for as long as it takes: transactions are short, and a lock ends with its process. */
MUST_CHECK bool turn_take(int fd, struct err *err);
void turn_give(int fd);
