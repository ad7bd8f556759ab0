/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* kept_report: what an agent tells of the hosts that it keeps (kept.h), in the request header
 * Latchkey-Kept: how many there are, then "<host>:<certificate id>:<issued_at>:<id of RFC 9773>" of
 * as many as fit, the next ones the next time. The last is "-" for a certificate that has none. */
#include "feed/kept.h"

#define KEPT_TEXT_MAX  3000 /* octets, the number apart */
#define KEPT_REPORT_MS 1000 /* one that does not name all is made anew no sooner */

struct kept_report {
    struct arena *mem; /* of `text`; NULL: there is none yet */
    const char *text;  /* NULL: nothing is kept */
    bool is_more;      /* there are some that it does not name */
    int64_t made_at;   /* on clock_boot_ms() */
    size_t last_len;   /* of the name that it ends with; 0: it named the last one */
    unsigned char last[EDGE_KEY_MAX];
};

void kept_report_end(struct kept_report *report);
/* What is to be told now. */
MUST_CHECK bool kept_report_make(struct kept_report *report, struct edge_db *db, struct err *err);
