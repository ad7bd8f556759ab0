/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* unknown: the request header Latchkey-Unknown. */
#include "store/edge_report_store.h"

#define API_UNKNOWN_HOSTS_MAX 100

/* "<count> <host> <host>...": sets unknown_count and unknown_hosts. ERR_BAD_INPUT. */
MUST_CHECK bool api_read_unknown(struct arena *mem, const char *text, struct edge_report *out,
                                 struct err *err);
