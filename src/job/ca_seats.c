/* SPDX-License-Identifier: Apache-2.0 */
#include "job/ca_seats.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/random.h"

#define OTHERS_SHARE 4 /* of so many threads one is kept for the other CAs, and one at least */
#define AGAIN_MIN_MS 500
#define AGAIN_MAX_MS 1500

struct ca_seats {
    atomic_uint taken;
    unsigned most;
};

static unsigned most_of(unsigned threads, size_t cas)
{
    const unsigned others = threads / OTHERS_SHARE;

    if (cas < 2 || threads < 2)
        return threads;
    return threads - (others > 0 ? others : 1);
}

struct ca_seats *ca_seats_new(unsigned threads, size_t cas)
{
    struct ca_seats *seats = calloc(1, sizeof(*seats));

    if (!seats)
        abort();
    seats->most = most_of(threads, cas);
    return seats;
}

void ca_seats_free(struct ca_seats *seats)
{
    free(seats);
}

bool ca_seats_take(struct ca_seats *seats, const char *ca, struct err *err)
{
    if (atomic_fetch_add(&seats->taken, 1) < seats->most)
        return true;
    ca_seats_leave(seats);
    (void)err_set(err, ERR_CA_BUSY,
                  "%s has not answered yet where it was asked before (%u at once)", ca,
                  seats->most);
    err->retry_at = clock_now() + random_between(AGAIN_MIN_MS, AGAIN_MAX_MS);
    return false;
}

void ca_seats_leave(struct ca_seats *seats)
{
    atomic_fetch_sub(&seats->taken, 1);
}
