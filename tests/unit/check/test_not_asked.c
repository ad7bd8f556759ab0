/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "dns/not_asked.h"
#include "net/address.h"

/* Two modules that know nothing of each other have the same ranges: net/address.c, by which this
 * program connects, and dns/not_asked.c, by which libunbound does. */

static struct prefix prefixes[DNS_NOT_ASKED_COUNT];

static bool is_asked(const struct address *address)
{
    for (size_t i = 0; i < DNS_NOT_ASKED_COUNT; i++)
        if (prefix_has(&prefixes[i], address))
            return false;
    return true;
}

static void compare(const struct address *address)
{
    const char *reserved = address_reserved_for(address);
    bool is_wanted = !reserved || strcmp(reserved, "documentation") == 0;
    char text[ADDRESS_TEXT_SIZE];

    if (is_asked(address) != is_wanted)
        ok(false, "%s: asked %d, reserved for %s", address_text(address, text), !is_wanted,
           reserved);
}

/* No range of net/address.c is smaller than a /24, nor than a /16 below 192. */
static void test_v4(void **state)
{
    (void)state;

    for (unsigned n = 0; n < 1U << 24; n += n < 0xc00000 ? 0x100 : 1)
        compare(&(struct address){
            .octets = {(unsigned char)(n >> 16), (unsigned char)(n >> 8), (unsigned char)n, 1}});
    all_ok();
}

/* Each first /32, and the ranges that are smaller; what carries IPv4 is not asked at all. */
static void test_v6(void **state)
{
    static const char *const small[] = {"::",
                                        "::1",
                                        "::8.8.8.8",
                                        "::ffff:8.8.8.8",
                                        "64:ff9b::8.8.8.8",
                                        "64:ff9b:1::1",
                                        "2002:808:808::1"};
    (void)state;

    for (unsigned n = 0; n < 1U << 16; n++)
        for (unsigned k = 0; k < 0x1000; k += 0x5a8) {
            struct address address = {.is_v6 = true,
                                      .octets = {(unsigned char)(n >> 8), (unsigned char)n,
                                                 (unsigned char)(k >> 8), (unsigned char)k, 1}};

            if (n != 0 && n != 0x64 && n != 0x2002)
                compare(&address);
        }
    for (size_t i = 0; i < ARRAY_LEN(small); i++) {
        struct address address;
        struct err err;

        ok(address_parse(small[i], &address, &err) && !is_asked(&address), "%s", small[i]);
    }
    all_ok();
}

static int parse(void **state)
{
    struct err err;
    (void)state;

    for (size_t i = 0; i < DNS_NOT_ASKED_COUNT; i++)
        if (!prefix_parse(dns_not_asked[i], &prefixes[i], &err))
            return -1;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_v4), cmocka_unit_test(test_v6)};

    return cmocka_run_group_tests(tests, parse, NULL);
}
