/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * held: runs that wait for so short a time that their jobs keep lease and memory, and go on where
 * they were; nothing of the wait is stored. At most HELD_MAX. No lock of its own.
 */
#include "job/runner.h"

#define HELD_MAX 64           /* each has the memory of its run */
#define HELD_MS  INT64_C(250) /* what waits longer gives its memory back */

/* A claimed job, with the memory of its run. */
struct claimed {
    struct arena *mem;
    const struct job *job;
    struct job_result result; /* result.go_on: what the run goes on with; NULL: it begins */
    int64_t due_at;           /* clock_boot_ms(): when it does, if it is held */
    struct claimed *next;     /* of a list of the runner's */
    bool is_relief;           /* for the relief, which asks no CA */
};

struct held {
    struct claimed items[HELD_MAX];
    size_t count;
};

/* False when there is no room. */
bool held_put(struct held *held, const struct claimed *claimed);
/* When the next one is due; INT64_MAX when none is held. */
int64_t held_next(struct held *held);
/* The one that is due first, when it is due by `now`; false when none is. */
bool held_take(struct held *held, int64_t now, struct claimed *out);
