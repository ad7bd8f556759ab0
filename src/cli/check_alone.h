/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * check_alone: names looked at by this program itself (src/check), without server, account or
 * store: several at a time. Who has no check key takes any answer of an edge's form for right.
 */
#include <jansson.h>

#include "check/diagnose.h"
#include "config/config.h"

#define CLI_CHECKS_AT_ONCE 16

/* What came of one name. */
struct cli_checked {
    const char *name;
    json_t *json; /* "name", "verdict", "findings", "report", as POST /v1/checks has them; or NULL:
                     `err` says what could not be done. A reference */
    struct err err;
    int64_t took_ms;
};

struct cli_check_alone {
    const struct config *config; /* resolver, suffixes, ports, brand */
    struct check_expected expected;
    const struct prefix *own; /* reserved addresses that may be asked all the same */
    size_t own_count;
    const char *delegation; /* where wildcards must be delegated to: a label and a zone; NULL = not
                               known */
    struct caa_wanted caa;  /* issuer NULL: that of the default CA */
    /* Told of each name as it is done, one at a time, in any order; NULL = nobody. */
    void (*on_done)(const struct cli_checked *checked);
};

/* Fills json, err and took_ms of each, whose name is set. False only when nothing could be begun.
 */
MUST_CHECK bool cli_check_alone(struct arena *mem, const struct cli_check_alone *how,
                                struct cli_checked *list, size_t count, struct err *err);
