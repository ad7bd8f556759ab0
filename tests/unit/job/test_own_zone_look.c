/* SPDX-License-Identifier: Apache-2.0 */

/* Name servers of our zones, asked for many values: one that has them, and one that is silent. */
#include <string.h>

#include "job/own_zone_look.h"
#include "knot.h"

#define VALUES 100 /* more questions than are asked together */
#define ZONE   "proof.test"
#define SOA    "@ 60 SOA ns. host. 1 3600 600 86400 60\n"

static const char zone_text[] =
    "$ORIGIN " ZONE ".\n" SOA "@ 60 NS ns1\n@ 60 NS ns2\nns1 60 A 127.0.0.1\nns2 60 A 127.0.0.2\n"
    "* 60 TXT \"there\"\n";
static const char other_text[] = "$ORIGIN other.test.\n" SOA "@ 60 NS ns1." ZONE ".\n";
static const char lost_text[] = "$ORIGIN lost.test.\n" SOA "@ 60 NS ns.nowhere.test.\n";
static const struct knot_zone zones[] = {
    {ZONE, zone_text, false}, {"other.test", other_text, false}, {"lost.test", lost_text, false}};

static struct knot knot;

/* One that takes questions and says nothing. */
static int open_silent(void)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(knot.port)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    inet_pton(AF_INET, "127.0.0.2", &sa.sin_addr);
    assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
    return fd;
}

/* Every second value is not there; the last two are of other zones. */
static struct dns_value value_of(struct arena *mem, size_t i)
{
    static const char *const others[] = {"other.test", "lost.test"};
    const char *zone = i < VALUES ? ZONE : others[i - VALUES];

    return (struct dns_value){.owner = arena_printf(mem, "label%zu.%s", i, zone),
                              .zone = zone,
                              .value = i % 2 ? "not there" : "there"};
}

/* "127.0.0.1@53530 1 ; 127.0.0.2@53530 2 why; " */
static const char *show(struct arena *mem, const struct own_zone_look *look)
{
    struct buf out = buf_new(mem, 4096);

    for (size_t i = 0; i < look->count; i++)
        buf_printf(&out, "%s %u %s; ", look->seen[i].server, look->seen[i].at,
                   look->seen[i].why ? look->seen[i].why : "");
    return buf_cstr(&out);
}

/* The servers come in any order. */
static bool is_right(const struct own_zone_look *look, size_t i)
{
    const enum value_at at = i % 2 ? VALUE_LACKS : VALUE_HAS;
    const size_t silent = look->count == 2 && look->seen[0].at == VALUE_SILENT ? 0 : 1;
    const struct value_seen *seen = &look->seen[silent];

    return look->count == 2 && look->seen[1 - silent].at == at && seen->at == VALUE_SILENT &&
           strncmp(seen->server, "127.0.0.2@", 10) == 0 &&
           strcmp(seen->why, "does not answer (timeout)") == 0;
}

static size_t count_waiting(int fd)
{
    char octets[512];
    size_t count = 0;

    while (recv(fd, octets, sizeof(octets), MSG_DONTWAIT) > 0)
        count++;
    return count;
}

/* req: R42 */
static void test_many(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct config cfg = {.mode = CONFIG_SANDBOX, .dns.port = knot.port};
    const struct app app = {.config = &cfg};
    const struct resolver_options options = {.forwarder = knot.forwarder};
    AUTO(resolver_freep) struct resolver *resolver = NULL;
    struct worker worker = {.app = &app};
    struct dns_value *values = arena_array_of(mem, VALUES + 2, struct dns_value);
    struct own_zone_look *looks = arena_array_of(mem, VALUES + 2, struct own_zone_look);
    const struct dns_value_list list = {values, VALUES + 2};
    int fd = open_silent();
    struct err err = {0};
    int64_t began;

    (void)state;
    assert_true(resolver_new(&options, &resolver, &err));
    worker.resolver = resolver;
    for (size_t i = 0; i < list.count; i++)
        values[i] = value_of(mem, i);
    began = clock_boot_ms();
    ok(own_zone_look(&worker, mem, &list, looks, &err), "%s", err.text);
    ok(clock_boot_ms() - began < 2 * OWN_ZONE_LOOK_MS, "%lld ms",
       (long long)(clock_boot_ms() - began));
    for (size_t i = 0; i < VALUES; i++)
        ok(is_right(&looks[i], i), "value %zu: %s", i, show(mem, &looks[i]));
    ok(looks[VALUES].count == 1 && looks[VALUES].seen[0].at == VALUE_LACKS, "another zone");
    ok(looks[VALUES + 1].count == 0, "no server is found");
    ok(count_waiting(fd) == 2, "asked once, and once again");
    close(fd);
    all_ok();
}

static int set_up(void **state)
{
    (void)state;
    return knot_start(&knot, zones, ARRAY_LEN(zones)) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    knot_stop(&knot);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_many)};

    return knot_is_there() ? cmocka_run_group_tests(tests, set_up, tear_down) : KNOT_SKIP;
}
