/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>

#define FIRST_ROOM 256u

struct buf buf_new(struct arena *mem, size_t max)
{
    return (struct buf){.mem = mem, .max = max};
}

struct buf buf_fixed(void *data, size_t size)
{
    return (struct buf){.data = data, .room = size, .max = size};
}

/* One octet more than asked for is kept free in an arena, for the NUL of buf_cstr(). */
static bool make_room(struct buf *b, size_t len)
{
    size_t room;
    unsigned char *data;

    if (b->is_failed || len > b->max - b->len) {
        b->is_failed = true;
        return false;
    }
    if (len <= b->room - b->len)
        return true;
    room = b->room ? b->room : FIRST_ROOM;
    while (room < b->len + len)
        room *= 2;
    if (room > b->max)
        room = b->max;
    data = arena_alloc(b->mem, room + 1);
    if (b->len)
        memcpy(data, b->data, b->len);
    b->data = data;
    b->room = room;
    return true;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
    if (!make_room(b, len) || len == 0)
        return;
    memcpy(b->data + b->len, data, len);
    b->len += len;
}

void buf_slice(struct buf *b, struct slice s)
{
    buf_add(b, s.data, s.len);
}

void buf_str(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    char small[512], *text = small;
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = vsnprintf(small, sizeof(small), fmt, ap);
    va_end(ap);
    if (len < 0 || (size_t)len > b->max - b->len || (!b->mem && (size_t)len >= sizeof(small))) {
        b->is_failed = true;
        return;
    }
    if ((size_t)len >= sizeof(small)) {
        text = arena_alloc(b->mem, (size_t)len + 1);
        va_start(ap, fmt);
        vsnprintf(text, (size_t)len + 1, fmt, ap);
        va_end(ap);
    }
    buf_add(b, text, (size_t)len);
}

static void add_number(struct buf *b, uint64_t value, size_t octets)
{
    unsigned char raw[8];

    for (size_t i = 0; i < octets; i++)
        raw[i] = (unsigned char)(value >> (8 * (octets - 1 - i)));
    buf_add(b, raw, octets);
}

void buf_u8(struct buf *b, uint8_t value)
{
    add_number(b, value, 1);
}

void buf_u16(struct buf *b, uint16_t value)
{
    add_number(b, value, 2);
}

void buf_u32(struct buf *b, uint32_t value)
{
    add_number(b, value, 4);
}

void buf_u64(struct buf *b, uint64_t value)
{
    add_number(b, value, 8);
}

struct slice buf_view(const struct buf *b)
{
    return slice_of(b->data, b->len);
}

const char *buf_cstr(struct buf *b)
{
    if (b->is_failed)
        return NULL;
    if (!b->data)
        return "";
    if (!b->mem && b->len == b->room) /* in an arena make_room() keeps one octet for it */
        return NULL;
    b->data[b->len] = '\0';
    return (const char *)b->data;
}
