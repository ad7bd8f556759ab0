/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Files that the build put into the binary (tools/embed). */
#include <stddef.h>

struct embedded_file {
    const char *name;          /* without its folder */
    const unsigned char *data; /* a NUL follows, not counted in len */
    size_t len;
};
