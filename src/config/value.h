/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* value: one configured value, from its text into the struct and back. */
#include "config/options.h"

/* Checks `text` by type, limits and format and stores it in the struct at `base`. `dir` is what a
 * relative path is taken from. ERR_CONFIG with the reason alone. */
MUST_CHECK bool value_set(struct arena *mem, const struct option *option, const char *dir,
                          const char *text, void *base, struct err *err);
/* The same for one entry of a list, into `out`. */
MUST_CHECK bool value_entry(struct arena *mem, const struct option *option, const char *dir,
                            const char *text, const char **out, struct err *err);
/* Sets all scalars of the table to their defaults. */
void value_defaults(struct arena *mem, const struct option_table *table, const char *dir,
                    void *base);

/* A scalar as it would stand in the file; a path under `dir` is made relative to it. */
const char *value_text(struct arena *mem, const struct option *option, const char *dir,
                       const void *base);
const char *value_relative(const char *dir, const char *path);
