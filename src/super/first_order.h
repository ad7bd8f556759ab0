/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * first_order: the order that `latchkey run` places: its timeline as it happens, on standard
 * output, then the curl line that proves it, and a link to the pages; and the summary, as one line
 * of JSON, in a file.
 */
#include "super/layout.h"

struct first_order {
    const struct layout *layout;
    const char *domain;
    const char *summary; /* path of the file */
    int64_t wait_ms;     /* give up after this; 0 = never */
    bool is_kept;        /* all goes on after it: where its pages and its site are is said */
};

/* True with *is_live = whether it got there. */
MUST_CHECK bool first_order(const struct first_order *order, bool *is_live, struct err *err);
