/* SPDX-License-Identifier: Apache-2.0 */

/* What the line about a domain says of its status, and when it is made again. */
#include "app/overview.h"
#include "check.h"
#include "fixture.h"

#define DAY   INT64_C(86400000)
#define NEVER (T0 + DAY) /* at the latest */

static const struct cert_order order = {.placed_at = T0 - 5 * DAY};
static const struct subscription term = {.term_end_at = T0 + 300 * DAY};
static const struct certificate live = {.state = CERTIFICATE_LIVE,
                                        .created_at = T0 - 60 * DAY,
                                        .not_after_at = T0 + 30 * DAY},
                                ending = {.state = CERTIFICATE_LIVE,
                                          .created_at = T0 - 80 * DAY,
                                          .not_after_at = T0 + 1000},
                                ended = {.state = CERTIFICATE_EXPIRED, .not_after_at = T0 - DAY};
static const struct renewal soon_late = {.renew_at = T0 - 10 * DAY + 4000};

#define BADGE(k, w) .badge = {.kind = BADGE_##k, .who_acts = WHO_##w}, .counted = 2

static const struct {
    const char *what;
    struct status status;
    enum overview_need need;
    enum who_acts who;
    int64_t need_at, due_at;
} rows[] = {
    {"nothing", {BADGE(NOT_SECURED, NOBODY)}, OVERVIEW_NEED_NOTHING, WHO_NOBODY, 0, NEVER},
    {"secured",
     {BADGE(SECURED, NOBODY), .order = &order, .subscription = &term, .certificate = &live},
     OVERVIEW_NEED_NOTHING,
     WHO_NOBODY,
     0,
     NEVER},
    {"at risk",
     {BADGE(AT_RISK, OPERATOR), .order = &order, .subscription = &term, .certificate = &live},
     OVERVIEW_NEED_RENEWAL,
     WHO_OPERATOR,
     T0 + 30 * DAY,
     NEVER},
    {"waits for DNS",
     {BADGE(ACTION_NEEDED, OWNER), .order = &order},
     OVERVIEW_NEED_ACTION,
     WHO_OWNER,
     T0 - 5 * DAY,
     NEVER},
    {"a name is left out",
     {BADGE(ACTION_NEEDED, OWNER), .order = &order, .subscription = &term, .certificate = &live},
     OVERVIEW_NEED_ACTION,
     WHO_OWNER,
     T0 + 30 * DAY,
     NEVER},
    {"paid for, and expired",
     {BADGE(NOT_SECURED, NOBODY), .order = &order, .subscription = &term, .certificate = &ended},
     OVERVIEW_NEED_LAPSED,
     WHO_OPERATOR,
     T0 - DAY,
     NEVER},
    {"expires in a second",
     {BADGE(SECURED, NOBODY), .order = &order, .subscription = &term, .certificate = &ending},
     OVERVIEW_NEED_NOTHING,
     WHO_NOBODY,
     0,
     T0 + 1000},
    {"a renewal would become a risk",
     {BADGE(SECURED, NOBODY), .order = &order, .subscription = &term, .certificate = &live,
      .renewal = {.schedule = &soon_late}},
     OVERVIEW_NEED_NOTHING,
     WHO_NOBODY,
     0,
     T0 + 3000},
    {"no edge counts",
     {.badge = {.kind = BADGE_NOT_SECURED}},
     OVERVIEW_NEED_NOTHING,
     WHO_NOBODY,
     0,
     T0 + 60000},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct status *s = &rows[i].status;
        struct overview line = {.name = "kept", .version = 7};

        overview_of(s, T0, &line);
        ok(line.badge == s->badge.kind && line.need == rows[i].need &&
               line.who_acts == rows[i].who && line.need_at == rows[i].need_at,
           "%s: need %d, who %d, at %lld", rows[i].what, (int)line.need, (int)line.who_acts,
           (long long)(line.need_at - T0));
        ok(line.due_at == rows[i].due_at, "%s: due %lld", rows[i].what,
           (long long)(line.due_at - T0));
        ok(line.is_ordered == (s->order != NULL) &&
               line.term_end_at == (s->subscription ? s->subscription->term_end_at : 0) &&
               line.version == 7 && strcmp(line.name, "kept") == 0,
           "%s: the rest", rows[i].what);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
