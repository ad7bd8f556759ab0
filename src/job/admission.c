/* SPDX-License-Identifier: Apache-2.0 */
#include "job/admission.h"

#include "base/clock.h"
#include "job/asks.h"
#include "store/partner_share_store.h"

#define MS_US      INT64_C(1000)
#define TURN       "turn" /* the bucket that holds the tag of who went last */
#define ERROR_CODE "rate_limited"
#define TURN_STEP  1000 /* between two orders of a partner of weight 1 */

enum { CLASS_SERVED, CLASS_NEW };

/* --- looking --- */

static const char *span_text(struct arena *mem, int64_t seconds)
{
    static const struct {
        int64_t seconds;
        const char *one, *many;
    } units[] = {{86400, "day", "days"},
                 {3600, "hour", "hours"},
                 {60, "minute", "minutes"},
                 {1, "second", "seconds"}};
    size_t i = 0;

    while (seconds % units[i].seconds != 0)
        i++;
    return seconds == units[i].seconds
               ? units[i].one
               : arena_printf(mem, "%lld %s", (long long)(seconds / units[i].seconds),
                              units[i].many);
}

static const char *why(const struct issue *is, const struct ask *ask, int64_t ahead)
{
    const struct rate *rate = rate_of(is, ask->limit);
    const char *what = config_limit_what(ask->limit);
    const char *text = arena_printf(is->mem, "%s takes %lld %s in %s", is->ca->config->name,
                                    (long long)rate->count,
                                    ask->name ? arena_printf(is->mem, what, ask->name) : what,
                                    span_text(is->mem, rate->period_s));

    if (ask->limit != CONFIG_LIMIT_ORDERS || ahead == 0)
        return arena_printf(is->mem, "%s: it goes on by itself", text);
    return arena_printf(is->mem, "%s, and %s%lld wait before it: it goes on by itself", text,
                        ahead == RATE_AHEAD_MAX ? "more than " : "", (long long)ahead);
}

static bool turn_at(const struct issue *is, struct db *db, const struct ask *ask, int64_t ahead,
                    int64_t *out, struct err *err)
{
    const struct rate_key key = key_of(is, ask->limit, ask->subject);
    int64_t tat;

    if (!admission_store_tat(db, &key, &tat, err))
        return false;
    *out = (rate_turn(rate_of(is, ask->limit), tat, is->now * MS_US, ahead) + MS_US - 1) / MS_US;
    return true;
}

/* The place that it has, or would get. */
static bool find_place(const struct issue *is, struct db *db, struct line_place *out,
                       struct err *err)
{
    const struct rate_key turn = {is->ca->config->id, TURN, ""};
    const struct line_place *place;
    struct partner_share share;
    int64_t went, last;

    if (!admission_store_place(is->mem, db, is->issuance->id, &place, err))
        return false;
    if (place) {
        *out = *place;
        return true;
    }
    if (!admission_store_tat(db, &turn, &went, err) ||
        !admission_store_last_tag(db, is->ca->config->id, is->domain->partner_id, &last, err) ||
        !partner_share_store_get(is->mem, db, is->domain->partner_id, &share, err))
        return false;
    *out = (struct line_place){.issuance_id = is->issuance->id,
                               .ca = is->ca->config->id,
                               .partner_id = is->domain->partner_id,
                               .class = is->issuance->replaces_id ? CLASS_SERVED : CLASS_NEW,
                               .tag = (went > last ? went : last) + TURN_STEP / share.weight};
    return true;
}

static void hold(const struct issue *is, const struct ask *ask, int64_t at, int64_t ahead,
                 struct admission *out)
{
    if (at <= is->now || at <= out->at)
        return;
    out->is_admitted = false;
    out->is_in_line = ask->limit == CONFIG_LIMIT_ORDERS;
    out->at = at;
    out->text = why(is, ask, ahead);
}

/* The buckets of its own names first: it stands in no line for what it could not use. */
static bool look_at(const struct issue *is, struct db *db, const struct asks *asks,
                    struct admission *out, struct err *err)
{
    const struct ask *orders = NULL;
    struct line_place place;
    int64_t at, ahead;

    *out = (struct admission){.is_admitted = true};
    for (size_t i = 0; i < asks->count; i++) {
        if (asks->items[i].limit == CONFIG_LIMIT_ORDERS) {
            orders = &asks->items[i];
            continue;
        }
        if (!turn_at(is, db, &asks->items[i], 0, &at, err))
            return false;
        hold(is, &asks->items[i], at, 0, out);
    }
    if (!out->is_admitted || !orders)
        return true;
    if (!find_place(is, db, &place, err) ||
        !admission_store_ahead(db, &place, RATE_AHEAD_MAX, &ahead, err) ||
        !turn_at(is, db, orders, ahead, &at, err))
        return false;
    hold(is, orders, at, ahead, out);
    out->class = place.class;
    out->tag = place.tag;
    return true;
}

bool admission_look(const struct issue *is, struct db *db, struct admission *out, struct err *err)
{
    struct asks asks;

    return asks_collect(is, db, &asks, err) && look_at(is, db, &asks, out, err);
}

