/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * template: HTML out of Mustache templates and JSON. Parsed once; rendering may be done by many
 * threads at once.
 *
 * Everything put in is escaped for HTML text and for attributes in double quotes: a template that
 * asks for the opposite ({{{x}}}, {{&x}}), changes the delimiters, or includes a partial that is
 * not there does not load. Partials ({{>name}}) are put in when templates load, at most
 * TEMPLATE_DEPTH_MAX deep. What a template names and the JSON lacks is empty.
 */
#include <jansson.h>

#include "base/arena.h"
#include "base/embedded.h"
#include "base/err.h"
#include "base/slice.h"

#define TEMPLATE_DEPTH_MAX  8
#define TEMPLATE_OUTPUT_MAX (4 << 20) /* octets of a rendered page */

struct template_set;

/* A template is called as its file without ".html". ERR_CONFIG names the file and what is wrong. */
MUST_CHECK bool template_set_new(const struct embedded_file *files, size_t count,
                                 struct template_set **out, struct err *err);
void template_set_free(struct template_set *set); /* NULL is fine */

/* *out, in `mem`, has a NUL behind it. ERR_INTERNAL for a template that is not there, ERR_TOO_LARGE
 * above TEMPLATE_OUTPUT_MAX. */
MUST_CHECK bool template_render(struct arena *mem, const struct template_set *set, const char *name,
                                const json_t *data, struct slice *out, struct err *err);
