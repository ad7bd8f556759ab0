/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * watch_pace: how often a domain is looked at by itself. A glance asks name servers whether what
 * they say has changed; a whole look is a check of every name, over DNS and HTTP. Pure.
 */
#include "base/base.h"

/* Nothing of an order is looked at any more when nobody has cared for it for so long. */
#define WATCH_WAITS_MS (30 * INT64_C(86400000))

/* When that is, for an issuance that began at `began` and was cared for last at `cared_at`, 0:
 * never. */
int64_t watch_waits_until(int64_t cared_at, int64_t began);

/* Between two glances at names that wait, so long after somebody cared last: ordered, asked for a
 * look, or opened the page. */
int64_t watch_waiting_ms(int64_t uncared_ms);

struct watch_pace {
    int64_t glance_ms, whole_ms;
};

/* At a secured domain, so long before its renewal is due; negative: it is due. `uncared_ms` as
 * above. */
struct watch_pace watch_secured_pace(int64_t until_renewal_ms, int64_t uncared_ms);

/* So much sooner than `ms` that domains which were looked at together are not again: `random` is
 * any number. */
int64_t watch_jitter_ms(int64_t ms, uint64_t random);

/* How often the parent zone is asked about the domain at the most: its servers are everybody's. So
 * long after somebody cared last; each time goes with a glance. */
int64_t watch_parent_ms(int64_t uncared_ms);

/* Whether a whole look is worth it because name servers say something else than the last time:
 * what they have never said costs one of WATCH_CHANGES, what they have said before (servers that
 * give out one part of the addresses, then another) WATCH_CHANGE_AGAIN of them, and one comes back
 * each minute. *tat_us is the state (base/rate.h), 0 at first; spent when it is true. */
#define WATCH_CHANGES      120
#define WATCH_CHANGE_AGAIN 20
#define WATCH_CHANGES_KEPT 20 /* for what is new */
bool watch_may_wake(int64_t *tat_us, bool is_novel, int64_t now_us);

/* The rows of both tables, for their test. */
struct watch_row {
    int64_t up_to_ms;
    struct watch_pace pace; /* whole_ms 0: not by itself (check.retry_max_ms) */
};
const struct watch_row *watch_waiting_rows(size_t *count);
const struct watch_row *watch_secured_rows(size_t *count);
