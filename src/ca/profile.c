/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/profile.h"

#define SECOND_MS   INT64_C(1000)
#define HOUR_MS     (3600 * SECOND_MS)
#define DAY_MS      (24 * HOUR_MS)
#define BACKDATE_MS (3510 * SECOND_MS) /* nine tenths of 65 minutes */

/* Let's Encrypt's numbers of July 2026; the last one is the pattern of all others. */
static const struct ca_profile standard[] = {
    {
        .name = "classic",
        .description = "90 days, at most 100 names, with a common name",
        .life_ms = 90 * DAY_MS,
        .names_max = 100,
        .kind = CA_CERT_LEAF,
        .has_common_name = true,
        .pending_ms = 7 * DAY_MS,
        .valid_ms = 30 * DAY_MS,
        .order_ms = 7 * DAY_MS,
    },
    {
        .name = "tlsserver",
        .description = "45 days, at most 25 names, without a common name",
        .life_ms = 45 * DAY_MS,
        .names_max = 25,
        .kind = CA_CERT_SLIM_LEAF,
        .pending_ms = HOUR_MS,
        .valid_ms = 7 * HOUR_MS,
        .order_ms = 8 * HOUR_MS,
    },
    {
        .name = "shortlived",
        .description = "160 hours, at most 25 names, without a common name",
        .life_ms = 160 * HOUR_MS,
        .names_max = 25,
        .kind = CA_CERT_SLIM_LEAF,
        .pending_ms = HOUR_MS,
        .valid_ms = 7 * HOUR_MS,
        .order_ms = 8 * HOUR_MS,
    },
};

static struct ca_profile *find(struct ca_profile *items, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(items[i].name, name) == 0)
            return &items[i];
    }
    return NULL;
}

struct ca_profiles ca_profiles_make(struct arena *mem, const struct ca_own_profile *own,
                                    size_t count)
{
    size_t n = ARRAY_LEN(standard);
    struct ca_profile *items = arena_array_of(mem, n + count, struct ca_profile);

    memcpy(items, standard, sizeof(standard));
    for (size_t i = 0; i < count; i++) {
        struct ca_profile *profile = find(items, n, own[i].name);

        if (!profile) {
            profile = &items[n++];
            *profile = standard[ARRAY_LEN(standard) - 1];
            profile->name = own[i].name;
        }
        profile->life_ms = own[i].life_s * SECOND_MS;
        profile->description = arena_printf(
            mem, "%lld seconds, at most %zu names, with%s a common name", (long long)own[i].life_s,
            profile->names_max, profile->has_common_name ? "" : "out");
    }
    return (struct ca_profiles){.items = items, .count = n};
}

const struct ca_profile *ca_profile_find(const struct ca_profiles *profiles, const char *name)
{
    for (size_t i = 0; i < profiles->count; i++) {
        if (strcmp(profiles->items[i].name, name) == 0)
            return &profiles->items[i];
    }
    return NULL;
}

int64_t ca_profile_backdate_ms(const struct ca_profile *profile)
{
    int64_t share = profile->life_ms / 100;

    return share < BACKDATE_MS ? share : BACKDATE_MS;
}

int64_t ca_profile_reuse_left_ms(const struct ca_profile *profile)
{
    int64_t share = profile->order_ms / 8;

    return share < HOUR_MS ? HOUR_MS : share > DAY_MS ? DAY_MS : share;
}
