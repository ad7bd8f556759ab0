/* SPDX-License-Identifier: Apache-2.0 */
#include "model/name_set.h"

#include <string.h>

#include "model/hostname.h"

static bool is_www(const char *name)
{
    return strncmp(name, "www.", 4) == 0;
}

void name_set_cover(struct arena *mem, const struct hostname *name, struct name_set *out)
{
    struct name_set set = {.names = {name->name}, .count = 1};
    const char *www = arena_printf(mem, "www.%s", name->base);
    struct err err = {0};

    if (name->is_wildcard) {
        set.names[set.count++] = name->base;
    } else if (name->is_registered && hostname_check(www, &err)) {
        set.names[set.count++] = www;
    } else if (name->is_registered) {
        set.left_out = www;
        set.left_out_why = arena_strdup(mem, err.text);
    } else if (!is_www(name->base) && hostname_check(www, &err)) {
        set.offered = www;
    }
    *out = set;
}

void name_stars_above(struct arena *mem, const char *name, struct name_stars *out)
{
    const char *base = hostname_base(name);
    const char *dot = strchr(base, '.');

    *out = (struct name_stars){0};
    for (; dot && strchr(dot + 1, '.') && out->count < ARRAY_LEN(out->names);
         dot = strchr(dot + 1, '.'))
        out->names[out->count++] = arena_printf(mem, "*%s", dot);
}

const char *name_reserved_by(const char *const *reserved, size_t count, const char *name)
{
    bool is_wildcard = hostname_is_wildcard(name);
    const char *base = hostname_base(name);

    for (size_t i = 0; i < count; i++) {
        const char *entry = reserved[i];
        const char *parent = strchr(entry, '.');

        if (hostname_is_within(base, entry))
            return entry;
        if (is_wildcard && parent && strcmp(parent + 1, base) == 0)
            return entry;
    }
    return NULL;
}
