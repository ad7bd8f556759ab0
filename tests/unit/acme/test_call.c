/* SPDX-License-Identifier: Apache-2.0 */

/* What a call says of its last failure, once something has succeeded. */
#include "acme/account.h"
#include "acme/certificate.h"
#include "acme/directory.h"
#include "acme/order.h"
#include "check.h"
#include "world.h"

#define REFUSED(type)                                                                              \
    "HTTP/1.1 400 Bad Request\r\n" JSON_OF("{\"type\":\"urn:ietf:params:acme:error:" type "\"}")
#define ORDER                                                                                      \
    "HTTP/1.1 201 Created\r\nLocation: {}/order/1\r\n" JSON_OF(                                    \
        "{\"status\":\"pending\",\"identifiers\":[],\"authorizations\":[],\"finalize\":\"{}/f\"}")

static bool order(struct world *w, struct err *err)
{
    static const char *const names[] = {"a.example"};
    const struct acme_order_request want = {.names = names, .name_count = 1};
    struct acme_order *made;

    return acme_order_new(w->mem, &w->call, &want, &made, err);
}

static bool revoke_again(struct world *w, struct err *err)
{
    return acme_revoke(w->mem, &w->call, SLICE_LIT("\x30\x00"), ACME_REVOKED_SUPERSEDED, err);
}

static bool find_account(struct world *w, struct err *err)
{
    struct acme_account_info *info;

    return acme_account_find(w->mem, &w->call, &info, err);
}

static bool read_directory(struct world *w, struct err *err)
{
    struct acme_directory *directory;

    return acme_directory(w->mem, &w->call, &directory, err);
}

static void test_problem_is_over(void **state)
{
    static const struct {
        const char *what, *reply;
        bool (*ask)(struct world *w, struct err *err);
    } rows[] = {
        {"an order", ORDER, order},
        {"revoked before", REFUSED("alreadyRevoked"), revoke_again},
        {"no account there", REFUSED("accountDoesNotExist"), find_account},
        {"a directory that is kept", NULL, read_directory},
    };
    struct world *w = world_new();
    struct err err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        reply_with(w, "HTTP/1.1 503 Busy\r\n" JSON_OF(""));
        ok(!order(w, &err) && w->problem.status == 503, "refused before %s", rows[i].what);
        reply_with(w, rows[i].reply);
        ok(rows[i].ask(w, &err), "%s: %s", rows[i].what, err.text);
        ok(w->problem.type == ACME_PROBLEM_NONE && w->problem.status == 0 &&
               w->problem.code == ERR_NONE,
           "%s: status %d is still told", rows[i].what, (int)w->problem.status);
    }
    world_free(w);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_problem_is_over)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
