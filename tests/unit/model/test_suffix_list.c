/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "model/suffix_list.h"

static void test_file(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    char path[] = "/tmp/suffixes-XXXXXX";
    int fd = mkstemp(path);
    const struct suffix_list *list = NULL;
    struct err err = {0};
    static const char text[] = "// a list\ncom\nco.zz\n";

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    close(fd);
    ok(suffix_list_load(mem, &(struct suffix_options){.file = path}, &list, &err), "%s", err.text);
    unlink(path);
    assert_non_null(list);
    ok(suffix_is_known(list, "a.com") && suffix_is_known(list, "co.zz"), "listed");
    ok(!suffix_is_known(list, "a.de"), "the default rule does not make a suffix known");
    ok(suffix_is_public(list, "co.zz") && suffix_is_public(list, "de"), "public");
    ok(!suffix_is_public(list, "a.de"), "not public");
    ok(!strcmp(suffix_registered_domain(list, "x.y.co.zz"), "y.co.zz"), "registered");
    ok(!strcmp(suffix_registered_domain(list, "x.y.de"), "y.de"), "by the default rule");
    ok(!suffix_registered_domain(list, "co.zz"), "a suffix has no registered domain");
    all_ok();
}

static void test_missing(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct suffix_list *list = NULL;
    struct err err = {0};

    ok(!suffix_list_load(mem, &(struct suffix_options){.file = "/nonexistent"}, &list, &err) &&
           err.code == ERR_CONFIG && !list,
       "a missing file is refused");
    ok(strstr(err.text, "cannot read the public suffix list /nonexistent") != NULL, "%s", err.text);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
