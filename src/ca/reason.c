/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/reason.h"

#include <string.h>

static const struct {
    int64_t code;
    const char *name;
} reasons[] = {
    {0, "unspecified"},
    {CA_REASON_KEY_COMPROMISE, "keyCompromise"},
    {4, "superseded"},
    {5, "cessationOfOperation"},
};

const char *ca_reason_name(int64_t code)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
        if (reasons[i].code == code)
            return reasons[i].name;
    }
    return NULL;
}

bool ca_reason_parse(const char *name, int64_t *out)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
        if (strcmp(reasons[i].name, name) == 0) {
            *out = reasons[i].code;
            return true;
        }
    }
    return false;
}
