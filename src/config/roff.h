/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* roff: text in a man(7) page. */
#include "base/buf.h"

/* Appends `text` so that it means itself: no escapes, no request at its begin, real hyphens. */
void roff_text(struct buf *out, const char *text);
