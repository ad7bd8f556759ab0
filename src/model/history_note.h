/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * history_note: whether what a look has seen of a name is worth a line of its history. What differs
 * from look to look - servers that give out one part of their addresses, then another - would leave
 * no room for anything else: it is told once, and then again after a while. Pure.
 */
#include "base/base.h"

#define HISTORY_NOTES  6                 /* of a name, within ... */
#define HISTORY_DAY_MS INT64_C(86400000) /* ... before it varies, and one line a day then */

/* What a look has seen, or a line of the history. */
struct history_line {
    int64_t at;
    const char *state, *code; /* code NULL: there is no finding */
    const char *seen;
    bool varies;
};

enum history_note {
    HISTORY_SKIP, /* nothing new */
    HISTORY_ADD,
    HISTORY_VARIES, /* added, as one that varies */
};

/* `last`: the latest lines of the name, at most HISTORY_NOTES, the newest first. A verdict or
 * finding that is not among them is always added. */
enum history_note history_note(const struct history_line *last, size_t count,
                               const struct history_line *now);
