/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/challenge.h"
#include "app/delegation.h"
#include "base/clock.h"
#include "base/crash.h"
#include "job/issue.h"
#include "job/notice.h"
#include "job/own_zone.h"
#include "job/own_zone_look.h"
#include "model/job_kind.h"
#include "model/pace.h"

/*
 * publishing, for names that are proven in DNS: each value is stored as wanted, put into the zone
 * that
 * `_acme-challenge` of its name leads to under the present claim, and waited for at the zone's name
 * servers. Values are taken out again by job/values.c.
 */

#define DNS_WAIT "dns_wait"

static const struct pace look_again = {100, 10000, 4};

static bool is_by_dns(const struct issuance_name *name)
{
    return name->token && issuance_name_is_by_dns(name);
}

bool issue_has_values(const struct issue *is)
{
    for (size_t i = 0; i < is->name_count; i++)
        if (is_by_dns(&is->names[i]))
            return true;
    return false;
}

/* ---- where a value belongs ---- */

/* The zone among ours that the name is delegated to, by the label of its claim; *zone is NULL when
 * it is not any more. */
static const char *match_zone(const struct issue *is, const struct delegation *delegation,
                              const struct dns_answer *answer)
{
    const struct config *cfg = is->worker->app->config;

    if (answer->reply != DNS_REPLY_RECORDS)
        return NULL;
    for (size_t i = 0; i < delegation->target_count; i++)
        if (strcmp(delegation->targets[i], answer->records[0].name) == 0)
            return cfg->dns.updates[i].zone;
    return NULL;
}

/* A value that is needed: for which name, and where its delegation says that it belongs. */
struct needed {
    const struct issuance_name *name;
    const struct delegation *delegation;
    struct dns_value value;
};

static bool find_delegation(struct issue *is, struct needed *needed, struct err *err)
{
    const struct delegated what = {is->domain->id, needed->name->name};

    if (!app_delegation_make(is->worker->app, is->mem, &what, &needed->delegation, err))
        return false;
    if (needed->delegation)
        return true;
    if (is->worker->app->config->dns.update_count > 0)
        return err_set(err, ERR_LOST_RACE, "%s was given back meanwhile", needed->name->name);
    return err_set(err, ERR_CONFIG, "%s is proven in DNS, and dns.update has no zone for it",
                   needed->name->name);
}

static bool take_zone(struct issue *is, const struct dns_answer *answer, struct needed *needed,
                      struct err *err)
{
    const struct delegation *delegation = needed->delegation;
    const char *zone = match_zone(is, delegation, answer);

    if (!zone)
        return err_set(
            err, ERR_DNS,
            "%s does not lead to %s any more; the owner of the name has to set the CNAME "
            "again",
            delegation->name, delegation->targets[0]);
    needed->value.zone = zone;
    needed->value.owner = arena_printf(is->mem, "%s.%s", delegation->label, zone);
    return true;
}

/* All CNAMEs are looked up at the same time. */
static bool find_zones(struct issue *is, struct needed *needed, size_t count, struct err *err)
{
    struct dns_query queries[RESOLVER_BATCH_MAX];
    struct dns_answer answers[RESOLVER_BATCH_MAX];

    for (size_t done = 0, n; done < count; done += n) {
        struct dns_batch batch = {DNS_FRESH, 0, queries, answers};

        for (n = 0; n < RESOLVER_BATCH_MAX && done + n < count; n++) {
            if (!find_delegation(is, &needed[done + n], err))
                return false;
            queries[n] = (struct dns_query){needed[done + n].delegation->name, DNS_TYPE_CNAME};
        }
        batch.count = n;
        if (!resolver_ask(is->mem, is->worker->resolver, &batch, err))
            return false;
        for (size_t i = 0; i < n; i++)
            if (!take_zone(is, &answers[i], &needed[done + i], err))
                return false;
    }
    return true;
}

static bool set_value(struct issue *is, const char *thumbprint, struct needed *needed,
                      struct err *err)
{
    const char *answer;

    if (!acme_key_authorization(is->mem, needed->name->token, thumbprint, &answer, err))
        return false;
    needed->value.domain_id = is->domain->id;
    needed->value.issuance_id = is->issuance->id;
    needed->value.state = DNS_VALUE_WANTED;
    needed->value.created_at = is->now;
    needed->value.value = acme_dns_01_value(is->mem, answer);
    return true;
}

/* ---- putting it there ---- */

