/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The few words that every file may use. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUTO(fn)     __attribute__((cleanup(fn)))
#define MUST_CHECK   __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* DEFINE_FREEP(X509, X509_free): the cleanup handler X509_freep() for AUTO(). */
#define DEFINE_FREEP(type, fn)                                                                     \
    static inline void type##_freep(type **p)                                                      \
    {                                                                                              \
        if (*p)                                                                                    \
            fn(*p);                                                                                \
    }

/* What is banned is banned in this tree, not in the programs of others (see acme/acme.h). */
#if !defined(__cplusplus) && !defined(BASE_BANS_NOTHING)
#include "base/banned.h"
#endif
