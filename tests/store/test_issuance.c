/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "store/certificate_end_store.h"
#include "store/issuance_name_store.h"
#include "store/issued_store.h"
#include "store/job_store.h"
#include "store/order_at_ca_store.h"
#include "store/proof_store.h"
#include "store/renewal_store.h"

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

/* Every member that is saved, with a value of its own. */
static void fill_issuance(struct issuance *i, const struct tenant *t)
{
    i->subscription_id = t->subscription;
    i->ca = "other";
    i->state = ISSUANCE_VALIDATING;
    i->ca_account_id = "caa_1";
    i->certificate_id = "crt_x";
    i->key_type = "p256";
    i->sealed_key = SLICE_LIT("sealed");
    i->public_key = SLICE_LIT("public");
    i->csr = SLICE_LIT("csr");
    i->intent = "finalize";
    i->acme_order_url = "https://ca/order";
    i->finalize_url = "https://ca/finalize";
    i->certificate_url = "https://ca/cert";
    i->wait_seq = 7;
    i->attempts = 2;
    i->ca_failures = 3;
    i->is_replaces_refused = true;
    i->error_code = "dns";
    i->error_text = "wrong";
    i->problem = "{}";
    i->next_try_at = T0 + 10;
    i->checked_at = T0 + 11;
    i->ordered_at = T0 + 12;
    i->published_at = T0 + 13;
    i->validated_at = T0 + 14;
    i->issued_at = T0 + 15;
    i->deployed_at = T0 + 16;
    i->live_at = T0 + 17;
}

static bool same_texts(const struct issuance *a, const struct issuance *b)
{
    return same(a->subscription_id, b->subscription_id) && same(a->ca, b->ca) &&
           same(a->ca_account_id, b->ca_account_id) && same(a->certificate_id, b->certificate_id) &&
           same(a->key_type, b->key_type) && same(a->intent, b->intent) &&
           same(a->acme_order_url, b->acme_order_url) && same(a->finalize_url, b->finalize_url) &&
           same(a->certificate_url, b->certificate_url) && same(a->error_code, b->error_code) &&
           same(a->error_text, b->error_text) && same(a->problem, b->problem) &&
           same(a->order_id, b->order_id) && same(a->replaces_id, b->replaces_id);
}

static bool same_issuance(const struct issuance *a, const struct issuance *b)
{
    return same_texts(a, b) && a->state == b->state && a->reason == b->reason &&
           slice_eq(a->sealed_key, b->sealed_key) && slice_eq(a->public_key, b->public_key) &&
           slice_eq(a->csr, b->csr) && a->wait_seq == b->wait_seq &&
           a->ca_failures == b->ca_failures && a->is_replaces_refused == b->is_replaces_refused &&
           a->attempts == b->attempts && a->next_try_at == b->next_try_at &&
           a->checked_at == b->checked_at && a->ordered_at == b->ordered_at &&
           a->published_at == b->published_at && a->validated_at == b->validated_at &&
           a->issued_at == b->issued_at && a->deployed_at == b->deployed_at &&
           a->live_at == b->live_at && a->created_at == b->created_at;
}

