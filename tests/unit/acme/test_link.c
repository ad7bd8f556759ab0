/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "acme/link.h"
#include "check.h"

static const struct {
    const char *value;
    const char *found; /* the alternates, with a space behind each */
} rows[] = {
    /* clang-format off */
    {"<https://ca.example/1>;rel=\"alternate\"", "https://ca.example/1 "},
    {"<https://ca.example/1>; rel=alternate", "https://ca.example/1 "},
    {"<https://ca.example/1> ; title=\"a, <b>; rel=index\" ; REL=\"up Alternate\"",
     "https://ca.example/1 "},
    {"<https://ca.example/dir>;rel=\"index\"", ""},
    {"<https://ca.example/dir>;rel=\"index\", <https://ca.example/1>;rel=\"alternate\","
     "<https://ca.example/2>;rel=\"alternate\"", "https://ca.example/1 https://ca.example/2 "},
    {"<https://ca.example/a,b;c>;rel=alternate", "https://ca.example/a,b;c "},
    {"<https://ca.example/1>;rel=\"alternates\"", ""},
    {"<https://ca.example/1>;rel", ""},
    {"<https://ca.example/1>;rel=", ""},
    {"<https://ca.example/1>", ""},
    {"<>;rel=alternate", " "},
    {"<https://ca.example/1", ""},
    {"https://ca.example/1;rel=alternate", ""},
    {"<https://ca.example/1>;rel=\"alternate", "https://ca.example/1 "},
    {"", ""},
    {",,,", ""},
    /* clang-format on */
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice value = slice_str(rows[i].value), target;
        char found[256] = "";

        while (acme_link_next(&value, "alternate", &target))
            snprintf(found + strlen(found), sizeof(found) - strlen(found), "%.*s ", (int)target.len,
                     (const char *)target.data);
        ok(strcmp(found, rows[i].found) == 0, "%s: \"%s\"", rows[i].value, found);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
