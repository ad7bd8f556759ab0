/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * secret: octets that must not be shown. No formatter, JSON writer or log field takes this type;
 * whoever takes its octets, by secret_view(), answers for them. Wiped with secret_wipe() (or AUTO)
 * after use.
 */
#include <openssl/crypto.h>

#include "base/slice.h"

#define SECRET_MAX 4096

struct secret {
    size_t len;
    unsigned char data[SECRET_MAX];
};

static inline struct slice secret_view(const struct secret *s)
{
    return slice_of(s->data, s->len);
}

static inline void secret_wipe(struct secret *s)
{
    OPENSSL_cleanse(s, sizeof(*s));
}
