/* SPDX-License-Identifier: Apache-2.0 */
#include "model/history_note.h"

#include <string.h>

static bool is_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool has_verdict(const struct history_line *line, const struct history_line *now)
{
    return is_text(line->state, now->state) && is_text(line->code, now->code);
}

enum history_note history_note(const struct history_line *last, size_t count,
                               const struct history_line *now)
{
    bool is_known = false;

    if (count > 0 && has_verdict(&last[0], now) && is_text(last[0].seen, now->seen))
        return HISTORY_SKIP;
    for (size_t i = 0; i < count; i++)
        is_known = is_known || has_verdict(&last[i], now);
    if (!is_known)
        return HISTORY_ADD;
    if (last[0].varies && now->at - last[0].at < 2 * HISTORY_DAY_MS)
        return now->at - last[0].at < HISTORY_DAY_MS ? HISTORY_SKIP : HISTORY_VARIES;
    return count == HISTORY_NOTES && now->at - last[count - 1].at < HISTORY_DAY_MS ? HISTORY_VARIES
                                                                                   : HISTORY_ADD;
}