static void test_issuances(void **state)
{
    (void)state;
    struct fixture f;
    struct tenant a = open_tenant(&f);
    struct issuance plain = issuance_of(&a), mine, stale;
    const struct issuance *read;

    MUST(&f, issuance_store_get(f.mem, f.db, &platform, a.issuance, &read, &f.err));
    ok(same_issuance(read, &plain) && read->version == 1, "as added, the rest empty");
    mine = stale = *read;
    fill_issuance(&mine, &a);
    MUST(&f, issuance_store_save(f.db, &mine, &f.err));
    ok(mine.version == 2, "the next version");
    MUST(&f, issuance_store_get(f.mem, f.db, &platform, a.issuance, &read, &f.err));
    ok(same_issuance(read, &mine) && read->version == 2, "as saved");
    ok(lost(&f, issuance_store_save(f.db, &stale, &f.err)) && stale.version == 1,
       "who read an older version: %s", f.err.text);
    plain.version = 2;
    MUST(&f, issuance_store_save(f.db, &plain, &f.err));
    MUST(&f, issuance_store_get(f.mem, f.db, &platform, a.issuance, &read, &f.err));
    ok(same_issuance(read, &plain) && read->version == 3, "and empty again");
    mine.id = "iss_b";
    mine.replaces_id = a.certificate;
    ok(conflict(&f, issuance_store_add(f.db, &mine, &f.err), ISSUANCE_IS_OPEN),
       "one under way for each domain: %s", f.err.text);
    plain.state = ISSUANCE_FAILED;
    MUST(&f, issuance_store_save(f.db, &plain, &f.err));
    MUST(&f, issuance_store_add(f.db, &mine, &f.err));
    MUST(&f, issuance_store_latest(f.mem, f.db, &platform, a.domain, &read, &f.err));
    ok(same(read->id, "iss_b") && same_issuance(read, &mine) && read->version == 1,
       "all members are added; the newest of the domain");
    fixture_close(&f);
    all_ok();
}

static void test_names_and_proofs(void **state)
{
    (void)state;
    struct fixture f;
    struct tenant a = open_tenant(&f);
    struct issuance_name name = {.issuance_id = a.issuance,
                                 .name = a.name,
                                 .dns_state = "missing",
                                 .finding = "{}",
                                 .authorization_url = "https://ca/authz",
                                 .challenge_url = "https://ca/chall",
                                 .token = "token",
                                 .challenge_state = "pending"};
    struct edge_proof proof = {a.issuance, "edge_1", a.name, "127.0.0.1:8443",
                               NULL,       false,    T0 + 1, "no answer"};
    struct issuance_name_list names;
    struct edge_proof_list proofs;

    MUST(&f, issuance_name_store_put(f.db, &name, &f.err));
    MUST(&f, issuance_name_store_list(f.mem, f.db, &platform, a.issuance, &names, &f.err));
    ok(names.count == 1 && same(names.items[0].dns_state, "missing") &&
           same(names.items[0].finding, "{}") && same(names.items[0].token, "token") &&
           same(names.items[0].authorization_url, "https://ca/authz") &&
           same(names.items[0].challenge_url, "https://ca/chall") &&
           same(names.items[0].challenge_state, "pending"),
       "put again");
    MUST(&f, proof_store_put(f.db, &proof, &f.err));
    proof.address = "127.0.0.2:8443";
    MUST(&f, proof_store_put(f.db, &proof, &f.err));
    MUST(&f, proof_store_list(f.mem, f.db, &platform, a.issuance, &proofs, &f.err));
    ok(proofs.count == 2 && !proofs.items[0].is_ok && !proofs.items[0].serial &&
           same(proofs.items[0].detail, "no answer") && proofs.items[0].at == T0 + 1,
       "the newest of each address");
    fixture_close(&f);
    all_ok();
}

static int64_t taken_off_at(struct fixture *f, const char *domain_id)
{
    int64_t at = -1;

    MUST(f, certificate_end_store_taken_off_at(f->db, domain_id, &at, &f->err));
    return at;
}

static bool go_live(struct fixture *f, const char *id)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    MUST(f, db_tx_begin(f->db, &tx, &f->err));
    return certificate_store_go_live(tx, id, T0 + 5, &f->err) && db_tx_commit(&tx, &f->err);
}

