/* SPDX-License-Identifier: Apache-2.0 */
#include "check/reach.h"

#include "dns/place.h"

struct list {
    struct net_allowed *items;
    size_t count;
};

static void allow_own(struct list *list, const struct check_reach *reach, uint16_t port)
{
    for (size_t i = 0; i < reach->own_count; i++)
        list->items[list->count++] = (struct net_allowed){reach->own[i], port};
}

static void allow_exactly(struct list *list, const struct address *addresses, size_t count,
                          uint16_t port)
{
    for (size_t i = 0; i < count; i++)
        list->items[list->count++] =
            (struct net_allowed){{addresses[i], addresses[i].is_v6 ? 128 : 32}, port};
}

static struct net_policy policy_of(const struct check_reach *reach, enum net_public internet,
                                   const struct list *list)
{
    return (struct net_policy){.public_reach = reach->is_offline ? NET_PUBLIC_NONE : internet,
                               .allowed = list->items,
                               .allowed_count = list->count};
}

void reach_servers(struct arena *mem, const struct check_reach *reach, struct net_policy *out)
{
    struct list list = {.items = arena_array_of(mem, reach->own_count, struct net_allowed)};

    allow_own(&list, reach, DNS_PORT);
    *out = policy_of(reach, NET_PUBLIC_ANY, &list);
}

void reach_registries(struct arena *mem, const struct check_reach *reach, uint16_t port,
                      struct net_policy *out)
{
    struct list list = {.items = arena_array_of(mem, reach->own_count, struct net_allowed)};

    allow_own(&list, reach, port);
    *out = policy_of(reach, NET_PUBLIC_WEB, &list);
}

void reach_sites(struct arena *mem, const struct check_reach *reach,
                 const struct check_expected *expected, struct check_ports ports,
                 struct net_policy *out)
{
    size_t each = expected->ipv4_count + expected->ipv6_count + reach->own_count;
    struct list list = {.items = arena_array_of(mem, 2 * each, struct net_allowed)};
    const uint16_t both[] = {ports.http, ports.https};

    for (size_t i = 0; i < ARRAY_LEN(both); i++) {
        allow_exactly(&list, expected->ipv4, expected->ipv4_count, both[i]);
        allow_exactly(&list, expected->ipv6, expected->ipv6_count, both[i]);
        allow_own(&list, reach, both[i]);
    }
    *out = policy_of(reach, NET_PUBLIC_WEB, &list);
}
