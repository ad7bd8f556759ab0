/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* name_table: the texts of an enum, and back. The table is [ENUM_X] = "x", without holes. */
#include <string.h>

#include "base/base.h"

/* The index of `text`; -1 when it is in no row (then it is an error, never a default). */
static inline int name_table_find(const char *const *names, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], text) == 0)
            return (int)i;
    return -1;
}

/* Defines `bool fn(const char *name, type *out)`: false, and `out` untouched, for an unknown text.
 */
#define DEFINE_NAME_PARSE(fn, type, names)                                                         \
    bool fn(const char *name, type *out)                                                           \
    {                                                                                              \
        int found = name_table_find(names, ARRAY_LEN(names), name);                                \
                                                                                                   \
        if (found < 0)                                                                             \
            return false;                                                                          \
        *out = (type)found;                                                                        \
        return true;                                                                               \
    }