static void test_certificates(void **state)
{
    (void)state;
    struct fixture f;
    struct tenant a = open_tenant(&f);
    struct issuance issuance = issuance_of(&a);
    struct certificate second = certificate_of(&a);
    const struct certificate *read, *first;
    struct certificate_history issued;
    struct slice key;

    second.id = "crt_b";
    ok(conflict(&f, certificate_store_add(f.db, &second, &f.err), "certificate.issuance_id"),
       "one of an issuance: %s (%s)", f.err.text, f.err.field);
    issuance.id = second.issuance_id = "iss_b";
    issuance.state = ISSUANCE_LIVE;
    MUST(&f, issuance_store_add(f.db, &issuance, &f.err));
    MUST(&f, certificate_store_add(f.db, &second, &f.err));
    MUST(&f, certificate_store_current(f.mem, f.db, &platform, a.domain, &read, &f.err));
    ok(same(read->id, "crt_b"), "the newest");
    ok(go_live(&f, a.certificate), "the first is live: %s", f.err.text);
    MUST(&f, certificate_store_current(f.mem, f.db, &platform, a.domain, &read, &f.err));
    ok(same(read->id, a.certificate) && read->state == CERTIFICATE_LIVE, "the live one");
    ok(go_live(&f, "crt_b") && go_live(&f, "crt_b"), "the second, twice: %s", f.err.text);
    MUST(&f, certificate_store_get(f.mem, f.db, &platform, a.certificate, &read, &f.err));
    ok(read->state == CERTIFICATE_SUPERSEDED && !read->sealed_key.data &&
           slice_eq(read->chain, SLICE_LIT("chain")) && read->names.count == 1 &&
           same(read->names.items[0], a.name) && read->not_after_at == T0 + 90 &&
           read->ended_at == T0 + 5,
       "the first is superseded");
    ok(lost(&f, go_live(&f, a.certificate)), "and does not come back: %s", f.err.text);
    MUST(&f, certificate_store_get(f.mem, f.db, &platform, a.certificate, &first, &f.err));
    MUST(&f, certificate_store_get(f.mem, f.db, &platform, "crt_b", &read, &f.err));
    MUST(&f, issued_store_history(f.db, a.domain, first->created_at - 1, &issued, &f.err));
    ok(issued.count_new == 2 &&
           issued.last_at ==
               (read->created_at > first->created_at ? read->created_at : first->created_at),
       "both were issued");
    MUST(&f, issued_store_history(f.db, a.domain, issued.last_at, &issued, &f.err));
    ok(issued.count_new == 0, "none is newer than the last");
    MUST(&f, issued_store_history(f.db, "dom_x", 0, &issued, &f.err));
    ok(issued.count_new == 0 && issued.last_at == 0, "nothing for another domain");
    ok(taken_off_at(&f, a.domain) == 0 && taken_off_at(&f, "dom_x") == 0,
       "one is live; or none was");
    MUST(&f, certificate_end_store_set_ended(f.db, "crt_b", T0 + 6, &f.err));
    ok(taken_off_at(&f, a.domain) == T0 + 6, "taken off");
    ok(lost(&f, certificate_end_store_set_ended(f.db, "crt_b", T0 + 7, &f.err)), "it ends once");
    MUST(&f, certificate_end_store_set_revoked(f.db, "crt_b", T0 + 8, &f.err));
    MUST(&f, certificate_end_store_set_revoked(f.db, "crt_b", T0 + 9, &f.err));
    MUST(&f, certificate_store_get(f.mem, f.db, &platform, "crt_b", &read, &f.err));
    ok(read->state == CERTIFICATE_REVOKED && read->ended_at == T0 + 6 && read->revoked_at == T0 + 8,
       "what it has ended by stays");
    ok(taken_off_at(&f, a.domain) == T0 + 6, "and revoked then");
    MUST(&f, certificate_store_key(f.mem, f.db, "crt_b", &key, &f.err));
    ok(slice_eq(key, SLICE_LIT("sealed key")), "the key");
    MUST(&f, certificate_store_key(f.mem, f.db, "crt_x", &key, &f.err));
    ok(!key.data, "no such certificate");
    fixture_close(&f);
    all_ok();
}

static struct db *begin(struct fixture *f)
{
    struct db *tx;

    MUST(f, db_tx_begin(f->db, &tx, &f->err));
    return tx;
}

static void end(struct fixture *f, struct db *tx)
{
    MUST(f, db_tx_commit(&tx, &f->err));
}

