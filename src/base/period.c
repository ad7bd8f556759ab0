/* SPDX-License-Identifier: Apache-2.0 */
#include "base/period.h"

#include <string.h>

#include "base/slice.h"

#define DAY_S INT64_C(86400)

static const struct {
    char letter;
    int64_t seconds;
} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', DAY_S}};

bool period_parse(const char *text, int64_t max_s, int64_t *out, struct err *err)
{
    size_t len = strlen(text);
    int64_t count;

    for (size_t i = 0; len && i < ARRAY_LEN(units); i++) {
        int64_t most = max_s / units[i].seconds;

        if (text[len - 1] != units[i].letter ||
            !slice_i64(slice_of(text, len - 1), 1, most, &count))
            continue;
        *out = count * units[i].seconds;
        return true;
    }
    return err_set(err, ERR_CONFIG,
                   "\"%s\" is not a period such as 90s, 10m, 3h or 7d, of %lld days at most", text,
                   (long long)(max_s / DAY_S));
}
