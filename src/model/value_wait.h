/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * value_wait: whether the name servers of a zone have a TXT value, so that the CA may be told to
 * look (RFC 8555 section 8.4). All that answer are waited for, for a time: then the CA is told if
 * at least one has it, for it may be one that we cannot reach which is missing. Pure.
 */
#include "base/base.h"

enum value_at { VALUE_HAS, VALUE_LACKS, VALUE_SILENT };

struct value_seen {
    const char *server;
    enum value_at at;
    const char *why; /* with VALUE_SILENT */
};

/* Of many values the last of these is what counts. */
enum value_wait_for { VALUE_WAIT_OVER, VALUE_WAIT_SERVERS, VALUE_WAIT_FAILED };

struct value_wait {
    enum value_wait_for what;
    size_t having, count;
    const struct value_seen *first; /* that has it not; NULL: all have */
    int64_t until;                  /* when it is waited for no longer */
};

/* `since`: when the value was put there. No server at all is as if none had it. */
struct value_wait value_wait_of(const struct value_seen *seen, size_t count, int64_t since,
                                int64_t limit_ms, int64_t now);
