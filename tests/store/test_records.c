/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "store/address_store.h"
#include "store/ca_account_store.h"
#include "store/check_store.h"
#include "store/claim_store.h"
#include "store/domain_store.h"
#include "store/idempotency_store.h"
#include "store/origin_store.h"
#include "store/setting_store.h"
#include "store/site_store.h"
#include "store/token_store.h"

static const struct scope platform = {.kind = SCOPE_PLATFORM};

static struct tenant open_tenant(struct fixture *f)
{
    fixture_open_migrated(f);
    tenants_prepare(f);
    partner_add(f, "par_1");
    return tenant_add(f, "par_1", "a");
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool conflict(struct fixture *f, bool done, const char *field)
{
    return !done && f->err.code == ERR_CONFLICT && strcmp(f->err.field, field) == 0;
}

static bool lost(struct fixture *f, bool done)
{
    return !done && f->err.code == ERR_LOST_RACE;
}

static void test_claims(void **state)
{
    (void)state;
    struct fixture f;
    struct tenant a = open_tenant(&f), b;
    struct claim claim;
    struct claim_list list;
    const struct claim *holder;
    int64_t ended;

    partner_add(&f, "par_2");
    b = tenant_add(&f, "par_2", "b");
    claim = (struct claim){.id = "clm_2",
                           .name = a.name,
                           .domain_id = b.domain,
                           .partner_id = b.partner_id,
                           .account_id = b.account,
                           .created_at = T0};
    ok(conflict(&f, claim_store_add(f.db, &claim, &f.err), "name") &&
           strcmp(f.err.text, "a.example is claimed already") == 0,
       "one active claim of a name: %s (%s)", f.err.text, f.err.field);
    MUST(&f, claim_store_holder(f.mem, f.db, a.name, &holder, &f.err));
    ok(holder && same(holder->domain_id, a.domain), "the holder");
    MUST(&f, claim_store_end(f.db, &platform, a.domain, T0 + 9, &ended, &f.err));
    ok(ended == 1, "ended");
    MUST(&f, claim_store_holder(f.mem, f.db, a.name, &holder, &f.err));
    ok(!holder, "nobody's");
    MUST(&f, claim_store_add(f.db, &claim, &f.err));
    MUST(&f, claim_store_list(f.mem, f.db, &platform, a.domain, &list, &f.err));
    ok(list.count == 1 && list.items[0].state == CLAIM_ENDED && list.items[0].ended_at == T0 + 9,
       "the ended one stays");
    fixture_close(&f);
    all_ok();
}

/* req: R41. The first look that passed counts, and only under the claim that there is. */
static void test_proven_claims(void **state)
{
    (void)state;
    struct fixture f;
    struct tenant a = open_tenant(&f);
    const struct claim *holder;
    struct claim_list below;
    bool is_first;

    MUST(&f, claim_store_prove(f.db, a.domain, a.name, T0 - 1, &is_first, &f.err));
    ok(!is_first, "a look from before the claim");
    MUST(&f, claim_store_list_unproven_below(f.mem, f.db, ".example", &below, &f.err));
    ok(below.count == 1 && same(below.items[0].name, a.name), "unproven below");
    MUST(&f, claim_store_list_unproven_below(f.mem, f.db, ".a.example", &below, &f.err));
    ok(below.count == 0, "it is not below itself");
    MUST(&f, claim_store_prove(f.db, a.domain, a.name, T0, &is_first, &f.err));
    ok(is_first, "of the same moment");
    MUST(&f, claim_store_prove(f.db, a.domain, a.name, T0 + 5, &is_first, &f.err));
    MUST(&f, claim_store_holder(f.mem, f.db, a.name, &holder, &f.err));
    ok(!is_first && holder->proven_at == T0, "proven once");
    MUST(&f, claim_store_list_unproven_below(f.mem, f.db, ".example", &below, &f.err));
    ok(below.count == 0, "a proven one is left alone");
    fixture_close(&f);
    all_ok();
}

static void test_domains(void **state)
{
    (void)state;
    struct fixture f;
    struct tenant a = open_tenant(&f), b = tenant_begin(&f, "par_1", "b");
    struct domain domain = {"dom_2", "par_1", a.account, NULL, a.name, a.name, false, T0};
    const struct domain *read;

    ok(conflict(&f, domain_store_add(f.db, &domain, &f.err), "domain.account_id"),
       "one domain of a name in an account: %s (%s)", f.err.text, f.err.field);
    domain =
        (struct domain){"dom_3", "par_1", b.account, a.site, "b.example", "b.example", false, T0};
    ok(conflict(&f, domain_store_add(f.db, &domain, &f.err), "foreign_key"),
       "none is added to another account's site: %s", f.err.text);
    domain.partner_id = "par_9";
    domain.site_id = NULL;
    ok(conflict(&f, domain_store_add(f.db, &domain, &f.err), "foreign_key"),
       "nor under another partner: %s", f.err.text);
    MUST(&f, domain_store_remove(f.db, &platform, a.domain, &f.err));
    ok(lost(&f, domain_store_remove(f.db, &platform, a.domain, &f.err)), "removed once");
    MUST(&f, domain_store_get(f.mem, f.db, &platform, a.domain, &read, &f.err));
    ok(read->is_removed && !read->site_id && same(read->name, a.name), "it is still there");
    domain = (struct domain){"dom_4", "par_1", a.account, NULL, a.name, a.name, false, T0};
    MUST(&f, domain_store_add(f.db, &domain, &f.err));
    fixture_close(&f);
    all_ok();
}

static void test_orders(void **state)
{
    (void)state;
    struct fixture f;
    struct tenant a = open_tenant(&f);
    struct cert_order order = order_of(&a), again = order_of(&a);
    struct scope scope = scope_account("par_1", a.account);
    const struct cert_order *read;

    again.id = "ord_2";
    ok(conflict(&f, order_store_add(f.db, &again, &f.err), "cert_order.domain_id"),
       "one placed order a domain: %s (%s)", f.err.text, f.err.field);
    MUST(&f, order_store_move(f.db, &scope, &order, ORDER_FULFILLED, T0 + 5, &f.err));
    ok(lost(&f, order_store_move(f.db, &scope, &order, ORDER_CANCELLED, T0 + 6, &f.err)),
       "not from the old state: %s", f.err.text);
    MUST(&f, order_store_set_subscription(f.db, a.order, a.subscription, &f.err));
    ok(lost(&f, order_store_set_subscription(f.db, a.order, a.subscription, &f.err)), "once");
    MUST(&f, order_store_get(f.mem, f.db, &scope, a.order, &read, &f.err));
    ok(read->state == ORDER_FULFILLED && read->placed_at == T0 + 1 &&
           read->fulfilled_at == T0 + 5 && read->cancelled_at == 0,
       "the times");
    ok(same(read->country, "NL") && same(read->state_or_province, "Utrecht") && !read->city &&
           same(read->subscription_id, a.subscription) && !read->is_auto_renew,
       "the rest");
    MUST(&f, order_store_add(f.db, &again, &f.err));
    MUST(&f, order_store_move(f.db, &scope, &again, ORDER_CANCELLED, T0 + 7, &f.err));
    MUST(&f, order_store_latest(f.mem, f.db, &scope, a.domain, &read, &f.err));
    ok(same(read->id, a.order) || same(read->id, "ord_2"), "the newest by id: %s", read->id);
    MUST(&f, order_store_get(f.mem, f.db, &scope, "ord_2", &read, &f.err));
    ok(read->cancelled_at == T0 + 7 && read->fulfilled_at == 0, "cancelled");
    fixture_close(&f);
    all_ok();
}

static void test_subscriptions(void **state)
{
    (void)state;
    struct fixture f;
    struct tenant a = open_tenant(&f);
    struct subscription second = subscription_of(&a);
    struct cert_order order = order_of(&a);
    const struct subscription *read;

    second.id = "sub_2";
    ok(conflict(&f, subscription_store_add(f.db, &second, &f.err), "subscription.order_id"),
       "one of an order: %s (%s)", f.err.text, f.err.field);
    MUST(&f, order_store_move(f.db, &platform, &order, ORDER_FULFILLED, T0, &f.err));
    order.id = second.order_id = "ord_2";
    MUST(&f, order_store_add(f.db, &order, &f.err));
    ok(conflict(&f, subscription_store_add(f.db, &second, &f.err), "subscription.domain_id"),
       "one at a time of a domain: %s (%s)", f.err.text, f.err.field);
    MUST(&f, subscription_store_move(f.db, &platform, a.subscription, SUBSCRIPTION_ACTIVE,
                                     SUBSCRIPTION_CANCELLED, &f.err));
    ok(lost(&f, subscription_store_move(f.db, &platform, a.subscription, SUBSCRIPTION_ACTIVE,
                                        SUBSCRIPTION_GRACE, &f.err)),
       "not from the old state");
    ok(lost(&f, subscription_store_set_auto_renew(f.db, &platform, a.subscription, true, &f.err)),
       "an ended one is not renewed");
    MUST(&f, subscription_store_current(f.mem, f.db, &platform, a.domain, &read, &f.err));
    ok(!read, "none at the moment");
    MUST(&f, subscription_store_add(f.db, &second, &f.err));
    MUST(&f, subscription_store_set_auto_renew(f.db, &platform, "sub_2", false, &f.err));
    MUST(&f, subscription_store_current(f.mem, f.db, &platform, a.domain, &read, &f.err));
    ok(same(read->id, "sub_2") && !read->is_auto_renew && read->state == SUBSCRIPTION_ACTIVE,
       "the next");
    fixture_close(&f);
    all_ok();
}

static void test_sites(void **state)
{
    (void)state;
    struct fixture f;
    struct tenant a = open_tenant(&f);
    struct site site = {a.site, "par_1", a.account, "Other", "demo", true, "apex", T0, T0 + 5};
    const struct site *read;

    MUST(&f, site_store_save(f.db, &platform, &site, T0, &f.err));
    ok(lost(&f, site_store_save(f.db, &platform, &site, T0, &f.err)), "who read an older one: %s",
       f.err.text);
    MUST(&f, site_store_get(f.mem, f.db, &platform, a.site, &read, &f.err));
    ok(same(read->name, "Other") && read->is_https_on && same(read->canonical, "apex") &&
           read->updated_at == T0 + 5 && read->created_at == T0,
       "as saved");
    site.id = "site_2";
    site.origin_id = "nowhere";
    ok(conflict(&f, site_store_add(f.db, &site, &f.err), "foreign_key"), "unknown origin: %s",
       f.err.text);
    fixture_close(&f);
    all_ok();
}

static void test_small(void **state)
{
    (void)state;
    struct fixture f;
    struct tenant a = open_tenant(&f);
    const char *value;
    const struct ca_account *account;
    struct ca_account other = {.id = "caa_2",
                               .ca = "sandbox",
                               .sealed_key = SLICE_LIT("x"),
                               .thumbprint = "t",
                               .created_at = T0};
    const char *const address[] = {"192.0.2.1"};
    const struct address_set *set;
    const struct check_run *check;

    MUST(&f, setting_store_get(f.mem, f.db, "check-key", &value, &f.err));
    ok(!value, "never put");
    MUST(&f, setting_store_put(f.db, "check-key", "1", &f.err));
    MUST(&f, setting_store_put(f.db, "check-key", "2", &f.err));
    MUST(&f, setting_store_get(f.mem, f.db, "check-key", &value, &f.err));
    ok(same(value, "2"), "put");

    ok(conflict(&f, ca_account_store_add(f.db, &other, &f.err), "ca_account.ca"), "one a CA: %s",
       f.err.text);
    MUST(&f, ca_account_store_move(f.db, "caa_1", CA_ACCOUNT_NEW, CA_ACCOUNT_VALID, "https://ca/1",
                                   &f.err));
    MUST(&f, ca_account_store_move(f.db, "caa_1", CA_ACCOUNT_VALID, CA_ACCOUNT_LOST, NULL, &f.err));
    MUST(&f, ca_account_store_find(f.mem, f.db, "sandbox", &account, &f.err));
    ok(account->state == CA_ACCOUNT_LOST && same(account->url, "https://ca/1"), "the URL stays");
    ok(lost(&f,
            ca_account_store_move(f.db, "caa_1", CA_ACCOUNT_NEW, CA_ACCOUNT_VALID, "x", &f.err)),
       "not from the old state");

    MUST(&f, address_store_get(f.mem, f.db, "par_1", &set, &f.err));
    ok(!set, "neither own nor default");
    MUST(&f, address_store_put(f.db, &(struct address_set){.partner_id = ""}, &f.err));
    MUST(&f, address_store_get(f.mem, f.db, "par_1", &set, &f.err));
    ok(set && same(set->partner_id, "") && set->ipv4.count == 0 && !set->cname, "the default");
    MUST(&f, address_store_put(
                 f.db, &(struct address_set){"par_1", {1, address}, {0}, "edge.example"}, &f.err));
    MUST(&f, address_store_get(f.mem, f.db, "par_1", &set, &f.err));
    ok(same(set->partner_id, "par_1") && text_list_has(set->ipv4, "192.0.2.1") &&
           set->ipv6.count == 0 && same(set->cname, "edge.example"),
       "its own");

    MUST(&f, origin_store_put(f.db, &(struct origin){"demo", "127.0.0.1:1", T0 + 5}, &f.err));
    MUST(&f, check_store_get(f.mem, f.db, &platform, a.check, &check, &f.err));
    ok(same(check->verdict, "ready") && same(check->findings, "[]") && check->at == T0, "a check");
    fixture_close(&f);
    all_ok();
}

static void test_tokens(void **state)
{
    (void)state;
    struct fixture f;
    struct tenant a = open_tenant(&f);
    unsigned char hash[SHA256_SIZE];
    struct api_token edge = {.id = "tok_e",
                             .edge_id = "edge_1",
                             .name = "edge-1",
                             .hash = {hash, sizeof(hash)},
                             .created_at = T0};
    struct idempotent_answer answer = {a.token, "key", {hash, sizeof(hash)}, 201, "{}", T0};
    const struct idempotent_answer *stored;
    const struct api_token *token;

    hash_sha256(slice_str("a"), hash);
    ok(conflict(&f, token_store_add(f.db, &edge, &f.err), "api_token.hash"), "one of a hash: %s",
       f.err.text);
    MUST(&f, token_store_find(f.mem, f.db, edge.hash, &token, &f.err));
    ok(token && same(token->id, a.token), "by hash");
    MUST(&f, token_store_revoke(f.db, &platform, a.token, T0 + 1, &f.err));
    MUST(&f, token_store_find(f.mem, f.db, edge.hash, &token, &f.err));
    ok(!token, "not when revoked");
    hash_sha256(slice_str("edge"), hash);
    MUST(&f, token_store_add(f.db, &edge, &f.err));
    MUST(&f, token_store_find(f.mem, f.db, edge.hash, &token, &f.err));
    ok(token && same(token->edge_id, "edge_1") && !token->partner_id && !token->account_id,
       "an edge's");
    MUST(&f, token_store_revoke_edge(f.db, "edge_1", T0 + 2, &f.err));
    MUST(&f, token_store_find(f.mem, f.db, edge.hash, &token, &f.err));
    ok(!token, "all of an edge");

    MUST(&f, idempotency_store_find(f.mem, f.db, a.token, "key", &stored, &f.err));
    ok(!stored, "not used yet");
    MUST(&f, idempotency_store_add(f.db, &answer, &f.err));
    ok(conflict(&f, idempotency_store_add(f.db, &answer, &f.err), "idempotency.token_id"),
       "used once: %s (%s)", f.err.text, f.err.field);
    MUST(&f, idempotency_store_find(f.mem, f.db, a.token, "key", &stored, &f.err));
    ok(stored->status == 201 && same(stored->body, "{}") &&
           slice_eq(stored->request_hash, answer.request_hash),
       "the answer");
    MUST(&f, idempotency_store_forget(f.db, T0, &f.err));
    MUST(&f, idempotency_store_find(f.mem, f.db, a.token, "key", &stored, &f.err));
    ok(stored != NULL, "not yet");
    MUST(&f, idempotency_store_forget(f.db, T0 + 1, &f.err));
    MUST(&f, idempotency_store_find(f.mem, f.db, a.token, "key", &stored, &f.err));
    ok(!stored, "forgotten");
    fixture_close(&f);
    all_ok();
}

static const struct query spoil = {
    .name = "test.spoil",
    .sql = "UPDATE cert_order SET state = 'lost'",
    .params = "",
    .cols = "",
};
static const struct query spoil_list = {
    .name = "test.spoil_list",
    .sql = "UPDATE certificate SET names = '{}'",
    .params = "",
    .cols = "",
};

static void test_unknown_text(void **state)
{
    (void)state;
    struct fixture f;
    struct tenant a = open_tenant(&f);
    const struct cert_order *order = NULL;
    const struct certificate *certificate = NULL;

    MUST(&f, db_exec(f.db, &spoil, NULL, &f.err, QNONE));
    ok(!order_store_get(f.mem, f.db, &platform, a.order, &order, &f.err) &&
           f.err.code == ERR_STORE && !order &&
           same(f.err.text, "the database has an unknown state of an order: \"lost\""),
       "a state: %s", f.err.text);
    MUST(&f, db_exec(f.db, &spoil_list, NULL, &f.err, QNONE));
    ok(!certificate_store_get(f.mem, f.db, &platform, a.certificate, &certificate, &f.err) &&
           f.err.code == ERR_STORE && !certificate &&
           same(f.err.text, "the database has something else than a list: \"{}\""),
       "a list: %s", f.err.text);
    fixture_close(&f);
    all_ok();
}

static void test_state_names(void **state)
{
    (void)state;
    enum claim_state claim;
    enum certificate_state certificate;
    enum ca_account_state account;
    enum issuance_reason reason;

    for (int i = 0; i < CLAIM_STATE_COUNT; i++)
        ok(claim_state_parse(claim_state_name((enum claim_state)i), &claim) && (int)claim == i,
           "claim %d", i);
    for (int i = 0; i < CERTIFICATE_STATE_COUNT; i++)
        ok(certificate_state_parse(certificate_state_name((enum certificate_state)i),
                                   &certificate) &&
               (int)certificate == i,
           "certificate %d", i);
    for (int i = 0; i < CA_ACCOUNT_STATE_COUNT; i++)
        ok(ca_account_state_parse(ca_account_state_name((enum ca_account_state)i), &account) &&
               (int)account == i,
           "CA account %d", i);
    for (int i = 0; i < ISSUANCE_REASON_COUNT; i++)
        ok(issuance_reason_parse(issuance_reason_name((enum issuance_reason)i), &reason) &&
               (int)reason == i,
           "reason %d", i);
    ok(!claim_state_parse("", &claim) && !issuance_reason_parse("Order", &reason), "unknown");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_claims),        cmocka_unit_test(test_proven_claims),
        cmocka_unit_test(test_domains),       cmocka_unit_test(test_orders),
        cmocka_unit_test(test_subscriptions), cmocka_unit_test(test_sites),
        cmocka_unit_test(test_small),         cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_unknown_text),  cmocka_unit_test(test_state_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
