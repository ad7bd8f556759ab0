/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Nobody sees or changes another tenant's things. There is a row in tenancy_looks.h for every query
 * that takes a scope; that none is missing is read from the SQL of all queries.
 */
#include "store/schema.h"
#include "tenancy_looks.h"

struct world {
    struct tenant mine, sibling, stranger;
};

static struct world open_world(struct fixture *f)
{
    struct world world;

    fixture_open_migrated(f);
    tenants_prepare(f);
    partner_add(f, "par_1");
    partner_add(f, "par_2");
    world.mine = tenant_add(f, "par_1", "mine");
    world.sibling = tenant_add(f, "par_1", "sibling");
    world.stranger = tenant_add(f, "par_2", "stranger");
    return world;
}

static void look_as(struct fixture *f, size_t i, const struct world *world, size_t who)
{
    const struct tenant *mine = &world->mine;
    const struct {
        const char *name;
        struct scope scope;
        size_t seen;
    } callers[] = {
        {"another partner", scope_partner("par_2"), 0},
        {"an account of another partner", scope_account("par_2", world->stranger.account), 0},
        {"another account of the partner", scope_account("par_1", world->sibling.account), 0},
        {"the account under another partner", scope_account("par_2", mine->account), 0},
        {"a partner that does not exist", scope_partner(""), 0},
        {"the account", scope_account("par_1", mine->account), 1},
        {"the account, its partner not said", scope_account(NULL, mine->account), 1},
        {"the partner", scope_partner("par_1"), 1},
        {"the platform", scope_platform(), 1},
    };
    size_t seen;

    if (who >= ARRAY_LEN(callers) || (looks[i].is_once && who > 5))
        return;
    seen = looks[i].look(f, &callers[who].scope, mine);
    ok(seen == callers[who].seen, "%s as %s: %zu seen, not %zu", looks[i].query, callers[who].name,
       seen, callers[who].seen);
    look_as(f, i, world, who + 1);
}

/* req: R40 */
static void test_looks(void **state)
{
    (void)state;
    struct fixture f;
    struct world world = open_world(&f);

    for (size_t i = 0; i < ARRAY_LEN(looks); i++)
        look_as(&f, i, &world, 0);
    fixture_close(&f);
    all_ok();
}

