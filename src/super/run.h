/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* run: `latchkey run`: everything on this machine, with the sandbox CA, in one folder. */
#include "base/err.h"

#define RUN_DIR          "./var"
#define RUN_DOMAIN       "demo.example"
#define RUN_ONCE_WAIT_MS 60000 /* for --once to get live */

struct run_options {
    const char *dir;
    const char *domain;
    int64_t port_base; /* 0 = the usual ports */
    bool is_once;      /* end after the first order, with its summary as the last line */
    bool is_kept;      /* with is_once: print the summary, but stay */
    bool is_verbose;   /* show every line of the children */
};

/* Until it is stopped. With is_once, *is_live says whether the order got live, and the last line on
 * standard output is the summary, also when it fails; otherwise *is_live is true. */
MUST_CHECK bool run(const struct run_options *options, bool *is_live, struct err *err);