/* req: R42 */
static void test_ends(void **state)
{
    (void)state;
    struct fixture f;
    struct tenant a = open_tenant(&f);
    const struct certificate *read;
    struct certificate_list list;
    struct slice key;
    struct db *tx;
    int64_t at;

    ok(go_live(&f, a.certificate), "live");
    MUST(&f, certificate_store_without_job(f.mem, f.db, "renew", &list, &f.err));
    ok(list.count == 1 && same(list.items[0].id, a.certificate), "nobody renews it");
    MUST(&f, job_store_enqueue(f.db, "renew", a.certificate, T0, &f.err));
    MUST(&f, certificate_store_without_job(f.mem, f.db, "renew", &list, &f.err));
    ok(list.count == 0, "somebody does");
    MUST(&f, certificate_store_next_expiry(f.db, &at, &f.err));
    ok(at == T0 + 90, "when it expires");
    tx = begin(&f);
    MUST(&f, certificate_store_expire(f.mem, tx, T0 + 89, &list, &f.err));
    ok(list.count == 0, "a moment before");
    MUST(&f, certificate_store_expire(f.mem, tx, T0 + 90, &list, &f.err));
    ok(list.count == 1 && same(list.items[0].domain_id, a.domain), "then");
    end(&f, tx);
    MUST(&f, certificate_store_get(f.mem, f.db, &platform, a.certificate, &read, &f.err));
    ok(read->state == CERTIFICATE_EXPIRED && read->ended_at == T0 + 90, "expired");
    MUST(&f, certificate_store_next_expiry(f.db, &at, &f.err));
    ok(at == INT64_MAX, "no other one");
    MUST(&f,
         certificate_end_store_ask_revoked(f.db, &platform, a.certificate, "superseded", &f.err));
    MUST(&f, certificate_end_store_set_revoked(f.db, a.certificate, T0 + 95, &f.err));
    MUST(&f, certificate_store_get(f.mem, f.db, &platform, a.certificate, &read, &f.err));
    ok(read->state == CERTIFICATE_REVOKED && read->revoked_at == T0 + 95 &&
           read->ended_at == T0 + 90 && same(read->revoke_reason, "superseded"),
       "revoked, and why");
    ok(lost(&f, certificate_end_store_ask_revoked(f.db, &platform, a.certificate, "x", &f.err)),
       "once");
    MUST(&f, certificate_store_ended(f.mem, f.db, a.domain, &list, &f.err));
    ok(list.count == 1, "its key is still there");
    tx = begin(&f);
    MUST(&f, certificate_end_store_destroy_key(tx, a.certificate, &f.err));
    end(&f, tx);
    MUST(&f, certificate_store_key(f.mem, f.db, a.certificate, &key, &f.err));
    MUST(&f, certificate_store_ended(f.mem, f.db, a.domain, &list, &f.err));
    ok(key.len == 0 && list.count == 0, "and then it is not");
    fixture_close(&f);
    all_ok();
}

static void test_renewals(void **state)
{
    (void)state;
    struct fixture f;
    struct tenant a = open_tenant(&f);
    struct renewal first = {.certificate_id = a.certificate,
                            .source = RENEWAL_FROM_LIFE,
                            .window = {T0 + 1, T0 + 2},
                            .drawn_at = T0 + 1,
                            .renew_at = T0 + 3,
                            .poll_at = T0 + 4};
    struct renewal second = {.certificate_id = a.certificate,
                             .source = RENEWAL_FROM_CA,
                             .window = {T0 + 11, T0 + 12},
                             .explanation_url = "https://ca/why",
                             .drawn_at = T0 + 13,
                             .renew_at = T0 + 14,
                             .poll_failures = 2,
                             .poll_error = "no answer"};
    const struct renewal *read;

    MUST(&f, renewal_store_get(f.mem, f.db, &platform, a.certificate, &read, &f.err));
    ok(!read, "none yet");
    MUST(&f, renewal_store_put(f.db, &first, &f.err));
    MUST(&f, renewal_store_get(f.mem, f.db, &platform, a.certificate, &read, &f.err));
    ok(read->source == RENEWAL_FROM_LIFE && read->window.start_at == T0 + 1 &&
           read->window.end_at == T0 + 2 && read->drawn_at == T0 + 1 && read->renew_at == T0 + 3 &&
           read->poll_at == T0 + 4 && read->poll_failures == 0 && !read->poll_error &&
           !read->explanation_url,
       "as put");
    MUST(&f, renewal_store_put(f.db, &second, &f.err));
    MUST(&f, renewal_store_get(f.mem, f.db, &platform, a.certificate, &read, &f.err));
    ok(read->source == RENEWAL_FROM_CA && read->window.start_at == T0 + 11 &&
           read->window.end_at == T0 + 12 && read->drawn_at == T0 + 13 &&
           read->renew_at == T0 + 14 && read->poll_at == 0 && read->poll_failures == 2 &&
           same(read->poll_error, "no answer") && same(read->explanation_url, "https://ca/why"),
       "in its place");
    fixture_close(&f);
    all_ok();
}