/* --- waiting --- */

static bool commit_wait(struct issue *is, const char *text, int64_t at, struct issue_outcome *out,
                        struct err *err)
{
    const bool is_told =
        is->issuance->error_code && strcmp(is->issuance->error_code, ERROR_CODE) == 0;

    is->issuance->error_code = ERROR_CODE;
    is->issuance->error_text = text;
    is->issuance->next_try_at = at;
    is->issuance->intent = NULL;
    *out = (struct issue_outcome){.is_wait = true, .run_at = at};
    return issue_commit(
        is,
        &(struct issue_change){.event = ISSUANCE_EVENT_NO_ROOM, .text = text, .is_quiet = is_told},
        err);
}

bool admission_wait(struct issue *is, const struct admission *admission, struct issue_outcome *out,
                    struct err *err)
{
    return commit_wait(is, admission->text, admission->at, out, err);
}

static bool join(struct issue *is, struct db *tx, struct err *err)
{
    const struct line_place *there;
    struct admission now;
    struct line_place place;

    if (!admission_look(is, tx, &now, err))
        return false;
    if (!now.is_in_line)
        return admission_store_leave(tx, is->issuance->id, err);
    return admission_store_place(is->mem, tx, is->issuance->id, &there, err) &&
           (there || (find_place(is, tx, &place, err) && admission_store_join(tx, &place, err)));
}

/* --- spending and giving back --- */

static bool spend(const struct issue *is, struct db *tx, const struct ask *ask, struct err *err)
{
    const struct rate_key key = key_of(is, ask->limit, ask->subject);
    const struct rate_spent spent = {key.limit, key.subject};
    struct rate_spending taken;
    int64_t tat;

    if (!admission_store_tat(tx, &key, &tat, err))
        return false;
    taken = rate_spend(rate_of(is, ask->limit), tat, is->now * MS_US);
    return admission_store_put_tat(tx, &key, taken.tat_us, err) &&
           admission_store_spend(tx, is->issuance->id, &spent, err);
}

/* Whoever is first in the line now has its turn by the time that there is a token. */
static bool wake_next(const struct issue *is, struct db *tx, struct err *err)
{
    const struct ask orders = {CONFIG_LIMIT_ORDERS, "", NULL};
    const char *first;
    int64_t at;

    if (rate_of(is, CONFIG_LIMIT_ORDERS)->count == 0)
        return true;
    if (!admission_store_first(is->mem, tx, is->ca->config->id, &first, err))
        return false;
    return !first || (turn_at(is, tx, &orders, 0, &at, err) &&
                      job_store_enqueue(tx, job_kind_name(JOB_ISSUE), first, at, err));
}

static bool move_turn(const struct issue *is, struct db *tx, int64_t tag, struct err *err)
{
    const struct rate_key turn = {is->ca->config->id, TURN, ""};
    int64_t went;

    return admission_store_tat(tx, &turn, &went, err) &&
           (tag <= went || admission_store_put_tat(tx, &turn, tag, err));
}

static bool take(struct issue *is, struct db *tx, enum issuance_state from, struct err *err)
{
    struct admission now;
    struct asks asks;

    (void)from;
    if (!asks_collect(is, tx, &asks, err) || !look_at(is, tx, &asks, &now, err))
        return false;
    if (!now.is_admitted)
        return err_set(err, ERR_LOST_RACE, "the room at %s is taken", is->ca->config->name);
    for (size_t i = 0; i < asks.count; i++)
        if (asks.items[i].limit != CONFIG_LIMIT_FAILURES && !spend(is, tx, &asks.items[i], err))
            return false;
    return admission_store_leave(tx, is->issuance->id, err) && move_turn(is, tx, now.tag, err) &&
           wake_next(is, tx, err);
}

static bool give_back(const struct issue *is, struct db *tx, bool with_order, struct err *err)
{
    struct rate_spent_list spent;

    if (!admission_store_spent(is->mem, tx, is->issuance->id, &spent, err))
        return false;
    for (size_t i = 0; i < spent.count; i++) {
        struct rate_key key = {is->ca->config->id, spent.items[i].limit, spent.items[i].subject};
        enum config_limit limit;
        int64_t tat;

        if (!config_limit_parse(key.limit, &limit) || rate_of(is, limit)->count == 0 ||
            (limit == CONFIG_LIMIT_ORDERS && !with_order))
            continue;
        if (!admission_store_tat(tx, &key, &tat, err) ||
            !admission_store_put_tat(tx, &key, rate_refund(rate_of(is, limit), tat), err))
            return false;
    }
    return admission_store_forget(tx, is->issuance->id, err) &&
           (!with_order || wake_next(is, tx, err));
}

