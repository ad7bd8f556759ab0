/* SPDX-License-Identifier: Apache-2.0 */

/* What the operator is told for as long as it lasts: what is told again, what the pages say, and
 * when it is over. */
#include "app/notice.h"
#include "base/clock.h"
#include "db/migrate.h"
#include "fixture.h"
#include "job/notice.h"
#include "store/event_store.h"
#include "store/schema.h"

#define CA   "sandbox"
#define ZONE "proof.example"

static bool put(struct fixture *f, enum notice_kind kind, const char *text, int64_t told_at)
{
    const struct notice notice = {kind, kind == NOTICE_ZONE ? ZONE : CA, text, told_at};
    bool is_new = false;

    MUST(f, notice_store_put(f->db, &notice, &is_new, &f->err));
    return is_new;
}

static bool end(struct fixture *f, enum notice_kind kind, const char *subject)
{
    bool was_there = false;

    MUST(f, notice_store_end(f->db, kind, subject, &was_there, &f->err));
    return was_there;
}

static void test_of_a_ca(void **state)
{
    (void)state;
    struct fixture f;
    const struct notice *found;
    struct notice_list list;

    fixture_open_migrated(&f);
    ok(put(&f, NOTICE_CA_PROFILE, "no profile x", T0), "new");
    ok(!put(&f, NOTICE_CA_PROFILE, "no profile y", T0 + 2 * NOTICE_ZONE_AGAIN_MS), "told already");
    ok(put(&f, NOTICE_CA_CHAIN, "no chain", T0), "another kind");
    MUST(&f, notice_store_list(f.mem, f.db, &list, &f.err));
    ok(list.count == 2 && list.items[0].kind == NOTICE_CA_CHAIN &&
           strcmp(list.items[1].text, "no profile y") == 0 && list.items[1].told_at == T0,
       "both, with what was said last, and when it was told");
    ok(end(&f, NOTICE_CA_PROFILE, CA), "it was there");
    ok(!end(&f, NOTICE_CA_PROFILE, CA), "it was not");
    MUST(&f, notice_store_get(f.mem, f.db, NOTICE_CA_PROFILE, CA, &found, &f.err));
    ok(!found, "gone");
    ok(put(&f, NOTICE_CA_PROFILE, "no profile x", T0), "new again");
    fixture_close(&f);
    all_ok();
}

static void test_of_a_zone(void **state)
{
    (void)state;
    struct fixture f;
    const struct notice *found;

    fixture_open_migrated(&f);
    ok(put(&f, NOTICE_ZONE, "REFUSED", T0), "new");
    ok(!put(&f, NOTICE_ZONE, "REFUSED", T0 + 2 * NOTICE_ZONE_AGAIN_MS), "told already");
    ok(!put(&f, NOTICE_ZONE, "BADKEY", T0 + NOTICE_ZONE_AGAIN_MS - 1), "another reason, too early");
    MUST(&f, notice_store_get(f.mem, f.db, NOTICE_ZONE, ZONE, &found, &f.err));
    ok(found && strcmp(found->text, "REFUSED") == 0 && found->told_at == T0, "what was told");
    ok(put(&f, NOTICE_ZONE, "BADKEY", T0 + NOTICE_ZONE_AGAIN_MS), "another reason");
    ok(end(&f, NOTICE_ZONE, ZONE), "it was there");
    ok(!end(&f, NOTICE_ZONE, ZONE), "it was not");
    ok(put(&f, NOTICE_ZONE, "BADKEY", T0), "new again");
    fixture_close(&f);
    all_ok();
}

static size_t count_told(struct fixture *f)
{
    const struct scope all = {0};
    const struct event_filter filter = {.page = {.limit = 10}};
    struct event_list events;

    MUST(f, event_store_latest(f->mem, f->db, &all, &filter, &events, &f->err));
    return events.count;
}

