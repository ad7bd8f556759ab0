/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* text_list: a short list of texts (addresses, names, scopes), stored as a JSON array. */
#include "base/arena.h"
#include "base/err.h"

#define TEXT_LIST_MAX 256

struct text_list {
    size_t count;
    const char *const *items;
};

bool text_list_has(struct text_list list, const char *text);
const char *text_list_json(struct arena *mem, struct text_list list);
/* ERR_STORE when `json` is not an array of at most TEXT_LIST_MAX texts. */
MUST_CHECK bool text_list_parse(struct arena *mem, const char *json, struct text_list *out,
                                struct err *err);
