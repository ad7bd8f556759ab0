/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * limit_file: which limits are in force. "none", "letsencrypt", or a file of lines
 *
 *     NAME COUNT PERIOD [BURST]     such as "orders_per_account 5 3h", burst 5 when it is left out
 *     NAME off
 *
 * with names of ca/limit.h, a period in s, m, h or d, and comments from "#" on. "all off" is every
 * limit. A limit that no line names is Let's Encrypt's; the last line about one counts.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"
#include "ca/limit.h"

#define CA_LIMIT_FILE_MAX 65536

/* ERR_CONFIG with the file, the line and the reason. */
MUST_CHECK bool ca_limits_load(const char *choice, struct ca_limits *out, struct err *err);
/* The same for the text of a file; `err` without the file. */
MUST_CHECK bool ca_limits_read(struct arena *mem, struct slice text, struct ca_limits *out,
                               struct err *err);
