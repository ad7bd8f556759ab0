/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/account.h"
#include "check.h"
#include "world.h"

#define URN     "urn:ietf:params:acme:error:"
#define OK_200  "HTTP/1.1 200 OK\r\n"
#define ACCOUNT OK_200 "Location: {}/acct/1\r\n" JSON_OF("{\"status\":\"valid\"}")

/* The account's own URL, so that requests can be made to it. */
static struct acme_account own_account(struct world *w)
{
    struct acme_account own = account;

    own.url = arena_printf(w->mem, "%s/acct/1", w->ca.origin);
    return own;
}

static void test_account(void **state)
{
    struct world *w = world_new();
    static const char *const contacts[] = {"mailto:ops@partner.example"};
    const struct acme_account_request want = {
        .contacts = contacts, .contact_count = 1, .is_terms_agreed = true};
    struct acme_account_info *info;
    struct err err;

    (void)state;
    reply_with(w,
               "HTTP/1.1 201 Created\r\nLocation: {}/acct/1\r\n" JSON_OF("{\"status\":\"valid\"}"));
    assert_true(acme_account_new(w->mem, &w->call, &want, &info, &err));
    assert_non_null(strstr(info->url, "/acct/1"));
    assert_true(fake_got(&w->ca, ",\"jwk\":{\"kty\":\"EC\"}}\n"));
    assert_false(fake_got(&w->ca, "kid"));
    assert_non_null(strstr(w->ca.last_post,
                           "\n{\"termsOfServiceAgreed\":true,\"contact\":[\"mailto:"
                           "ops@partner.example\"]}\n"));
    assert_true(acme_account_find(w->mem, &w->call, &info, &err));
    assert_non_null(info);
    assert_true(fake_got(&w->ca, "\n{\"onlyReturnExisting\":true}\n"));
    reply_with(w,
               "HTTP/1.1 400 Bad Request\r\n" JSON_OF("{\"type\":\"" URN "accountDoesNotExist\"}"));
    assert_true(acme_account_find(w->mem, &w->call, &info, &err));
    assert_null(info);
    reply_with(
        w, "HTTP/1.1 403 Forbidden\r\n" JSON_OF("{\"type\":\"" URN "externalAccountRequired\"}"));
    assert_false(acme_account_new(w->mem, &w->call, &want, &info, &err));
    assert_int_equal(w->problem.reaction, ACME_STOP);
    world_free(w);
}

static void test_deactivate(void **state)
{
    struct world *w = world_new();
    char url[80];
    struct acme_account mine = account;
    struct err err;

    (void)state;
    snprintf(url, sizeof(url), "%s/acct/1", w->ca.origin);
    mine.url = url;
    w->call.account = &mine;
    reply_with(w, "HTTP/1.1 200 OK\r\n" JSON_OF("{\"status\":\"deactivated\"}"));
    assert_true(acme_account_deactivate(w->mem, &w->call, &err));
    assert_true(fake_got(&w->ca, "/acct/1\",\"kid\":\""));
    assert_true(fake_got(&w->ca, "\n{\"status\":\"deactivated\"}\n"));
    reply_with(w, "HTTP/1.1 200 OK\r\n" JSON_OF("{\"status\":\"valid\"}"));
    assert_false(acme_account_deactivate(w->mem, &w->call, &err));
    assert_string_equal(err.text, "Test CA, account's deactivation: the account is still valid");
    world_free(w);
}

static void test_binding(void **state)
{
    struct world *w = world_new();
    const struct acme_binding binding = {"mac", "HS256", "kid-1"};
    const struct acme_account_request want = {.is_terms_agreed = true, .binding = &binding};
    struct acme_account_info *info;
    struct err err;

    (void)state;
    reply_with(w, ACCOUNT);
    assert_true(acme_account_new(w->mem, &w->call, &want, &info, &err));
    assert_true(fake_got(&w->ca, arena_printf(w->mem,
                                              "\"externalAccountBinding\":{\"purpose\":1,"
                                              "\"header\":{\"alg\":\"HS256\",\"kid\":\"kid-1\","
                                              "\"url\":\"%s/account\"},\"payload\":{\"kty\":"
                                              "\"EC\"}}",
                                              w->ca.origin)));
    w->is_signer_down = true;
    assert_false(acme_account_new(w->mem, &w->call, &want, &info, &err));
    assert_int_equal(err.code, ERR_SIGNER);
    assert_int_equal(w->problem.type, ACME_PROBLEM_NONE);
    world_free(w);
}

static void test_changes(void **state)
{
    static const char *const contacts[] = {"mailto:a@b.example"};
    struct world *w = world_new();
    struct acme_account own = own_account(w);
    struct acme_account_info *info;
    struct err err;

    (void)state;
    w->call.account = &own;
    reply_with(w, OK_200 JSON_OF("{\"status\":\"valid\",\"contact\":[\"mailto:a@b.example\"],"
                                 "\"orders\":\"{}/orders/1\"}"));
    assert_true(acme_account_set_contacts(w->mem, &w->call, contacts, 1, &info, &err));
    assert_true(fake_got(&w->ca, "\n{\"contact\":[\"mailto:a@b.example\"]}\n"));
    assert_true(acme_account_agree(w->mem, &w->call, &info, &err));
    assert_true(fake_got(&w->ca, "\n{\"termsOfServiceAgreed\":true}\n"));
    assert_true(acme_account_get(w->mem, &w->call, &info, &err));
    assert_true(fake_got(&w->ca, "/acct/1\"}\n\n"));
    assert_string_equal(info->url, own.url);
    assert_int_equal(info->contact_count, 1);
    assert_string_equal(info->contacts[0], "mailto:a@b.example");
    assert_non_null(strstr(info->orders, "/orders/1"));
    world_free(w);
}

