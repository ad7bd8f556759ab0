/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/quote.h"

#include "base/buf.h"

#define WIDEST 4 /* "\\x00" of an octet; "\\u0000" takes the place of two or more */

/* The letter behind the backslash; 0: written otherwise. */
static char letter_of(unsigned char octet)
{
    static const char octets[] = "\a\b\f\n\r\t\v\"\\", letters[] = "abfnrtv\"\\";
    const char *found = octet ? strchr(octets, octet) : NULL;

    return found ? letters[found - octets] : '\0';
}

/* How many octets the character at the front has, if it is well-formed UTF-8 outside of ASCII; else
 * 0. */
static size_t wide_len(struct slice text)
{
    for (size_t len = 2; len <= 4 && len <= text.len; len++) {
        if (text.data[0] >= 0x80 && slice_is_utf8(slice_of(text.data, len)))
            return len;
    }
    return 0;
}

static unsigned code_point(const unsigned char *octets, size_t len)
{
    unsigned value = octets[0] & (0x7fU >> len);

    for (size_t i = 1; i < len; i++)
        value = value << 6 | (octets[i] & 0x3fU);
    return value;
}

static void add_octet(struct buf *out, unsigned char octet)
{
    char letter = letter_of(octet);

    if (letter)
        buf_printf(out, "\\%c", letter);
    else if (octet >= 0x20 && octet < 0x7f)
        buf_u8(out, octet);
    else
        buf_printf(out, "\\x%02x", octet);
}

const char *ca_quoted(struct arena *mem, struct slice octets)
{
    struct buf out = buf_new(mem, octets.len * WIDEST + 3);

    buf_u8(&out, '"');
    for (size_t i = 0; i < octets.len;) {
        const unsigned char *at = octets.data + i;
        size_t len = wide_len(slice_of(at, octets.len - i));

        if (len)
            buf_printf(&out, len == 4 ? "\\U%08x" : "\\u%04x", code_point(at, len));
        else
            add_octet(&out, *at);
        i += len ? len : 1;
    }
    buf_u8(&out, '"');
    return buf_cstr(&out);
}
