/* SPDX-License-Identifier: Apache-2.0 */

/* Which certificates leave names behind that somebody has to look at. */
#include "base/clock.h"
#include "fixture.h"
#include "job/names.h"
#include "model/job_kind.h"
#include "store/certificate_store.h"
#include "store/domain_name_store.h"
#include "store/domain_store.h"
#include "store/job_store.h"
#include "store/watch_store.h"

static const struct {
    const char *label;
    bool has_alias, is_alias_covered; /* a second name beside the domain's */
    int64_t passed_at;                /* of the last */
    int64_t checked_at, woken_at;     /* woken_at 0: nobody cares */
    bool is_enqueued;
} rows[] = {
    {"all names pass and are in it", false, false, T0, T0, 0, false},
    {"two names, likewise", true, true, T0, T0, 0, false},
    {"a name came while it was under way", true, false, T0, T0, 0, true},
    {"one of its names does not pass any more", false, false, 0, T0, 0, true},
    {"looked at since it was asked for", false, false, T0, T0 + 5, T0 + 5, false},
    {"a look was asked for since", false, false, T0, T0 + 5, T0 + 6, true},
};

static void save_name(struct fixture *f, size_t i, struct domain_name name, int64_t passed_at)
{
    name.dns_state = passed_at ? "ok" : "unchecked";
    name.passed_at = passed_at;
    name.checked_at = rows[i].checked_at;
    MUST(f, domain_name_store_save(f->db, &name, &f->err));
}

static void prepare(struct fixture *f, const struct tenant *t, const char *alias, size_t i)
{
    const struct domain_watch watch = {.domain_id = t->domain, .woken_at = rows[i].woken_at};
    struct domain_name name = {.domain_id = t->domain, .name = t->name};

    save_name(f, i, name, rows[i].has_alias ? T0 : rows[i].passed_at);
    name = (struct domain_name){.domain_id = t->domain,
                                .name = alias,
                                .is_alias = true,
                                .created_at = T0,
                                .dns_state = "unchecked"};
    if (rows[i].has_alias) {
        MUST(f, domain_name_store_add(f->db, &name, &f->err));
        save_name(f, i, name, rows[i].passed_at);
    }
    if (rows[i].woken_at)
        MUST(f, watch_store_care(f->db, &watch, &f->err));
}

static bool is_enqueued(struct fixture *f, const char *domain_id)
{
    const struct job *job;

    MUST(f, job_store_find(f->mem, f->db, job_kind_name(JOB_NAMES), domain_id, &job, &f->err));
    return job != NULL;
}

static void check(size_t i)
{
    struct fixture f;
    struct tenant t;
    const char *names[2];

    fixture_open_migrated(&f);
    tenants_prepare(&f);
    partner_add(&f, "par_a");
    t = tenant_add(&f, "par_a", "a");
    names[0] = t.name;
    names[1] = arena_printf(f.mem, "shop.%s", t.name);
    prepare(&f, &t, names[1], i);
    MUST(&f, names_follow(f.mem, f.db, &(struct domain){.id = t.domain},
                          &(struct certificate){.names = {rows[i].is_alias_covered ? 2 : 1, names}},
                          &f.err));
    ok(is_enqueued(&f, t.domain) == rows[i].is_enqueued, "%s", rows[i].label);
    fixture_close(&f);
}

static void test_what_follows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check(i);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_follows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