static void test_orders(void **state)
{
    struct world *w = world_new();
    struct acme_account own = own_account(w);
    const char *url = arena_printf(w->mem, "%s/orders/1", w->ca.origin);
    struct acme_order_list *list;
    struct err err;

    (void)state;
    w->call.account = &own;
    reply_with(w,
               OK_200 "Link: <{}/dir>;rel=\"index\", <{}/orders/1?at=2>;rel=\"next\"\r\n" JSON_OF(
                   "{\"orders\":[\"{}/o/1\",\"{}/o/2\"]}"));
    assert_true(acme_account_orders(w->mem, &w->call, url, &list, &err));
    assert_int_equal(list->count, 2);
    assert_non_null(strstr(list->urls[1], "/o/2"));
    assert_non_null(strstr(list->next, "/orders/1?at=2"));
    reply_with(w, OK_200 JSON_OF("{\"orders\":[]}"));
    assert_true(acme_account_orders(w->mem, &w->call, url, &list, &err));
    assert_null(list->next);
    world_free(w);
}

/* The inner JWS by the new key stands in the request by the old one; then the CA is asked whose the
 * new key is. The reply serves both. */
static void test_key_change(void **state)
{
    struct world *w = world_new();
    struct acme_account own = own_account(w);
    const struct acme_account next = {.alg = "ES256", .jwk = "{\"kty\":\"new\"}"};
    struct err err;

    (void)state;
    w->call.account = &own;
    reply_with(w, ACCOUNT);
    assert_true(acme_account_change_key(w->mem, &w->call, &next, &err));
    assert_true(fake_got_before(
        &w->ca, arena_printf(w->mem,
                             "\"kid\":\"%s\"}\n{\"purpose\":2,\"header\":{\"alg\":\"ES256\","
                             "\"jwk\":{\"kty\":\"new\"},\"url\":\"%s/key-change\"},\"payload\":"
                             "{\"account\":\"%s\",\"oldKey\":{\"kty\":\"EC\"}}}\n",
                             own.url, w->ca.origin, own.url)));
    assert_true(fake_got(&w->ca, "\"jwk\":{\"kty\":\"new\"}}\n{\"onlyReturnExisting\":true}\n"));
    reply_with(w, OK_200 "Location: {}/acct/2\r\n" JSON_OF("{\"status\":\"valid\"}"));
    assert_false(acme_account_change_key(w->mem, &w->call, &next, &err));
    assert_string_equal(err.text,
                        "Test CA, keyChange: the new key is said to be taken, but another "
                        "account has it");
    reply_with(w, "HTTP/1.1 409 Conflict\r\n" JSON_OF(
                      "{\"type\":\"" URN "conflict\",\"detail\":\"New key is already in use\"}"));
    assert_false(acme_account_change_key(w->mem, &w->call, &next, &err));
    assert_int_equal(w->problem.reaction, ACME_NEW_KEY);
    assert_int_equal(w->problem.scope, ACME_SCOPE_ACCOUNT);
    world_free(w);
}

/* Where a person agrees, in the order in which it is looked for. */
static void test_new_terms(void **state)
{
    static const char type[] = "\"type\":\"" URN "userActionRequired\",\"detail\":\"new terms\"";
    static const struct {
        const char *headers, *more, *page, *text;
    } rows[] = {
        {"Link: <{}/tos-2>; rel=\"terms-of-service\"\r\n", ",\"instance\":\"{}/agree?a=1\"",
         "/agree?a=1", "Test CA refused account: userActionRequired: new terms; see {}/agree?a=1"},
        {"Link: <{}/tos-2>; rel=\"terms-of-service\"\r\n", "", "/tos-2",
         "Test CA refused account: userActionRequired: new terms; see {}/tos-2"},
        {"Link: <{}/tos-2>; rel=\"terms-of-service\", <{}/h>;rel=help\r\n",
         ",\"instance\":\"javascript:x\"", "/h",
         "Test CA refused account: userActionRequired: new terms; see {}/h"},
    };
    struct world *w = world_new();
    struct acme_account own = own_account(w);

    (void)state;
    w->call.account = &own;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct acme_account_info *info;
        char expected[256];
        struct err err;

        reply_with(w, arena_printf(w->mem,
                                   "HTTP/1.1 403 Forbidden\r\n%sConnection: close\r\n\r\n{%s%s}",
                                   rows[i].headers, type, rows[i].more));
        assert_false(acme_account_get(w->mem, &w->call, &info, &err));
        fake_expand(&w->ca, rows[i].text, expected, sizeof(expected));
        ok(strcmp(err.text, expected) == 0, "row %zu: %s", i, err.text);
        ok(w->problem.reaction == ACME_STOP && w->problem.actor == ACTOR_OPERATOR &&
               strstr(w->problem.page, rows[i].page) && strstr(w->problem.terms, "/tos-2"),
           "row %zu: page %s", i, w->problem.page);
    }
    world_free(w);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_account),   cmocka_unit_test(test_deactivate),
        cmocka_unit_test(test_binding),   cmocka_unit_test(test_changes),
        cmocka_unit_test(test_orders),    cmocka_unit_test(test_key_change),
        cmocka_unit_test(test_new_terms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
