/* SPDX-License-Identifier: Apache-2.0 */
#include "model/pace.h"

int64_t pace_ms(const struct pace *pace, int64_t taken_ms)
{
    int64_t wait = taken_ms / pace->share;

    if (wait < pace->min_ms)
        return pace->min_ms;
    return wait < pace->max_ms ? wait : pace->max_ms;
}

int64_t pace_earlier(int64_t a, int64_t b)
{
    if (a == 0 || b == 0)
        return a ? a : b;
    return a < b ? a : b;
}
