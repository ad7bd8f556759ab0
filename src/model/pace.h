/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * pace: when to look again at what takes its time: after a share of the time that it has taken so
 * far, so that what is quick is seen at once and what is slow costs little. Pure. Failures have a
 * pace of their own (job_backoff_ms()).
 */
#include <stdint.h>

struct pace {
    int64_t min_ms, max_ms;
    int64_t share; /* 1: as long again; 4: a quarter of that */
};

/* How long to wait when it has taken `taken_ms`. */
int64_t pace_ms(const struct pace *pace, int64_t taken_ms);

/* The earlier of two instants, of which 0 means never. */
int64_t pace_earlier(int64_t a, int64_t b);
