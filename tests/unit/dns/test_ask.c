/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "base/buf.h"
#include "check.h"
#include "dns/ask.h"
#include "knot.h"

/* Questions to a real name server by its address, and to ones that do not answer as they should. */

#define SOA  "@ 3600 SOA ns.nic. host.nic. 7 3600 600 86400 60\n@ 3600 NS ns.nic.\n"
#define LONG "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234"

#define EXAMPLE                                                                                    \
    SOA "a 60 A 192.0.2.1\na 60 A 192.0.2.2\nwww 60 CNAME a\n"                                     \
        "sub 300 NS ns1.sub\nsub 300 NS ns.other.test.\nns1.sub 300 A 192.0.2.53\n"                \
        "large 60 TXT " LONG "\nlarge 60 TXT 1" LONG "\nlarge 60 TXT 2" LONG "\n"                  \
        "large 60 TXT 3" LONG "\nlarge 60 TXT 4" LONG "\nlarge 60 TXT 5" LONG "\n"                 \
        "large 60 TXT 6" LONG "\nlarge 60 TXT 7" LONG "\nlarge 60 TXT 8" LONG "\n"                 \
        "large 60 TXT 9" LONG "\nlarge 60 TXT a" LONG "\nlarge 60 TXT b" LONG "\n"                 \
        "large 60 TXT c" LONG "\nlarge 60 TXT d" LONG "\nlarge 60 TXT e" LONG "\n"

/* What is in an answer about "most.example" besides the octets of its TXT record: the header, the
 * question, the record's head, and OPT (RFC 6891). */
#define AROUND (12 + 18 + 12 + 11)

static char example[65536]; /* EXAMPLE, and the records that fit into an answer just so and not */

static const struct knot_zone zones[] = {
    {"example", example, false},
    {"broken.example", NULL, false},
};

static struct knot knot;
static const unsigned char here[4] = {127, 0, 0, 1};
static uint16_t silent_port, closed_port, liar_port;
static int silent, liar;

static const char *told_text(struct arena *mem, const struct dns_told *told)
{
    if (told->failure != DNS_ASK_NONE)
        return dns_ask_failure_name(told->failure);
    return arena_printf(mem, "%s %s %zu+%zu%s%s referral %zu", dns_rcode_name(told->answer.rcode),
                        dns_reply_name(told->answer.reply), told->answer.chain_count,
                        told->answer.record_count, told->is_authoritative ? " aa" : "",
                        told->is_over_tcp ? " tcp" : "", told->referral_count);
}

static const struct {
    struct dns_query query;
    const char *want;
} rows[] = {
    {{"a.example", DNS_TYPE_A}, "NOERROR records 0+2 aa referral 0"},
    {{"A.Example.", DNS_TYPE_A}, "NOERROR records 0+2 aa referral 0"},
    {{"www.example", DNS_TYPE_A}, "NOERROR records 1+2 aa referral 0"},
    {{"a.example", DNS_TYPE_AAAA}, "NOERROR nodata 0+0 aa referral 0"},
    {{"none.example", DNS_TYPE_A}, "NXDOMAIN nxdomain 0+0 aa referral 0"},
    {{"example", DNS_TYPE_SOA}, "NOERROR records 0+1 aa referral 0"},
    {{"x.sub.example", DNS_TYPE_A}, "NOERROR nodata 0+0 referral 2"},
    {{"large.example", DNS_TYPE_TXT}, "NOERROR records 0+15 aa tcp referral 0"},
    {{"most.example", DNS_TYPE_TXT}, "NOERROR records 0+1 aa tcp referral 0"},
    {{"more.example", DNS_TYPE_TXT}, "bad"},
    {{"a.test", DNS_TYPE_A}, "REFUSED servfail 0+0 referral 0"},
    {{"a.broken.example", DNS_TYPE_A}, "SERVFAIL servfail 0+0 referral 0"},
};

/* All at the same time. */
static void test_rows(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct dns_ask asks[ARRAY_LEN(rows)];
    struct dns_told told[ARRAY_LEN(rows)];
    struct err err = {0};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        asks[i] = (struct dns_ask){slice_of(here, 4), knot.port, rows[i].query};
    ok(dns_ask(mem, asks, told, ARRAY_LEN(rows), 0, &err), "%s", err.text);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ok(strcmp(told_text(mem, &told[i]), rows[i].want) == 0, "%s %s: %s", rows[i].query.name,
           dns_type_name(rows[i].query.type), told_text(mem, &told[i]));
    ok(told[5].answer.records[0].serial == 7, "serial");
    ok(strcmp(told[6].referral[0].owner, "sub.example") == 0 &&
           strcmp(told[6].referral[0].name, "ns.other.test") == 0 &&
           strcmp(told[6].referral[1].name, "ns1.sub.example") == 0,
       "%s %s", told[6].referral[0].name, told[6].referral[1].name);
    all_ok();
}

