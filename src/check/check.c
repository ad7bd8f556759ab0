/* SPDX-License-Identifier: Apache-2.0 */
#include "check/check.h"

#include "base/clock.h"
#include "check/far_end.h"
#include "check/observe.h"
#include "check/vantage.h"

static void keep_servers(const struct zone_seen *zone, struct check_report *out)
{
    for (size_t i = 0; i < zone->place_count && out->server_count < CHECK_SERVERS_MAX; i++)
        if (zone_place_fault(&zone->places[i]) == ZONE_NONE)
            out->servers[out->server_count++] = zone->places[i].address;
    out->parent.subject = zone->zone;
    for (size_t i = 0; i < zone->parent_count && i < CHECK_OTHERS_MAX; i++)
        out->parent.addresses[out->parent.count++] = zone->parents[i];
}

bool check_run(struct arena *mem, const struct check_env *env, const struct check_names *names,
               const struct check_expected *expected, struct check_report *out, struct err *err)
{
    struct observation *observations = arena_array_of(mem, names->count, struct observation);
    const struct check_context context = {
        .brand = env->brand,
        .resolver = resolver_name(env->resolver),
        .http_port = env->http_port,
        .at = clock_now(),
        .retry_at = env->retry_at,
        .caa = env->caa,
        .needed_until = env->needed_until,
        .own = env->reach.own,
        .own_count = env->reach.own_count,
        .is_offline = env->reach.is_offline,
    };
    struct zone_seen *zone = arena_new_of(mem, struct zone_seen);
    struct registration_seen registration = {.is_in_dns = false};
    struct vantage_list *vantages = arena_new_of(mem, struct vantage_list);
    const struct observed observed = {observations, zone, &registration, vantages};
    const struct check_seen seen = {observations, zone, &registration, vantages};
    int64_t began = clock_boot_ms();

    if (names->count == 0 || names->count > CHECK_NAMES_MAX)
        return err_set(err, ERR_BAD_INPUT, "%zu names cannot be checked together: 1 to %d can",
                       names->count, CHECK_NAMES_MAX);
    if (!observe(mem, env, names, expected, &observed, err))
        return err_wrap(err, "could not check %s", names->names[0]);
    diagnose(mem, names, expected, &context, &seen, out);
    keep_servers(zone, out);
    out->far.subject = far_end_of(observations, names->count, zone->zone, expected);
    out->took_ms = clock_boot_ms() - began;
    return true;
}
