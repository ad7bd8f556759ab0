/* SPDX-License-Identifier: Apache-2.0 */
#include "config/roff.h"

void roff_text(struct buf *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        buf_str(out, "\\&");
    for (; *text; text++) {
        if (*text == '\\')
            buf_str(out, "\\e");
        else if (*text == '-')
            buf_str(out, "\\-");
        else
            buf_u8(out, (uint8_t)*text);
    }
}