static bool store_wanted(struct issue *is, const struct needed *needed, size_t count,
                         struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    if (!job_tx_begin(is->worker->app->db, is->job, &tx, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!dns_value_store_want(tx, &needed[i].value, err))
            return false;
    return issuance_store_save(tx, is->issuance, err) && db_tx_commit(&tx, err);
}

/* All values that the order needs, wanted. */
static bool want_all(struct issue *is, struct err *err)
{
    struct needed *needed = arena_array_of(is->mem, is->name_count, struct needed);
    const char *thumbprint;
    size_t count = 0;

    if (!ca_session_thumbprint(is->worker, is->mem, is->ca, &thumbprint, err))
        return false;
    for (size_t i = 0; i < is->name_count; i++)
        if (is_by_dns(&is->names[i]))
            needed[count++].name = &is->names[i];
    if (!find_zones(is, needed, count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!set_value(is, thumbprint, &needed[i], err))
            return false;
    return store_wanted(is, needed, count, err);
}

/* Somebody may have ended the issuance while the zone was changed: then the value leaves. */
static bool store_put(struct issue *is, const struct dns_value *value, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct db *db = is->worker->app->db;

    if (dns_value_store_put(db, value, clock_now(), err))
        return true;
    if (err->code != ERR_LOST_RACE)
        return false;
    return db_tx_begin(db, &tx, err) && dns_value_store_leave_late(tx, value, err) &&
           job_store_enqueue(tx, job_kind_name(JOB_VALUES), value->domain_id, clock_now(), err) &&
           db_tx_commit(&tx, err) &&
           err_set(err, ERR_LOST_RACE, "issuance %s was ended meanwhile", is->issuance->id);
}

/* Why is the operator's to know: servers, keys, what a program of theirs wrote. */
static bool tell_refused(struct issue *is, const struct dns_value *value, struct err *err)
{
    const struct err failed = *err;

    return notice_tell_zone(is->worker, is->mem, value->zone, &failed, err) &&
           err_set(
               err, failed.code,
               "the validation record could not be put into %s; the operator has been told, and "
               "it is tried again by itself",
               value->zone);
}

static bool put_one(struct issue *is, const struct dns_value *value, struct err *err)
{
    if (!job_store_extend(is->worker->app->db, is->job, JOB_LEASE_MS, err))
        return false;
    CRASH_POINT(PUT_VALUE_BEFORE);
    if (!own_zone_change(is->worker, is->mem, OWN_ZONE_PUT, value, err))
        return tell_refused(is, value, err);
    CRASH_POINT(PUT_VALUE_REPLY);
    if (!store_put(is, value, err) || !notice_end_zone(is->worker, value->zone, err))
        return false;
    CRASH_POINT(PUT_VALUE_COMMIT);
    return true;
}

static size_t count_needed(const struct issue *is)
{
    size_t count = 0;

    for (size_t i = 0; i < is->name_count; i++)
        count += is_by_dns(&is->names[i]);
    return count;
}

/* *is_put is false when one of them is just being taken out. */
static bool put_all(struct issue *is, struct dns_value_list *out, bool *is_put, struct err *err)
{
    struct db *db = is->worker->app->db;

    *is_put = false;
    if (!dns_value_store_of(is->mem, db, is->issuance->id, out, err))
        return false;
    if (out->count < count_needed(is) &&
        (!want_all(is, err) || !dns_value_store_of(is->mem, db, is->issuance->id, out, err)))
        return false;
    if (out->count < count_needed(is))
        return true;
    for (size_t i = 0; i < out->count; i++)
        if (out->items[i].state == DNS_VALUE_WANTED && !put_one(is, &out->items[i], err))
            return false;
    *is_put = true;
    return dns_value_store_of(is->mem, db, is->issuance->id, out, err);
}

/* ---- waiting for the name servers ---- */

static bool is_same(const char *said, const char *text)
{
    return said && strcmp(said, text) == 0;
}

/* Unless it is what stands there already; `until` is when it waits no longer, 0: not known. */
static bool tell_wait(struct issue *is, const char *text, int64_t until, struct err *err)
{
    const struct issue_change change = {.event = ISSUANCE_EVENT_VALUES_WAIT,
                                        .keep_seq = is->issuance->wait_seq,
                                        .text = text,
                                        .is_quiet = is_same(is->issuance->error_code, DNS_WAIT)};

    if (is_same(is->issuance->error_text, text))
        return true;
    is->issuance->error_code = DNS_WAIT;
    is->issuance->error_text = text;
    is->issuance->next_try_at = until;
    return issue_commit(is, &change, err);
}

static bool wait_for(struct issue *is, const struct value_wait *wait, const struct dns_value *value,
                     struct issue_outcome *out, struct err *err)
{
    int64_t now = clock_now(), next = now + pace_ms(&look_again, now - value->put_at);
    const char *text = arena_printf(
        is->mem, "%zu of %zu name servers of %s have the validation record; waits for %s until %s",
        wait->having, wait->count, value->zone, wait->first ? wait->first->server : "one of them",
        clock_text_in(is->mem, wait->until));

    *out =
        (struct issue_outcome){.is_wait = true, .run_at = next < wait->until ? next : wait->until};
    return tell_wait(is, text, wait->until, err);
}

/* The CA asks for a value that is just being taken out. */
static bool wait_until_out(struct issue *is, struct issue_outcome *out, struct err *err)
{
    int64_t now = clock_now();

    *out = (struct issue_outcome){
        .is_wait = true, .run_at = now + pace_ms(&look_again, now - is->issuance->ordered_at)};
    return tell_wait(
        is, "the same validation record is still being taken out, and is put there again then", 0,
        err);
}

static const char *missing_text(struct issue *is, const struct value_wait *wait,
                                const struct dns_value *value)
{
    const struct value_seen *first = wait->first;

    if (!first)
        return arena_printf(is->mem,
                            "no name server of %s can be found; the operator has to see to it that "
                            "the zone is delegated",
                            value->zone);
    return arena_printf(is->mem, "no name server of %s has the validation record in time: %s %s",
                        value->zone, first->server,
                        first->at == VALUE_SILENT ? first->why : "has it not");
}

/* *which is the value that it goes on with: one that failed, else one that is waited for. */
static bool look_at(struct issue *is, const struct dns_value_list *values, struct value_wait *wait,
                    const struct dns_value **which, struct err *err)
{
    struct own_zone_look *looks = arena_array_of(is->mem, values->count, struct own_zone_look);

    *wait = (struct value_wait){.what = VALUE_WAIT_OVER};
    if (!job_store_extend(is->worker->app->db, is->job, JOB_LEASE_MS, err) ||
        !own_zone_look(is->worker, is->mem, values, looks, err))
        return false;
    for (size_t i = 0; i < values->count; i++) {
        const struct dns_value *value = &values->items[i];
        const struct config_dns_update *zone =
            config_dns_update_find(is->worker->app->config, value->zone);
        struct value_wait one = value_wait_of(looks[i].seen, looks[i].count, value->put_at,
                                              zone ? zone->wait_s * 1000 : 0, clock_now());

        if (one.what > wait->what) {
            *wait = one;
            *which = value;
        }
    }
    return true;
}

/* *ready is false when *out says how it goes on. */
static bool wait_for_all(struct issue *is, const struct dns_value_list *values, bool *ready,
                         struct issue_outcome *out, struct err *err)
{
    const struct dns_value *value = NULL;
    struct value_wait wait;

    if (!look_at(is, values, &wait, &value, err))
        return false;
    switch (wait.what) {
    case VALUE_WAIT_OVER:
        *ready = true;
        return true;
    case VALUE_WAIT_SERVERS:
        return wait_for(is, &wait, value, out, err);
    case VALUE_WAIT_FAILED:
        break;
    }
    return issue_values_lost(is, ERR_DNS_UPDATE, missing_text(is, &wait, value), out, err);
}

/* The zone could not be changed: the same again, later; the text says who has to act. */
static bool refused(struct issue *is, struct issue_outcome *out, struct err *err)
{
    const struct err failed = *err;
    int64_t now = clock_now();
    bool is_new = !is->issuance->error_text || strcmp(is->issuance->error_text, failed.text) != 0;

    if (failed.code == ERR_DNS)
        return issue_values_lost(is, failed.code, arena_strdup(is->mem, failed.text), out, err);
    if (failed.code != ERR_DNS_UPDATE && failed.code != ERR_NET && failed.code != ERR_TIMEOUT &&
        failed.code != ERR_CONFIG)
        return false;
    is->issuance->error_code = err_name(failed.code);
    is->issuance->error_text = arena_strdup(is->mem, failed.text);
    is->issuance->next_try_at = now + job_backoff_ms(is->issuance->ca_failures++);
    *out = (struct issue_outcome){.is_wait = true, .run_at = is->issuance->next_try_at};
    return issue_commit(is,
                        &(struct issue_change){.event = ISSUANCE_EVENT_VALUES_REFUSED,
                                               .text = is->issuance->error_text,
                                               .keep_seq = is->issuance->wait_seq,
                                               .is_quiet = !is_new},
                        err);
}

bool issue_publish_values(struct issue *is, bool *ready, struct issue_outcome *out, struct err *err)
{
    struct dns_value_list values;
    bool is_put;

    *ready = true;
    if (!issue_has_values(is))
        return true;
    *ready = false;
    if (!put_all(is, &values, &is_put, err))
        return refused(is, out, err);
    if (!is_put)
        return wait_until_out(is, out, err);
    return wait_for_all(is, &values, ready, out, err);
}

bool issue_leave_values(struct issue *is, struct db *tx, struct err *err)
{
    int64_t left;

    return dns_value_store_leave(tx, is->issuance->id, &left, err) &&
           (left == 0 ||
            job_store_enqueue(tx, job_kind_name(JOB_VALUES), is->domain->id, is->now, err));
}
