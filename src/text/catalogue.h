/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * catalogue: what people read, by key, one file of messages a language (web/messages/en.json: an
 * object of objects of texts). Pages name a text as {{t.group.key}}; code that must put values in
 * asks catalogue_text(), which replaces {name} by the value.
 */
#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

struct catalogue;

/* ERR_CONFIG when it is not an object of objects of texts. */
MUST_CHECK bool catalogue_new(struct slice json, struct catalogue **out, struct err *err);
void catalogue_free(struct catalogue *catalogue); /* NULL is fine */

/* The whole, to be put into a page's data under "t"; belongs to the catalogue. */
json_t *catalogue_json(const struct catalogue *catalogue);

/* `key` is "group.key"; one that is not there ends the process, as does a value that is not given.
 * The arguments are pairs of a name and a text, ended by NULL. What is longer than
 * CATALOGUE_TEXT_MAX octets is cut behind a whole character, and ends with "…". */
#define CATALOGUE_TEXT_MAX 4096
const char *catalogue_text(struct arena *mem, const struct catalogue *catalogue, const char *key,
                           ...) __attribute__((sentinel));
