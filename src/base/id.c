/* SPDX-License-Identifier: Apache-2.0 */
#include "base/id.h"

#include <stdatomic.h>
#include <time.h>

#include "base/random.h"

#define TICKS_PER_MS 4096 /* the 12 bits of rand_a */
#define NS_PER_MS    1000000

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

#define X(id, prefix) [ID_##id] = prefix,
static const char *const prefixes[ID_KIND_COUNT] = {ID_KINDS(X)};
#undef X

const char *id_prefix(enum id_kind kind)
{
    return prefixes[kind];
}

/* Now, in units of 1/4096 ms; later than at any call before in this process, whatever the clock. */
static uint64_t next_tick(void)
{
    static _Atomic uint64_t last;
    struct timespec ts;
    uint64_t now, before = atomic_load(&last), tick;

    clock_gettime(CLOCK_REALTIME, &ts);
    now =
        (uint64_t)ts.tv_sec * 1000 * TICKS_PER_MS + (uint64_t)ts.tv_nsec * TICKS_PER_MS / NS_PER_MS;
    do {
        tick = now > before ? now : before + 1;
    } while (!atomic_compare_exchange_weak(&last, &before, tick));
    return tick;
}

static void make_uuid7(unsigned char uuid[16])
{
    const uint64_t tick = next_tick(), ms = tick / TICKS_PER_MS;

    random_bytes(uuid, 16);
    for (int i = 0; i < 6; i++)
        uuid[i] = (unsigned char)(ms >> (8 * (5 - i)));
    uuid[6] = (unsigned char)(0x70 | (tick >> 8 & 0x0f));
    uuid[7] = (unsigned char)tick;
    uuid[8] = (unsigned char)(0x80 | (uuid[8] & 0x3f));
}

const char *id_new(struct arena *mem, enum id_kind kind)
{
    unsigned char uuid[16];
    char text[ID_SUFFIX_LEN + 1];
    uint32_t bits = 0;
    unsigned have = 2; /* 128 bits in 26 digits: two zero bits lead */
    size_t n = 0;

    make_uuid7(uuid);
    for (size_t i = 0; i < sizeof(uuid); i++) {
        bits = bits << 8 | uuid[i];
        for (have += 8; have >= 5; have -= 5)
            text[n++] = digits[bits >> (have - 5) & 31];
    }
    text[n] = '\0';
    return arena_printf(mem, "%s_%s", prefixes[kind], text);
}

bool id_is(const char *text, enum id_kind kind)
{
    size_t prefix_len = strlen(prefixes[kind]);

    if (strncmp(text, prefixes[kind], prefix_len) != 0 || text[prefix_len] != '_')
        return false;
    text += prefix_len + 1;
    return strlen(text) == ID_SUFFIX_LEN && strspn(text, digits) == ID_SUFFIX_LEN && text[0] <= '7';
}
