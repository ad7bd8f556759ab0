/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>

#include "app/expected.h"
#include "base/crash.h"
#include "base/id.h"
#include "job/issue.h"
#include "store/check_store.h"

/*
 * waiting_dns: every name is looked at (DNS, then our own check path over HTTP) before the CA is
 * asked; what is wrong stands as a finding at each name, and it is looked at again by itself, often
 * at first, later less.
 */

/* Between two checks: as long again as the order has waited, within the configured bounds. */
static int64_t next_check_at(const struct issue *is)
{
    const struct config *cfg = is->worker->app->config;
    int64_t span = is->now - is->issuance->created_at;

    if (span < cfg->check.retry_min_ms)
        span = cfg->check.retry_min_ms;
    if (span > cfg->check.retry_max_ms)
        span = cfg->check.retry_max_ms;
    return is->now + span;
}

static bool look(const struct issue *is, struct check_report *report, struct err *err)
{
    const struct config *cfg = is->worker->app->config;
    const char **names = arena_array_of(is->mem, is->name_count, const char *);
    struct app_expected expected;
    struct check_env env;

    if (!app_expected_of(is->worker->app, is->mem, is->domain->partner_id, &expected, err))
        return false;
    env = (struct check_env){
        .resolver = is->worker->resolver,
        .check_key = is->worker->check_key,
        .brand = expected.brand,
        .http_port = (uint16_t)cfg->edge.http_port,
        .retry_at = next_check_at(is),
    };
    for (size_t i = 0; i < is->name_count; i++)
        names[i] = is->names[i].name;
    return check_run(is->mem, &env,
                     &(struct check_names){names, is->name_count, is->domain->registered_domain},
                     &expected.addresses, report, err);
}

static const char *json_text(struct arena *mem, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    const char *copy = text ? arena_strdup(mem, text) : NULL;

    free(text);
    json_decref(json);
    return copy;
}

static const struct check_name *find_name(const struct check_report *report, const char *name)
{
    for (size_t i = 0; i < report->name_count; i++)
        if (strcmp(report->names[i].name, name) == 0)
            return &report->names[i];
    return NULL;
}

/* Puts verdict and finding at each name; true when one of them differs from before. */
static bool take_verdicts(struct issue *is, const struct check_report *report)
{
    bool is_changed = false;

    for (size_t i = 0; i < is->name_count; i++) {
        const struct check_name *seen = find_name(report, is->names[i].name);
        const char *verdict = dns_verdict_name(seen ? seen->verdict : DNS_UNKNOWN);

        is_changed = is_changed || strcmp(verdict, is->names[i].dns_state) != 0;
        is->names[i].dns_state = verdict;
        is->names[i].finding =
            seen && seen->finding ? json_text(is->mem, finding_to_json(seen->finding)) : NULL;
    }
    return is_changed;
}

static const char *wire_outcome(enum check_outcome outcome)
{
    switch (outcome) {
    case CHECK_READY:
        return "ready";
    case CHECK_PARTLY:
    case CHECK_NOT_READY:
        return "not_ready";
    case CHECK_UNKNOWN:
        return "unknown";
    }
    return "unknown";
}

/* The report of this run, for issue_commit()'s transaction. */
static bool add_run(struct issue *is, struct db *tx, const struct check_report *report,
                    struct err *err)
{
    const struct check_run run = {
        .id = id_new(is->mem, ID_CHECK),
        .partner_id = is->domain->partner_id,
        .account_id = is->domain->account_id,
        .domain_id = is->domain->id,
        .name = is->domain->name,
        .at = report->at,
        .verdict = wire_outcome(report->outcome),
        .findings = json_text(is->mem, check_findings_to_json(report)),
    };

    return check_store_add(tx, &run, err);
}

/* Runs of checks are kept where something changed: a name that stays wrong makes no rows. */
static bool store_report(struct issue *is, const struct check_report *report, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    return db_tx_begin(is->worker->app->db, &tx, err) && add_run(is, tx, report, err) &&
           db_tx_commit(&tx, err);
}

bool issue_check(struct issue *is, struct issue_outcome *out, struct err *err)
{
    struct check_report report;
    bool is_changed;

    if (is->issuance->attempts > 0 && is->issuance->next_try_at > is->now) {
        *out = (struct issue_outcome){.is_wait = true, .run_at = is->issuance->next_try_at};
        return true;
    }
    CRASH_POINT(CHECK_BEFORE);
    if (!look(is, &report, err))
        return false;
    CRASH_POINT(CHECK_REPLY);
    is_changed = take_verdicts(is, &report);
    if (is_changed && !store_report(is, &report, err))
        return false;
    if (report.outcome == CHECK_READY) {
        is->issuance->error_code = is->issuance->error_text = NULL;
        is->issuance->next_try_at = 0;
        if (!issue_commit(is, &(struct issue_change){.event = ISSUANCE_EVENT_DNS_OK}, err))
            return false;
        CRASH_POINT(CHECK_COMMIT);
        return true;
    }
    is->issuance->next_try_at = next_check_at(is);
    is->issuance->error_code =
        report.finding_count ? finding_code_name(report.findings[0].code) : "unknown";
    is->issuance->error_text = report.title;
    *out = (struct issue_outcome){.is_wait = true, .run_at = is->issuance->next_try_at};
    return issue_commit(is,
                        &(struct issue_change){.event = ISSUANCE_EVENT_DNS_BAD,
                                               .text = *report.title ? report.title : NULL,
                                               .is_quiet = !is_changed},
                        err);
}
