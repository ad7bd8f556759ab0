/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slice.h"

struct slice slice_of(const void *data, size_t len)
{
    return (struct slice){data, len};
}

struct slice slice_str(const char *s)
{
    return slice_of(s, strlen(s));
}

bool slice_eq(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool slice_eq_str(struct slice a, const char *s)
{
    return slice_eq(a, slice_str(s));
}

bool slice_starts(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len && slice_eq(slice_of(s.data, prefix.len), prefix);
}

bool slice_take(struct slice *in, size_t len, struct slice *out)
{
    if (in->len < len)
        return false;
    *out = slice_of(in->data, len);
    *in = slice_of(in->data + len, in->len - len);
    return true;
}

static bool take_number(struct slice *in, size_t octets, uint64_t *out)
{
    struct slice raw;
    uint64_t value = 0;

    if (!slice_take(in, octets, &raw))
        return false;
    for (size_t i = 0; i < octets; i++)
        value = value << 8 | raw.data[i];
    *out = value;
    return true;
}

bool slice_u8(struct slice *in, uint8_t *out)
{
    uint64_t value;

    if (!take_number(in, 1, &value))
        return false;
    *out = (uint8_t)value;
    return true;
}

bool slice_u16(struct slice *in, uint16_t *out)
{
    uint64_t value;

    if (!take_number(in, 2, &value))
        return false;
    *out = (uint16_t)value;
    return true;
}

bool slice_u32(struct slice *in, uint32_t *out)
{
    uint64_t value;

    if (!take_number(in, 4, &value))
        return false;
    *out = (uint32_t)value;
    return true;
}

bool slice_u64(struct slice *in, uint64_t *out)
{
    return take_number(in, 8, out);
}

bool slice_i64(struct slice s, int64_t min, int64_t max, int64_t *out)
{
    bool is_negative = s.len > 0 && s.data[0] == '-';
    int64_t value = 0;

    if (s.len == (is_negative ? 1u : 0u) || s.len > 20)
        return false;
    for (size_t i = is_negative; i < s.len; i++) {
        int digit = s.data[i] - '0';

        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, is_negative ? -digit : digit, &value))
            return false;
    }
    if (value < min || value > max)
        return false;
    *out = value;
    return true;
}

/* The length of the UTF-8 sequence at the front of `s`, 0 when it is malformed (RFC 3629). */
static size_t utf8_sequence(struct slice s)
{
    static const struct {
        uint8_t first_min, first_max, second_min, second_max;
        size_t len;
    } rows[] = {
        {0x01, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (s.data[0] < rows[i].first_min || s.data[0] > rows[i].first_max)
            continue;
        if (rows[i].len > s.len)
            return 0;
        if (rows[i].len > 1 && (s.data[1] < rows[i].second_min || s.data[1] > rows[i].second_max))
            return 0;
        for (size_t k = 2; k < rows[i].len; k++)
            if ((s.data[k] & 0xc0) != 0x80)
                return 0;
        return rows[i].len;
    }
    return 0;
}

bool slice_is_utf8(struct slice s)
{
    while (s.len > 0) {
        size_t len = utf8_sequence(s);

        if (len == 0)
            return false;
        s = slice_of(s.data + len, s.len - len);
    }
    return true;
}

size_t slice_characters(struct slice utf8)
{
    size_t count = 0;

    for (size_t i = 0; i < utf8.len; i++)
        count += (utf8.data[i] & 0xc0) != 0x80;
    return count;
}