/* req: R47 */
static void test_reissues(void **state)
{
    (void)state;
    struct fixture f;
    struct tenant a = open_tenant(&f);
    struct subscription subscription = subscription_of(&a);
    struct issuance one = issuance_of(&a);
    struct issuance_count got;
    static const struct {
        const char *id;
        enum issuance_reason reason;
        enum issuance_state state;
        int64_t at;
    } rows[] = {
        {"iss_1", ISSUANCE_FOR_REISSUE, ISSUANCE_LIVE, T0},
        {"iss_2", ISSUANCE_FOR_REISSUE, ISSUANCE_FAILED, T0 + 10},
        {"iss_3", ISSUANCE_FOR_RENEWAL, ISSUANCE_LIVE, T0 + 20},
        {"iss_4", ISSUANCE_FOR_REISSUE, ISSUANCE_LIVE, T0 + 30},
        {"iss_5", ISSUANCE_FOR_REISSUE, ISSUANCE_LIVE, T0 + 40},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        one.id = rows[i].id;
        one.order_id = NULL;
        one.subscription_id = a.subscription;
        one.reason = rows[i].reason;
        one.state = rows[i].state;
        one.created_at = rows[i].at;
        MUST(&f, issuance_store_add(f.db, &one, &f.err));
    }
    MUST(&f, issuance_store_count_reissues(f.mem, f.db, &subscription, T0, &got, &f.err));
    ok(got.count == 2 && got.first_at == T0 + 30, "%lld, the first at %lld", (long long)got.count,
       (long long)(got.first_at - T0));
    MUST(&f, issuance_store_count_reissues(f.mem, f.db, &subscription, T0 + 40, &got, &f.err));
    ok(got.count == 0 && got.first_at == 0, "none later");
    fixture_close(&f);
    all_ok();
}

/* That the CA gives the same order again, to whomever, does not make it younger. */
static void test_orders(void **state)
{
    struct fixture f;
    struct tenant t;
    struct order_at_ca order = {.url = "https://ca/order",
                                .ca = "sandbox",
                                .ca_account_id = "caa_1",
                                .state = ORDER_AT_CA_HELD,
                                .created_at = T0};
    int64_t known, unknown;
    (void)state;

    t = open_tenant(&f);
    order.domain_id = t.domain;
    order.issuance_id = t.issuance;
    MUST(&f, order_at_ca_store_put(f.db, &order, &f.err));
    order.created_at = T0 + 1;
    MUST(&f, order_at_ca_store_put(f.db, &order, &f.err));
    MUST(&f, order_at_ca_store_placed_at(f.db, order.url, &known, &f.err));
    MUST(&f, order_at_ca_store_placed_at(f.db, "https://ca/other", &unknown, &f.err));
    ok(known == T0 && unknown == 0, "%lld, %lld", (long long)known, (long long)unknown);
    fixture_close(&f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_issuances),    cmocka_unit_test(test_names_and_proofs),
        cmocka_unit_test(test_certificates), cmocka_unit_test(test_ends),
        cmocka_unit_test(test_renewals),     cmocka_unit_test(test_reissues),
        cmocka_unit_test(test_orders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