static void test_partners(void **state)
{
    (void)state;
    struct fixture f;
    struct world world = open_world(&f);
    const struct {
        struct scope scope;
        bool sees_1, sees_2;
    } rows[] = {
        {scope_platform(), true, true},
        {scope_partner("par_1"), true, false},
        {scope_account("par_1", world.mine.account), true, false},
        {scope_account(NULL, world.mine.account), false, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct partner *one, *two;
        struct partner_list list;

        MUST(&f, partner_store_get(f.mem, f.db, &rows[i].scope, "par_1", &one, &f.err));
        MUST(&f, partner_store_get(f.mem, f.db, &rows[i].scope, "par_2", &two, &f.err));
        MUST(&f, partner_store_list(f.mem, f.db, &rows[i].scope, &first_page, &list, &f.err));
        ok(!!one == rows[i].sees_1 && !!two == rows[i].sees_2, "row %zu: get", i);
        ok(list.count == (size_t)rows[i].sees_1 + rows[i].sees_2, "row %zu: list", i);
    }
    fixture_close(&f);
    all_ok();
}

/* Tables of tenants, and which queries on them have no scope, with the reason. */
static const char *const tenant_tables[] = {
    "account",
    "api_token",
    "site",
    "domain",
    "claim",
    "cert_order",
    "subscription",
    "issuance",
    "issuance_name",
    "certificate",
    "check_run",
    "edge_proof",
    "event",
    "certificate_renewal",
    "domain_overview",
    "domain_watch",
    "name_history",
};
static const struct {
    const char *query, *why;
} unscoped[] = {
    {"account.key_of", "account.sorted, which begins behind it in the caller's scope"},
    {"overview.touch", "with the change of a row of the domain"},
    {"overview.touch_due", "with the change of a row of the domain"},
    {"overview.clock_back", "the worker, when the clock was set back"},
    {"overview.remove", "with the domain"},
    {"overview.save", "app/overview, by the version that it read"},
    {"token.find", "the hash is the proof"},
    {"token.revoke_edge", "edges belong to the platform"},
    {"claim.prove", "the worker, which has looked at the domain"},
    {"claim.unproven_below", "a star is platform-wide; never shown"},
    {"claim.set_label", "the worker, which holds the claim"},
    {"claim.end_name", "app/names, which holds the domain"},
    {"domain_name.save", "the worker, which holds the domain"},
    {"domain_name.remove", "app/names, which holds the domain"},
    {"history.drop", "with a change of the domain"},
    {"history.latest", "the worker, which has looked at the domain"},
    {"watch.care", "whose caller has found the domain"},
    {"watch.get", "the worker, and app/care, whose caller has found the domain"},
    {"watch.due", "the worker"},
    {"watch.due_in_turn", "the worker, for all partners"},
    {"watch.next", "the worker"},
    {"watch.save", "the worker"},
    {"watch.set_servers", "the worker, which has looked at the domain"},
    {"watch.end", "the worker"},
    {"watch.clock_back", "the worker, when the clock was set back"},
    {"watch.spread", "the worker, at its start"},
    {"event.moved_domains", "whom to wake; never shown"},
    {"claim.holder", "conflicts are platform-wide; never shown"},
    {"order.set_subscription", "the worker, which holds the order"},
    {"issuance.save", "the worker, by the version that it read"},
    {"issuance.waiting", "the acknowledgement of an edge, which wakes the jobs of all of them"},
    {"issued.history", "the worker"},
    {"issued.names_since", "the worker"},
    {"admission_line.tidy", "the worker; only what has ended"},
    {"partner_share.waiting", "app/partner_share: how many of a partner, of whom the caller is"},
    {"issued.shares", "app/ca: counts, for the operator"},
    {"issued.of_ca", "app/ca, for the operator"},
    {"lost_certificate.count", "app/lost: counts, for the operator"},
    {"lost_certificate.fills", "app/lost: of the domain that holds a name, whoever's it is"},
    {"job.spread", "the worker, after a restore"},
    {"renewal.ask_all", "the worker, after a restore"},
    {"job.wake_of_ca", "the worker; whoever waits for a CA that answers again"},
    {"rate_spent.tidy", "the worker; only what has ended"},
    {"certificate.supersede", "the worker"},
    {"certificate.go_live", "the worker"},
    {"certificate.set_sample", "the worker"},
    {"certificate.due", "the worker"},
    {"certificate.next_sample", "the worker"},
    {"proof.forget", "the worker"},
    {"certificate_end.set_revoked", "the worker"},
    {"certificate_end.taken_off_at", "the worker"},
    {"certificate_end.set_ended", "the certificate was read in the caller's scope"},
    {"certificate.expired", "the worker"},
    {"certificate.expire", "the worker"},
    {"certificate.next_expiry", "the worker"},
    {"certificate.without_job", "the worker"},
    {"certificate.ended", "the worker"},
    {"certificate_end.destroy_key", "the worker"},
    {"certificate_end.destroy_issuance_key", "the worker"},
    {"issuance.count_reissues", "the subscription was read in the caller's scope"},
    {"certificate.key", "the worker, to build the edges' record"},
    {"certificate_end.cancel", "app/leave, which holds the issuance"},
    {"certificate_end.cancel_all", "app/leave, which holds the domain"},
    {"issuance.forget_keys", "app/leave, which holds the domain"},
    {"order_at_ca.blocks", "the worker; tells yes or no"},
    {"order_at_ca.placed_at", "the worker; tells a time"},
};

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool is_known(const char *query)
{
    for (size_t i = 0; i < ARRAY_LEN(looks); i++)
        if (begins(query, looks[i].query))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(unscoped); i++)
        if (strcmp(query, unscoped[i].query) == 0)
            return true;
    return false;
}

static bool reads_tenants(const struct query *q)
{
    for (size_t i = 0; i < ARRAY_LEN(tenant_tables); i++) {
        static const char *const verbs[] = {" FROM ", "UPDATE ", "DELETE FROM "};

        for (size_t k = 0; k < ARRAY_LEN(verbs); k++) {
            char text[64];

            snprintf(text, sizeof(text), "%s%s ", verbs[k], tenant_tables[i]);
            if (strstr(q->sql, text))
                return true;
        }
    }
    return false;
}

static void test_complete(void **state)
{
    (void)state;
    size_t count, seen = 0;
    const struct query_list *const *lists = store_queries(&count);

    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < lists[i]->count; k++) {
            const struct query *q = lists[i]->queries[k];

            if (!reads_tenants(q))
                continue;
            ok(is_known(q->name), "%s: its tenancy is tested, or there is a reason", q->name);
            seen++;
        }
    ok(seen > 50, "%zu queries were looked at", seen);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_looks),
        cmocka_unit_test(test_partners),
        cmocka_unit_test(test_complete),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
