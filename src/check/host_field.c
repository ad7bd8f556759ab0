/* SPDX-License-Identifier: Apache-2.0 */
#include "check/host_field.h"

#include <string.h>

const char *host_field(struct arena *mem, const char *registered, const char *name)
{
    size_t len = strlen(name), tail = strlen(registered);

    if (strcmp(name, registered) == 0)
        return "@";
    if (len > tail + 1 && name[len - tail - 1] == '.' && strcmp(name + len - tail, registered) == 0)
        return arena_strndup(mem, name, len - tail - 1);
    return name;
}
