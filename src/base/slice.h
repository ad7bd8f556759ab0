/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * slice: a view of octets that somebody else owns, for parsing. Also the big-endian reader and the
 * few number parsers of the product. No allocation: the nginx module uses this file.
 */
#include "base/base.h"

struct slice {
    const unsigned char *data;
    size_t len;
};

#define SLICE_LIT(s) ((struct slice){(const unsigned char *)(s), sizeof(s) - 1})

struct slice slice_of(const void *data, size_t len);
struct slice slice_str(const char *s);
bool slice_eq(struct slice a, struct slice b);
bool slice_eq_str(struct slice a, const char *s);
bool slice_starts(struct slice s, struct slice prefix);

/* Take from the front: false when `in` is too short, and then `in` and `out` are untouched. */
MUST_CHECK bool slice_take(struct slice *in, size_t len, struct slice *out);
MUST_CHECK bool slice_u8(struct slice *in, uint8_t *out);
MUST_CHECK bool slice_u16(struct slice *in, uint16_t *out);
MUST_CHECK bool slice_u32(struct slice *in, uint32_t *out);
MUST_CHECK bool slice_u64(struct slice *in, uint64_t *out);

/* The whole of `s` as a decimal number in min..max: no sign but '-', no space, no leading '+'. */
MUST_CHECK bool slice_i64(struct slice s, int64_t min, int64_t max, int64_t *out);

/* Whether `s` is well-formed UTF-8 (RFC 3629) without NUL. */
bool slice_is_utf8(struct slice s);
/* How many characters (code points) UTF-8 has. */
size_t slice_characters(struct slice utf8);
