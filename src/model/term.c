/* SPDX-License-Identifier: Apache-2.0 */
#include "model/term.h"

int64_t term_end(int64_t start_at, int years)
{
    time_t start = (time_t)(start_at / 1000);
    struct tm date, day;

    gmtime_r(&start, &date);
    date.tm_year += years;
    day = date;
    (void)timegm(&day);
    if (day.tm_mon != date.tm_mon)
        date.tm_mday = 28;
    return (int64_t)timegm(&date) * 1000 + start_at % 1000;
}
