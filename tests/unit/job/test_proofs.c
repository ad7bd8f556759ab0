/* SPDX-License-Identifier: Apache-2.0 */

/* What was seen at several edges, rolled up. */
#include <string.h>

#include "check.h"
#include "job/proofs.h"

#define LONG EDGE_STALE_WAIT_MS

static const struct edge edges[] = {{.name = "a"}, {.name = "b"}, {.name = "c"}};

static struct proof ok_proof = {.is_ok = true, .serial = "01", .text = "ok"};
static struct proof refused = {.code = PROOF_REFUSED, .text = "refused"};
static struct proof lost = {.code = PROOF_UNREACHABLE, .text = "lost"};
static struct proof silent = {.code = PROOF_TIMEOUT, .text = "silent"};
static struct proof slow = {.code = PROOF_TIMEOUT, .serial = "01", .text = "slow"};
static struct proof other = {.code = PROOF_OTHER_CERTIFICATE, .serial = "02", .text = "other"};

/* Two targets an edge. */
static const struct {
    const struct proof *seen[6];
    int64_t waited_ms;
    size_t shown;
    const char *failure;
} cases[] = {
    {{NULL}, LONG, 0, "no CDN location has it yet"},
    {{&ok_proof, &ok_proof}, 0, 1, NULL},
    {{&ok_proof, &ok_proof, &ok_proof, &ok_proof, &ok_proof, &ok_proof}, 0, 3, NULL},
    {{&ok_proof, &ok_proof, &ok_proof, &refused}, 0, 1, "refused"},
    {{&ok_proof, &ok_proof, &ok_proof, &refused}, LONG - 1, 1, "refused"},
    {{&ok_proof, &ok_proof, &ok_proof, &refused}, LONG, 1, NULL},
    {{&ok_proof, &ok_proof, &refused, &ok_proof, &lost, &silent}, LONG, 1, NULL},
    {{&refused, &refused, &ok_proof, &ok_proof, &ok_proof, &ok_proof}, LONG, 2, NULL},
    /* connected, and not shown */
    {{&ok_proof, &ok_proof, &other, &other}, LONG, 1, "other"},
    {{&ok_proof, &ok_proof, &refused, &refused, &other, &other}, LONG, 1, "other"},
    {{&ok_proof, &ok_proof, &slow, &slow}, LONG, 1, "slow"},
    /* no edge shows it */
    {{&refused, &refused}, LONG, 0, "refused"},
    {{&ok_proof, &refused}, LONG, 0, "refused"},
};

/* req: R22, R23 */
static void test_failures(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct edge *at[6];
        struct proof results[6];
        struct proofs proofs = {.edges = at, .results = results};
        const char *failure;

        while (proofs.count < 6 && cases[i].seen[proofs.count]) {
            at[proofs.count] = &edges[proofs.count / 2];
            results[proofs.count] = *cases[i].seen[proofs.count];
            proofs.count++;
        }
        failure = proofs_failure(&proofs, cases[i].waited_ms);
        ok(proofs_shown(&proofs) == cases[i].shown, "row %zu: %zu show it", i,
           proofs_shown(&proofs));
        ok(failure && cases[i].failure ? strcmp(failure, cases[i].failure) == 0
                                       : failure == cases[i].failure,
           "row %zu: %s", i, failure ? failure : "live");
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_failures)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
