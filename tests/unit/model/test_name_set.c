/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "check.h"
#include "model/name_set.h"

#define L58 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define L61 L58 "aaa"

static const struct {
    const char *name, *registered;
    const char *names[3];
    const char *offered;
} cases[] = {
    {"a.com", "a.com", {"a.com", "www.a.com"}, NULL},
    {"shop.a.com", "a.com", {"shop.a.com"}, "www.shop.a.com"},
    {"www.a.com", "a.com", {"www.a.com"}, NULL},
    {"*.a.com", "a.com", {"*.a.com", "a.com"}, NULL},
    {"*.b.a.com", "a.com", {"*.b.a.com", "b.a.com"}, NULL},
    {"b.c.d.e.f.g.h.i.a.com", "a.com", {"b.c.d.e.f.g.h.i.a.com"}, NULL},
};

static struct hostname hostname_of(const char *name, const char *registered)
{
    bool is_wildcard = name[0] == '*';
    const char *base = name + (is_wildcard ? 2 : 0);

    return (struct hostname){
        .name = name,
        .base = base,
        .registered = registered,
        .unicode = name,
        .is_wildcard = is_wildcard,
        .is_registered = strcmp(base, registered) == 0,
    };
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* req: R54 */
static void test_cover(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct hostname name = hostname_of(cases[i].name, cases[i].registered);
        struct name_set set;

        name_set_cover(mem, &name, &set);
        for (size_t k = 0; k < set.count; k++)
            ok(same(set.names[k], cases[i].names[k]), "%s covers %s", cases[i].name, set.names[k]);
        ok(!cases[i].names[set.count], "%s covers no more", cases[i].name);
        ok(same(set.offered, cases[i].offered), "%s: www is offered", cases[i].name);
        ok(!set.left_out, "%s: nothing is left out", cases[i].name);
    }
    all_ok();
}

/* req: R54 */
static void test_www_limit(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    static const char in_limit[] = "b." L61 "." L61 "." L61 "." L58 ".zz"; /* 249 octets */
    static const char over[] = "bb." L61 "." L61 "." L61 "." L58 ".zz";    /* 250 */
    struct hostname name = hostname_of(in_limit, in_limit);
    struct name_set set;

    assert_int_equal(strlen(in_limit), 249);
    name_set_cover(mem, &name, &set);
    ok(set.count == 2 && strlen(set.names[1]) == 253, "www of 253 octets is covered");
    name = hostname_of(over, over);
    name_set_cover(mem, &name, &set);
    ok(set.count == 1 && set.left_out && strlen(set.left_out) == 254, "www of 254 is left out");
    ok(same(set.left_out_why, "the name has 254 octets, at most 253 are allowed"), "%s",
       set.left_out_why);
    all_ok();
}

/* req: R41 */
static void test_reserved(void **state)
{
    (void)state;
    static const char *const reserved[] = {"platform.net", "admin.brand.com", "io"};
    static const struct {
        const char *name, *by;
    } rows[] = {
        {"platform.net", "platform.net"},
        {"edge.platform.net", "platform.net"},
        {"a.b.platform.net", "platform.net"},
        {"*.platform.net", "platform.net"},
        {"notplatform.net", NULL},
        {"platform.net.com", NULL},
        {"brand.com", NULL},
        {"*.brand.com", "admin.brand.com"},
        {"*.www.brand.com", NULL},
        {"www.brand.com", NULL},
        {"x.admin.brand.com", "admin.brand.com"},
        {"a.io", "io"},
        {"net", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ok(same(name_reserved_by(reserved, ARRAY_LEN(reserved), rows[i].name), rows[i].by),
           "%s is reserved by %s", rows[i].name, rows[i].by ? rows[i].by : "nothing");
    all_ok();
}

/* req: R41 */
static void test_stars_above(void **state)
{
    (void)state;
    static const struct {
        const char *name, *stars;
    } rows[] = {
        {"shop.example", ""},
        {"*.shop.example", ""},
        {"a.shop.example", "*.shop.example "},
        {"*.a.shop.example", "*.shop.example "},
        {"a.b.shop.example", "*.b.shop.example *.shop.example "},
        {"1.2.3.4.5.6.7.8.a.b", "*.2.3.4.5.6.7.8.a.b *.3.4.5.6.7.8.a.b *.4.5.6.7.8.a.b "
                                "*.5.6.7.8.a.b *.6.7.8.a.b *.7.8.a.b *.8.a.b *.a.b "},
    };
    AUTO(arena_freep) struct arena *mem = arena_new();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *text = "";
        struct name_stars stars;

        name_stars_above(mem, rows[i].name, &stars);
        for (size_t k = 0; k < stars.count; k++)
            text = arena_printf(mem, "%s%s ", text, stars.names[k]);
        ok(same(text, rows[i].stars), "above %s: %s", rows[i].name, text);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cover),
        cmocka_unit_test(test_www_limit),
        cmocka_unit_test(test_reserved),
        cmocka_unit_test(test_stars_above),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
