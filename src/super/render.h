/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* render: the files that `latchkey run` writes, out of embedded texts with {{NAMES}} in them. */
#include "base/arena.h"
#include "base/err.h"

#define RENDER_VALUES_MAX 16

/* What the names in a text stand for; begin with {.mem = mem}. */
struct render_values {
    struct arena *mem;
    struct {
        const char *name, *text;
    } items[RENDER_VALUES_MAX];
    size_t count;
};

void render_set(struct render_values *values, const char *name, const char *text);
void render_set_number(struct render_values *values, const char *name, int64_t number);

/* The embedded text of this name with every {{NAME}} replaced, in the arena of the values. An
 * unknown text or name is a programming error and ends the process. */
const char *render(const char *file, const struct render_values *values);

/* Writes it whole or not at all: beside, then renamed. ERR_CONFIG. */
MUST_CHECK bool file_write(struct arena *mem, const char *path, const char *text, unsigned mode,
                           struct err *err);
/* At most `max` octets; *out = NULL when there is no such file. */
MUST_CHECK bool file_read(struct arena *mem, const char *path, size_t max, const char **out,
                          struct err *err);
