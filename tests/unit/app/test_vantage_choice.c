/* SPDX-License-Identifier: Apache-2.0 */
#include "app/vantage_choice.h"
#include "base/buf.h"
#include "check.h"

#define NOW INT64_C(1790000000000)

/* Edges a, b, c, ... by their regions, and which of them are asked about 192.0.2.1 from the
 * `first` on. */
struct edge_row {
    const char *region;
    int64_t asked, silent_at;
    const char *address; /* its own; NULL: another one */
};

static const struct {
    struct edge_row edges[5];
    size_t first;
    const char *want;
} rows[] = {
    {{{NULL}}, 0, ""},
    {{{.region = "n"}}, 0, "a"},
    {{{.region = "n"}, {.region = "s"}, {.region = "e"}, {.region = "w"}}, 0, "abc"},
    {{{.region = "n"}, {.region = "s"}, {.region = "e"}, {.region = "w"}}, 3, "dab"},
    {{{.region = "n"}, {.region = "n"}, {.region = "n"}, {.region = "s"}}, 0, "adb"},
    {{{.region = "n"}, {.region = "n"}}, 1, "ba"},
    {{{.region = "n", .asked = VANTAGE_PER_MIN - 1}, {.region = "s", .asked = VANTAGE_PER_MIN}},
     0,
     "a"},
    {{{.region = "n", .silent_at = NOW - VANTAGE_REST_MS},
      {.region = "s", .silent_at = NOW - VANTAGE_REST_MS + 1}},
     0,
     "a"},
    {{{.region = "n", .address = "192.0.2.1"}, {.region = "s"}}, 0, "b"},
};

static void test_rows(void **state)
{
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    const struct vantage_view question = {
        .count = 1, .names = {{"shop.example", 1, {{.address = {.octets = {192, 0, 2, 1}}}}}}};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct vantage_offer offers[5] = {0};
        struct vantage_offer_list list = {offers, 0};
        char got[8] = "";
        struct vantage_choice choice;

        for (; list.count < 5 && rows[i].edges[list.count].region; list.count++) {
            const struct edge_row *row = &rows[i].edges[list.count];

            offers[list.count] =
                (struct vantage_offer){.edge = names[list.count],
                                       .region = row->region,
                                       .addresses = {row->address != NULL, &row->address},
                                       .silent_at = row->silent_at,
                                       .asked = row->asked};
        }
        choice = vantage_choose(&list, &question, NOW, rows[i].first);
        for (size_t k = 0; k < choice.count; k++)
            got[k] = choice.items[k]->edge[0];
        ok(strcmp(got, rows[i].want) == 0, "row %zu: \"%s\", not \"%s\"", i, got, rows[i].want);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
