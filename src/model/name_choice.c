/* SPDX-License-Identifier: Apache-2.0 */
#include "model/name_choice.h"

#define HOUR_MS INT64_C(3600000)

struct name_choice name_choice_of(const struct name_look *names, size_t count, int64_t patience_ms,
                                  int64_t now)
{
    int64_t own_passed_at = 0;
    bool all_pass = true;

    for (size_t i = 0; i < count; i++) {
        all_pass = all_pass && names[i].passed_at;
        if (names[i].is_own)
            own_passed_at = names[i].passed_at;
    }
    if (!own_passed_at)
        return (struct name_choice){.kind = CHOICE_WAIT_OWN};
    if (all_pass || now - own_passed_at >= patience_ms)
        return (struct name_choice){.kind = CHOICE_GO};
    return (struct name_choice){.kind = CHOICE_WAIT_REST, .until = own_passed_at + patience_ms};
}

bool name_is_left_out(const struct name_failure *failure)
{
    return (!failure->is_transient && failure->are_edges_sound) ||
           failure->failures >= NAME_FAILURES_MAX;
}

static int64_t distance_ms(size_t issued_in_week)
{
    static const struct {
        size_t up_to;
        int64_t distance_ms;
    } rows[] = {{2, 0}, {4, HOUR_MS}, {8, 6 * HOUR_MS}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (issued_in_week <= rows[i].up_to)
            return rows[i].distance_ms;
    return 24 * HOUR_MS;
}

int64_t name_join_at(const struct name_look *names, size_t count,
                     const struct name_history *history, int64_t patience_ms)
{
    int64_t first = 0, earliest;
    bool all_pass = true;

    for (size_t i = 0; i < count; i++) {
        all_pass = all_pass && names[i].passed_at;
        if (!names[i].is_covered && names[i].passed_at && (!first || names[i].passed_at < first))
            first = names[i].passed_at;
    }
    if (!first)
        return 0;
    earliest = history->last_issued_at + distance_ms(history->issued_in_week);
    if (!all_pass)
        first += patience_ms;
    return first > earliest ? first : earliest;
}