/* What the CA has validated stays validated; it counts every other name of the order. */
static bool count_failures(const struct issue *is, struct db *tx, struct err *err)
{
    const struct rate *rate = rate_of(is, CONFIG_LIMIT_FAILURES);

    for (size_t i = 0; i < is->name_count && rate->count > 0; i++) {
        const struct rate_key key = key_of(is, CONFIG_LIMIT_FAILURES, is->names[i].name);
        int64_t tat;

        if (is->refused && strcmp(is->refused, is->names[i].name) != 0)
            continue;
        if (!admission_store_tat(tx, &key, &tat, err) ||
            !admission_store_put_tat(tx, &key, rate_force(rate, tat, is->now * MS_US), err))
            return false;
    }
    return true;
}

static bool take_back(struct issue *is, struct db *tx, enum issuance_state from, struct err *err)
{
    return give_back(is, tx, from == ISSUANCE_ORDERING, err);
}

static bool on_no_room(struct issue *is, struct db *tx, enum issuance_state from, struct err *err)
{
    return (from != ISSUANCE_ORDERING || give_back(is, tx, true, err)) && join(is, tx, err);
}

static bool on_invalid(struct issue *is, struct db *tx, enum issuance_state from, struct err *err)
{
    (void)from;
    return give_back(is, tx, false, err) && count_failures(is, tx, err);
}

/* The order was there: it is counted. */
static bool on_order_lost(struct issue *is, struct db *tx, enum issuance_state from,
                          struct err *err)
{
    (void)from;
    return give_back(is, tx, false, err);
}

static bool leave(struct issue *is, struct db *tx, enum issuance_state from, struct err *err)
{
    (void)from;
    return admission_store_leave(tx, is->issuance->id, err);
}

static bool forget(struct issue *is, struct db *tx, enum issuance_state from, struct err *err)
{
    (void)from;
    return admission_store_forget(tx, is->issuance->id, err);
}

bool admission_step(struct issue *is, struct db *tx, const struct issuance_step *step,
                    struct err *err)
{
    static bool (*const on[ISSUANCE_EVENT_COUNT])(struct issue *, struct db *, enum issuance_state,
                                                  struct err *) = {
        [ISSUANCE_EVENT_PREPARED] = take,
        [ISSUANCE_EVENT_NO_ROOM] = on_no_room,
        [ISSUANCE_EVENT_CLAIM_ENDED] = leave,
        [ISSUANCE_EVENT_CA_REFUSED] = take_back,
        [ISSUANCE_EVENT_NAME_REFUSED] = take_back,
        [ISSUANCE_EVENT_INVALID] = on_invalid,
        [ISSUANCE_EVENT_CA_ORDER_LOST] = on_order_lost,
        [ISSUANCE_EVENT_CA_ACCOUNT_LOST] = take_back,
        [ISSUANCE_EVENT_ISSUED] = forget,
    };

    return !on[step->on] || !asks_any(is) || on[step->on](is, tx, step->from, err);
}

/* --- a refusal --- */

static const enum config_limit no_limit = CONFIG_LIMIT_COUNT;

static enum config_limit limit_of(enum acme_limit limit)
{
    switch (limit) {
    case ACME_LIMIT_ORDERS_PER_ACCOUNT:
        return CONFIG_LIMIT_ORDERS;
    case ACME_LIMIT_CERTIFICATES_PER_DOMAIN:
        return CONFIG_LIMIT_DOMAIN;
    case ACME_LIMIT_CERTIFICATES_PER_SET:
        return CONFIG_LIMIT_SET;
    case ACME_LIMIT_FAILURES_PER_NAME:
        return CONFIG_LIMIT_FAILURES;
    case ACME_LIMIT_NONE:
    case ACME_LIMIT_ACCOUNTS_PER_ADDRESS:
    case ACME_LIMIT_NAME_PAUSED:
    case ACME_LIMIT_REQUESTS:
        break;
    }
    return no_limit;
}

/* Every bucket of this kind that the order asks: which of them it was is not said. */
static bool empty(const struct issue *is, enum config_limit limit, int64_t until, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct asks asks;

    if (!db_tx_begin(is->worker->app->db, &tx, err) || !asks_collect(is, tx, &asks, err))
        return false;
    for (size_t i = 0; i < asks.count; i++) {
        const struct rate_key key = key_of(is, limit, asks.items[i].subject);

        if (asks.items[i].limit == limit &&
            !admission_store_put_tat(tx, &key, rate_empty_until(rate_of(is, limit), until * MS_US),
                                     err))
            return false;
    }
    return db_tx_commit(&tx, err);
}

bool admission_refused(struct issue *is, const struct ca_session *ca, struct issue_outcome *out,
                       bool *is_ours, struct err *err)
{
    const enum config_limit limit = limit_of(ca->problem.limit);
    const int64_t until = ca->problem.retry_at;

    *is_ours = is->issuance->state == ISSUANCE_ORDERING && !is->issuance->acme_order_url &&
               limit != no_limit && rate_of(is, limit)->count > 0 && until > is->now;
    if (!*is_ours)
        return true;
    return empty(is, limit, until, err) &&
           commit_wait(is,
                       arena_printf(is->mem, "%s asks to wait: %s", is->ca->config->name,
                                    ca->problem.detail),
                       until, out, err);
}
