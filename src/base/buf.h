/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * buf: a bounded, growing run of octets with a sticky error. Append without checking; ask once at
 * the end with buf_ok(). Nothing is appended after the limit is passed, and the limit is mandatory.
 * Two kinds: buf_new() grows in an arena; buf_fixed() fills memory of the caller and never
 * allocates (the nginx module and records use this one).
 */
#include "base/arena.h"
#include "base/slice.h"

struct buf {
    struct arena *mem; /* NULL: fixed */
    unsigned char *data;
    size_t len, room, max;
    bool is_failed;
};

struct buf buf_new(struct arena *mem, size_t max);
struct buf buf_fixed(void *data, size_t size);
static inline bool buf_ok(const struct buf *b)
{
    return !b->is_failed;
}

void buf_add(struct buf *b, const void *data, size_t len);
void buf_slice(struct buf *b, struct slice s);
void buf_str(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_u8(struct buf *b, uint8_t value);
void buf_u16(struct buf *b, uint16_t value); /* big-endian, as all of these */
void buf_u32(struct buf *b, uint32_t value);
void buf_u64(struct buf *b, uint64_t value);

struct slice buf_view(const struct buf *b);
/* The content as a NUL-terminated string (the NUL is not counted); NULL when the buf has failed. */
const char *buf_cstr(struct buf *b);