/* One line for each that holds; `text` is in the last. */
static void check_shown(struct fixture *f, const struct app *app, size_t count, const char *text)
{
    struct text_list shown;

    MUST(f, app_notices(app, f->mem, &shown, &f->err));
    ok(shown.count == count, "%zu are shown", shown.count);
    if (count > 0)
        ok(strcmp(shown.items[shown.count - 1], text) == 0, "%s", shown.items[shown.count - 1]);
}

/* What the configuration has no more is over, and the rest stays. */
static void test_the_configuration_says(void **state)
{
    (void)state;
    static struct config_ca cas[] = {{.id = CA, .name = "Sandbox CA"}};
    static struct config_dns_update zones[] = {{.zone = ZONE}};
    const struct err failed = {.code = ERR_DNS,
                               .text = "zone " ZONE " could not be changed: REFUSED"};
    struct config config = {.ca = cas, .ca_count = 1, .dns = {.updates = zones, .update_count = 1}};
    struct fixture f;
    struct app app;
    struct worker worker = {.app = &app};
    const struct notice *told;

    fixture_open_migrated(&f);
    app = (struct app){.config = &config, .db = f.db};
    for (int i = 0; i < 2; i++) {
        MUST(&f, notice_tell_ca(&worker, f.mem, CA, NOTICE_CA_CHAIN, "no chain", &f.err));
        MUST(&f, notice_tell_zone(&worker, f.mem, ZONE, &failed, &f.err));
        MUST(&f, notice_look(&worker, f.mem, &f.err));
        ok(count_told(&f) == 2, "each once");
    }
    MUST(&f, notice_store_get(f.mem, f.db, NOTICE_ZONE, ZONE, &told, &f.err));
    check_shown(&f, &app, 2,
                arena_printf(f.mem,
                             "zone " ZONE " could not be changed: REFUSED (at %s); what needs the "
                             "zone is tried again by itself",
                             clock_text_in(f.mem, told->told_at)));
    config.dns.update_count = 0;
    MUST(&f, notice_look(&worker, f.mem, &f.err));
    check_shown(&f, &app, 1, "no chain");
    config.ca_count = 0;
    MUST(&f, notice_look(&worker, f.mem, &f.err));
    check_shown(&f, &app, 0, NULL);
    fixture_close(&f);
    all_ok();
}

/* Of a store whose notices were in two tables. */
static void test_moved(void **state)
{
    (void)state;
    static const struct query of_a_ca = {
        .name = "of_a_ca",
        .sql = "INSERT INTO ca_notice (ca, kind, text, since_at) VALUES ('gold', 'gone', 'one', 7)",
        .params = "",
        .cols = "",
    };
    static const struct query of_a_zone = {
        .name = "of_a_zone",
        .sql = "INSERT INTO zone_notice (zone, text, told_at) VALUES ('" ZONE "', 'two', 8)",
        .params = "",
        .cols = "",
    };
    struct fixture f;
    struct notice_list list;

    fixture_open(&f);
    MUST(&f, db_migrate(f.db, store_migrations, 16, NULL, &f.err));
    MUST(&f, db_exec(f.db, &of_a_ca, NULL, &f.err, QNONE));
    MUST(&f, db_exec(f.db, &of_a_zone, NULL, &f.err, QNONE));
    MUST(&f, store_migrate(f.db, NULL, &f.err));
    MUST(&f, notice_store_list(f.mem, f.db, &list, &f.err));
    ok(list.count == 2, "%zu", list.count);
    ok(list.items[0].kind == NOTICE_CA_GONE && strcmp(list.items[0].subject, "gold") == 0 &&
           strcmp(list.items[0].text, "one") == 0 && list.items[0].told_at == 7,
       "of a CA");
    ok(list.items[1].kind == NOTICE_ZONE && strcmp(list.items[1].subject, ZONE) == 0 &&
           strcmp(list.items[1].text, "two") == 0 && list.items[1].told_at == 8,
       "of a zone");
    fixture_close(&f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_a_ca), cmocka_unit_test(test_of_a_zone),
        cmocka_unit_test(test_the_configuration_says), cmocka_unit_test(test_moved)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
