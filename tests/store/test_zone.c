/* SPDX-License-Identifier: Apache-2.0 */

/* The values that stand in zones of ours. */
#include "fixture.h"
#include "store/dns_value_store.h"

#define OWNER "0123.proof.example"
#define VALUE "answer"
#define ZONE  "proof.example"

/* How a value comes to each state. */
static void bring(struct fixture *f, const struct dns_value *value, enum dns_value_state state)
{
    int64_t left;

    MUST(f, dns_value_store_want(f->db, value, &f->err));
    if (state == DNS_VALUE_THERE)
        MUST(f, dns_value_store_put(f->db, value, T0, &f->err));
    if (state == DNS_VALUE_LEAVING || state == DNS_VALUE_REMOVING)
        MUST(f, dns_value_store_leave(f->db, value->issuance_id, &left, &f->err));
    if (state == DNS_VALUE_REMOVING)
        MUST(f, dns_value_store_take(f->db, value, &f->err));
}

static enum dns_value_state state_of(struct fixture *f, const struct dns_value *value)
{
    struct dns_value_list list;

    MUST(f, dns_value_store_of(f->mem, f->db, value->issuance_id, &list, &f->err));
    if (list.count == 0)
        MUST(f, dns_value_store_leaving(f->mem, f->db, value->domain_id, &list, &f->err));
    return list.count == 1 ? list.items[0].state : DNS_VALUE_STATE_COUNT;
}

/* Whoever comes too late takes nothing from whoever wants it, and nobody waits for what leaves. */
static void test_values(void **state)
{
    static const struct {
        enum dns_value_state from, wanted, late;
    } rows[] = {
        {DNS_VALUE_WANTED, DNS_VALUE_WANTED, DNS_VALUE_WANTED},
        {DNS_VALUE_THERE, DNS_VALUE_THERE, DNS_VALUE_THERE},
        {DNS_VALUE_LEAVING, DNS_VALUE_WANTED, DNS_VALUE_LEAVING},
        {DNS_VALUE_REMOVING, DNS_VALUE_REMOVING, DNS_VALUE_LEAVING},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (int is_late = 0; is_late < 2; is_late++) {
            enum dns_value_state want = is_late ? rows[i].late : rows[i].wanted, is;
            struct fixture f;
            struct tenant t;
            struct dns_value value = {
                .owner = OWNER, .value = VALUE, .zone = ZONE, .created_at = T0};

            fixture_open_migrated(&f);
            tenants_prepare(&f);
            partner_add(&f, "par_1");
            t = tenant_add(&f, "par_1", "a");
            value.domain_id = t.domain;
            value.issuance_id = t.issuance;
            bring(&f, &value, rows[i].from);
            if (is_late)
                MUST(&f, dns_value_store_leave_late(f.db, &value, &f.err));
            else
                MUST(&f, dns_value_store_want(f.db, &value, &f.err));
            is = state_of(&f, &value);
            ok(is == want, "%s, %s: %d", dns_value_state_name(rows[i].from),
               is_late ? "late" : "wanted", (int)is);
            fixture_close(&f);
        }
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