/* Two answers that are none to the question: another id, and another name. */
static void *lie(void *arg)
{
    unsigned char octets[512];
    struct sockaddr_in peer;
    socklen_t len = sizeof(peer);
    ssize_t size = recvfrom(liar, octets, sizeof(octets), 0, (struct sockaddr *)&peer, &len);

    (void)arg;
    octets[2] |= 0x84;
    octets[0] ^= 1;
    sendto(liar, octets, (size_t)size, 0, (struct sockaddr *)&peer, len);
    octets[0] ^= 1;
    octets[13] ^= 1; /* of the name's first letter */
    sendto(liar, octets, (size_t)size, 0, (struct sockaddr *)&peer, len);
    octets[13] ^= 1;
    sendto(liar, "short", 5, 0, (struct sockaddr *)&peer, len);
    return NULL;
}

static void test_failures(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct dns_query query = {"a.example", DNS_TYPE_A};
    const struct dns_ask asks[] = {
        {slice_of(here, 4), silent_port, query},
        {slice_of(here, 4), closed_port, query},
        {slice_of(here, 4), liar_port, query},
        {slice_of(here, 4), knot.port, query},
    };
    struct dns_told told[ARRAY_LEN(asks)];
    int64_t began = clock_boot_ms();
    struct err err = {0};
    pthread_t thread;

    pthread_create(&thread, NULL, lie, NULL);
    ok(dns_ask(mem, asks, told, ARRAY_LEN(asks), 300, &err), "%s", err.text);
    pthread_join(thread, NULL);
    ok(told[0].failure == DNS_ASK_TIMEOUT && told[1].failure == DNS_ASK_CLOSED &&
           told[2].failure == DNS_ASK_TIMEOUT && told[3].failure == DNS_ASK_NONE,
       "%s %s %s %s", told_text(mem, &told[0]), told_text(mem, &told[1]), told_text(mem, &told[2]),
       told_text(mem, &told[3]));
    ok(clock_boot_ms() - began >= 300 && clock_boot_ms() - began < 2000, "took its time");
    ok(!dns_ask(mem, &(struct dns_ask){slice_of(here, 4), knot.port, {"a..b", DNS_TYPE_A}}, told, 1,
                300, &err) &&
           strcmp(err.text, "\"a..b\" cannot be asked for: not a name") == 0,
       "%s", err.text);
    all_ok();
}

static int bind_udp(uint16_t *port)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(sa);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (bind(fd, (struct sockaddr *)&sa, len) != 0 ||
        getsockname(fd, (struct sockaddr *)&sa, &len) != 0)
        fail_msg("no socket");
    *port = ntohs(sa.sin_port);
    return fd;
}

/* "most 60 TXT ..." with so many octets of data, in strings of up to 255 and their lengths. */
static void add_text(struct arena *mem, struct buf *zone, const char *owner, size_t octets)
{
    char *text = arena_alloc(mem, 256);

    memset(text, 'x', 255);
    buf_printf(zone, "%s 60 TXT", owner);
    for (size_t left = octets; left > 0;) {
        size_t len = left < 256 ? left - 1 : 255;

        buf_printf(zone, " %.*s", (int)len, text);
        left -= len + 1;
    }
    buf_printf(zone, "\n");
}

static void write_example(void)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct buf zone = buf_new(mem, sizeof(example) - 1);

    buf_printf(&zone, "%s", EXAMPLE);
    add_text(mem, &zone, "most", DNS_ASK_ANSWER_MAX - AROUND);
    add_text(mem, &zone, "more", DNS_ASK_ANSWER_MAX - AROUND + 1);
    assert_true(buf_ok(&zone));
    memcpy(example, zone.data, zone.len);
}

static int start(void **state)
{
    (void)state;
    write_example();
    silent = bind_udp(&silent_port);
    liar = bind_udp(&liar_port);
    close(bind_udp(&closed_port));
    return knot_start(&knot, zones, ARRAY_LEN(zones)) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    close(silent);
    close(liar);
    knot_stop(&knot);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_failures),
    };

    return knot_is_there() ? cmocka_run_group_tests(tests, start, stop) : KNOT_SKIP;
}
