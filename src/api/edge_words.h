/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* edge_words: the request headers in which an edge names hosts (feed/agent.h). */
#include "store/edge_report_store.h"

#define API_EDGE_HOSTS_MAX 100

/* Latchkey-Unknown, "<count> <host> <host>...": sets unknown_count and unknown_hosts.
 * ERR_BAD_INPUT. */
MUST_CHECK bool api_read_unknown(struct arena *mem, const char *text, struct edge_report *out,
                                 struct err *err);
/* Latchkey-Kept, "<count> <host>:<certificate id>:<issued_at>:<renewal id>...": sets kept_count and
 * kept_hosts, and *kept to what is said of each. ERR_BAD_INPUT. */
MUST_CHECK bool api_read_kept(struct arena *mem, const char *text, struct edge_report *out,
                              struct edge_kept_list *kept, struct err *err);
