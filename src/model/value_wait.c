/* SPDX-License-Identifier: Apache-2.0 */
#include "model/value_wait.h"

static enum value_wait_for judge(const struct value_wait *wait, int64_t now)
{
    if (wait->count > 0 && wait->having == wait->count)
        return VALUE_WAIT_OVER;
    if (now < wait->until)
        return VALUE_WAIT_SERVERS;
    return wait->having > 0 ? VALUE_WAIT_OVER : VALUE_WAIT_FAILED;
}

struct value_wait value_wait_of(const struct value_seen *seen, size_t count, int64_t since,
                                int64_t limit_ms, int64_t now)
{
    struct value_wait wait = {.count = count, .until = since + limit_ms};

    for (size_t i = 0; i < count; i++) {
        wait.having += seen[i].at == VALUE_HAS;
        if (seen[i].at != VALUE_HAS && !wait.first)
            wait.first = &seen[i];
    }
    wait.what = judge(&wait, now);
    return wait;
}
