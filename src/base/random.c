/* SPDX-License-Identifier: Apache-2.0 */
#include "base/random.h"

#include <assert.h>
#include <errno.h>
#include <sys/random.h>

void random_bytes(void *out, size_t len)
{
    unsigned char *at = out;

    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            fputs("the kernel gives no random octets\n", stderr);
            abort();
        }
        at += got;
        len -= (size_t)got;
    }
}

uint64_t random_below(uint64_t n)
{
    uint64_t value, limit;

    assert(n > 0);
    limit = UINT64_MAX - UINT64_MAX % n; /* rejected above, so that no remainder is favoured */
    do
        random_bytes(&value, sizeof(value));
    while (value >= limit);
    return value % n;
}

int64_t random_between(int64_t a, int64_t b)
{
    assert(a < b);
    return a + (int64_t)random_below((uint64_t)(b - a));
}
