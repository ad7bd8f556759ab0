/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "edge/answer.h"

#define L(s)                                                                                       \
    {                                                                                              \
        (const unsigned char *)(s), sizeof(s) - 1                                                  \
    }

static const struct edge_host off = {.site_id = L("s1"), .canonical = L("www.a.b")};
static const struct edge_host on = {
    .site_id = L("s1"), .flags = EDGE_HOST_REDIRECT, .canonical = L("www.a.b")};

static const struct {
    const char *label;
    bool is_https, is_safe;
    const char *name;
    const struct edge_host *host;
    const char *sni_site;
    enum edge_answer answer;
    int status;
} rows[] = {
    {"http, unticked, apex", false, true, "a.b", &off, "", EDGE_ANSWER_PROXY, 0},
    {"http, unticked, www", false, true, "www.a.b", &off, "", EDGE_ANSWER_PROXY, 0},
    {"https, unticked, apex", true, true, "a.b", &off, "s1", EDGE_ANSWER_PROXY, 0},
    {"https, unticked, www", true, true, "www.a.b", &off, "s1", EDGE_ANSWER_PROXY, 0},
    {"http, ticked, apex", false, true, "a.b", &on, "", EDGE_ANSWER_REDIRECT, 301},
    {"http, ticked, www", false, true, "www.a.b", &on, "", EDGE_ANSWER_REDIRECT, 301},
    {"https, ticked, apex", true, true, "a.b", &on, "s1", EDGE_ANSWER_REDIRECT, 301},
    {"https, ticked, canonical", true, true, "www.a.b", &on, "s1", EDGE_ANSWER_PROXY, 0},
    {"http, ticked, POST", false, false, "a.b", &on, "", EDGE_ANSWER_REDIRECT, 308},
    {"https, ticked, POST, apex", true, false, "a.b", &on, "s1", EDGE_ANSWER_REDIRECT, 308},
    {"https, ticked, POST", true, false, "www.a.b", &on, "s1", EDGE_ANSWER_PROXY, 0},
    {"http, unknown", false, true, "c.d", NULL, "", EDGE_ANSWER_NOT_FOUND, 404},
    {"http, no host", false, true, "", NULL, "", EDGE_ANSWER_NOT_FOUND, 404},
    {"https, unknown", true, true, "c.d", NULL, "s1", EDGE_ANSWER_MISDIRECTED, 421},
    {"https, other site", true, true, "a.b", &off, "s2", EDGE_ANSWER_MISDIRECTED, 421},
    {"https, other, ticked", true, true, "a.b", &on, "s2", EDGE_ANSWER_MISDIRECTED, 421},
    {"https, SNI gone", true, true, "a.b", &on, "", EDGE_ANSWER_MISDIRECTED, 421},
};

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct edge_request request = {.is_https = rows[i].is_https,
                                             .is_safe = rows[i].is_safe,
                                             .host_name = slice_str(rows[i].name),
                                             .host = rows[i].host,
                                             .sni_site_id = slice_str(rows[i].sni_site)};
        int status = 0;
        enum edge_answer answer = edge_answer(&request, &status);

        ok(answer == rows[i].answer && status == rows[i].status, "%s gives %d, status %d",
           rows[i].label, (int)answer, status);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_answers)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
