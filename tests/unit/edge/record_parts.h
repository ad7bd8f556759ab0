/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What tables of records are made of. */
#include "edge/record_write.h"

#define THUMBPRINT "0123456789012345678901234567890123456789abc"

/* A slice, in a constant. */
#define L(s)                                                                                       \
    {                                                                                              \
        (const unsigned char *)(s), sizeof(s) - 1                                                  \
    }
