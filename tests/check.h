/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* For table tests on cmocka, which stops at the first failure: ok() counts and prints every failing
 * row, all_ok() fails once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/base.h"

static int rows_failed;

PRINTF(2, 3) static inline bool ok(bool pass, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (!pass)
        print_error("not ok: %s\n", text);
    rows_failed += !pass;
    return pass;
}

static inline void all_ok(void)
{
    int failed = rows_failed;

    rows_failed = 0; /* the next test has rows of its own */
    assert_int_equal(failed, 0);
}
