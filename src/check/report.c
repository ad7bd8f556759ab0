/* SPDX-License-Identifier: Apache-2.0 */
#include "check/report.h"

#include "base/clock.h"

static const char *const outcome_names[] = {
    [CHECK_READY] = "ready",
    [CHECK_PARTLY] = "partly",
    [CHECK_NOT_READY] = "not_ready",
    [CHECK_UNKNOWN] = "unknown",
};

static const char *const verdicts[] = {
    [CHECK_READY] = "ready",
    [CHECK_PARTLY] = "not_ready",
    [CHECK_NOT_READY] = "not_ready",
    [CHECK_UNKNOWN] = "unknown",
};

#define X(id, name) [CHECK_VANTAGE_##id] = name,
static const char *const vantage_results[CHECK_VANTAGE_RESULT_COUNT] = {CHECK_VANTAGES(X)};
#undef X

const char *check_outcome_name(enum check_outcome outcome)
{
    return outcome_names[outcome];
}

const char *check_report_verdict(const struct check_report *report)
{
    bool is_wrong = false;

    for (size_t i = 0; i < report->name_count; i++)
        is_wrong = is_wrong ||
                   (report->names[i].verdict != DNS_OK && report->names[i].verdict != DNS_UNKNOWN);
    return verdicts[report->outcome == CHECK_PARTLY && !is_wrong ? CHECK_UNKNOWN : report->outcome];
}

static struct finding taken(struct arena *mem, const char *name, int64_t retry_at)
{
    const struct finding_words words = {.subject = name};
    struct finding finding = {0};

    finding_set(mem, &finding, FINDING_UNDER_WILDCARD, &words);
    finding.retry_at = retry_at;
    return finding;
}

void check_report_take(struct arena *mem, struct check_report *report, const bool *is_taken,
                       int64_t retry_at)
{
    size_t most = report->name_count + report->finding_count, count = 0;
    struct finding *list = arena_array_of(mem, most, struct finding);
    bool any_passes = false;

    for (size_t i = 0; i < report->name_count; i++) {
        struct check_name *name = &report->names[i];

        if (is_taken[i]) {
            list[count] = taken(mem, name->name, retry_at);
            name->verdict = DNS_CONFLICT;
            name->finding = &list[count++];
        }
        any_passes = any_passes || name->verdict == DNS_OK;
    }
    if (count == 0)
        return;
    for (size_t i = 0; i < report->finding_count; i++)
        list[count + i] = report->findings[i];
    report->title = list[0].title;
    report->outcome = any_passes ? CHECK_PARTLY : CHECK_NOT_READY;
    report->findings = list;
    report->finding_count += count;
}

json_t *check_findings_to_json(const struct check_report *report)
{
    json_t *list = json_array();

    for (size_t i = 0; i < report->finding_count; i++)
        json_array_append_new(list, finding_to_json(&report->findings[i]));
    return list;
}

json_t *check_vantages_to_json(const struct check_report *report)
{
    json_t *list = json_array();

    for (size_t i = 0; i < report->vantage_count; i++) {
        const struct check_vantage *vantage = &report->vantages[i];

        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:s}", "edge", vantage->edge, "region",
                                        vantage->region, "result", vantage_results[vantage->result],
                                        "text", vantage->text));
    }
    return list;
}

static json_t *provider_to_json(const struct provider *provider)
{
    if (!provider)
        return json_null();
    return json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:s?, s:s?}", "name", provider->name, "host",
                     provider_host_name(provider->host), "target",
                     provider_target_name(provider->target), "apex_alias", provider->apex_alias,
                     "menu", provider->menu, "note", provider->note, "source", provider->source);
}

static json_t *registration_to_json(const struct registration *said)
{
    char expires_at[CLOCK_TEXT_SIZE], seen_at[CLOCK_TEXT_SIZE];

    if (!said->is_known)
        return json_null();
    return json_pack("{s:b, s:o, s:s?, s:s}", "is_registered", said->is_registered, "states",
                     registration_states_to_json(said), "expires_at",
                     said->expires_at ? clock_text(said->expires_at, expires_at) : NULL, "seen_at",
                     clock_text(said->seen_at, seen_at));
}

json_t *check_report_to_json(const struct check_report *report)
{
    json_t *names = json_array(), *records = json_array();
    char at[CLOCK_TEXT_SIZE];

    for (size_t i = 0; i < report->name_count; i++)
        json_array_append_new(names,
                              json_pack("{s:s, s:s}", "name", report->names[i].name, "verdict",
                                        dns_verdict_name(report->names[i].verdict)));
    for (size_t i = 0; i < report->record_count; i++)
        json_array_append_new(records, finding_action_to_json(&report->records[i]));
    return json_pack("{s:s, s:I, s:s, s:s, s:o, s:o, s:o, s:s?, s:I, s:o, s:o, s:o}", "at",
                     clock_text(report->at, at), "took_ms", (json_int_t)report->took_ms, "outcome",
                     check_outcome_name(report->outcome), "title", report->title, "names", names,
                     "findings", check_findings_to_json(report), "records", records, "instructions",
                     report->instructions, "remembered_s", (json_int_t)report->remembered_s,
                     "provider", provider_to_json(report->provider), "registration",
                     registration_to_json(&report->registration), "vantages",
                     check_vantages_to_json(report));
}
