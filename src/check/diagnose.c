/* SPDX-License-Identifier: Apache-2.0 */
#include "check/diagnose.h"

#include <assert.h>

#include "base/name_table.h"
#include "check/delegation.h"
#include "check/facts.h"
#include "check/record_form.h"
#include "check/rules.h"
#include "check/sighting.h"
#include "check/vantage.h"
#include "check/zone_findings.h"

#define X(id, name) [PROBE_##id] = name,
static const char *const probe_names[PROBE_OUTCOME_COUNT] = {PROBES(X)};
#undef X

const char *probe_outcome_name(enum probe_outcome outcome)
{
    return probe_names[outcome];
}

DEFINE_NAME_PARSE(probe_outcome_parse, enum probe_outcome, probe_names)

/* The first row that is so is the root cause of a name that does not pass. */
/* clang-format off */
#define REGISTRATION(code, is_so)                                                                  \
    {code, DNS_MISSING, REMEDY_NONE, is_so, rule_tell_registration, rule_fill_registration}
static const struct rule {
    enum finding_code code;
    enum dns_verdict verdict;
    enum remedy remedy;
    rule_is_fn is_so;
    rule_tell_fn tell; /* NULL: the words of remedy.c stand */
    rule_fill_fn fill; /* NULL: its lists stand, by `remedy` */
} rules[] = {
    {FINDING_DNSSEC_BOGUS,          DNS_DNSSEC_BOGUS, REMEDY_NONE,       rule_is_bogus,             NULL,               rule_fill_bogus},
    {FINDING_FOLLOWS_BAD_NAME,      DNS_WRONG_TARGET, REMEDY_NONE,       rule_follows_bad_name,     NULL,               NULL},
    {FINDING_CNAME_LOOP,            DNS_WRONG_TARGET, REMEDY_POINT_HERE, rule_is_loop,              NULL,               NULL},
    REGISTRATION(FINDING_DOMAIN_NOT_REGISTERED, rule_is_not_registered),
    REGISTRATION(FINDING_DOMAIN_EXPIRED,        rule_is_expired),
    REGISTRATION(FINDING_DOMAIN_ON_HOLD,        rule_is_on_hold),
    {FINDING_ZONE_UNSERVED,         DNS_MISSING,      REMEDY_NONE,       rule_is_unserved,          rule_tell_unserved, NULL},
    {FINDING_DNS_TIMEOUT,           DNS_UNKNOWN,      REMEDY_NONE,       rule_is_timeout,           NULL,               NULL},
    {FINDING_DNS_SERVFAIL,          DNS_UNKNOWN,      REMEDY_NONE,       rule_is_servfail,          NULL,               NULL},
    {FINDING_SECONDARY_LAGS,        DNS_PARTIAL,      REMEDY_NONE,       rule_is_lagging,           rule_tell_servers,  NULL},
    {FINDING_SERVERS_DISAGREE,      DNS_PARTIAL,      REMEDY_NONE,       rule_is_disagreeing,       rule_tell_servers,  NULL},
    {FINDING_DOUBLED_NAME,          DNS_MISSING,      REMEDY_NONE,       rule_is_twice,             rule_tell_twice,    rule_fill_twice},
    {FINDING_CNAME_DANGLING,        DNS_MISSING,      REMEDY_POINT_HERE, rule_is_dangling,          NULL,               NULL},
    {FINDING_WWW_MISSING,           DNS_MISSING,      REMEDY_POINT_HERE, rule_is_www_missing,       NULL,               NULL},
    {FINDING_NAME_NOT_FOUND,        DNS_MISSING,      REMEDY_POINT_HERE, rule_is_not_found,         NULL,               NULL},
    {FINDING_ADDRESS_MISSING,       DNS_MISSING,      REMEDY_POINT_HERE, rule_is_without_address,   NULL,               NULL},
    {FINDING_PLATFORM_TARGET_WRONG, DNS_WRONG_TARGET, REMEDY_NONE,       rule_is_target_wrong,      NULL,               NULL},
    {FINDING_CDN_IN_FRONT,          DNS_OK,           REMEDY_NONE,       rule_is_cdn_in_front,      rule_tell_cdn,      NULL},
    {FINDING_CDN_ELSEWHERE,         DNS_PROXIED,      REMEDY_POINT_HERE, rule_is_cdn_elsewhere,     rule_tell_cdn,      NULL},
    {FINDING_WWW_ELSEWHERE,         DNS_WRONG_TARGET, REMEDY_POINT_HERE, rule_is_www_elsewhere,     rule_tell_stranger, NULL},
    {FINDING_PRIVATE_ADDRESS,       DNS_WRONG_TARGET, REMEDY_POINT_HERE, rule_is_all_private,       NULL,               NULL},
    {FINDING_FOREIGN_AAAA,          DNS_PARTIAL,      REMEDY_NO_AAAA,    rule_is_foreign_aaaa,      NULL,               NULL},
    {FINDING_WRONG_ADDRESS,         DNS_WRONG_TARGET, REMEDY_POINT_HERE, rule_is_wrong,             rule_tell_stranger, NULL},
    {FINDING_EXTRA_ADDRESS,         DNS_PARTIAL,      REMEDY_NO_FOREIGN, rule_has_extra,            NULL,               NULL},
    {FINDING_UNREACHABLE_FROM_HERE, DNS_OK,           REMEDY_NONE,       rule_is_reached_elsewhere, rule_tell_vantages, rule_fill_vantages},
    {FINDING_HTTP_REFUSED,          DNS_UNREACHABLE,  REMEDY_NONE,       rule_is_http_refused,      NULL,               NULL},
    {FINDING_HTTP_TIMEOUT,          DNS_UNREACHABLE,  REMEDY_NONE,       rule_is_http_timeout,      NULL,               NULL},
    {FINDING_HTTP_UNREACHABLE,      DNS_UNREACHABLE,  REMEDY_NONE,       rule_is_http_unreachable,  NULL,               NULL},
    {FINDING_HTTP_CUT,              DNS_UNREACHABLE,  REMEDY_NONE,       rule_is_http_cut,          NULL,               NULL},
    {FINDING_HTTP_REDIRECTED,       DNS_UNREACHABLE,  REMEDY_NONE,       rule_is_http_redirected,   rule_tell_http,     NULL},
    {FINDING_HTTP_REDIRECT_LOOP,    DNS_UNREACHABLE,  REMEDY_NONE,       rule_is_http_looping,      rule_tell_http,     NULL},
    {FINDING_HTTP_BAD_REDIRECT,     DNS_UNREACHABLE,  REMEDY_NONE,       rule_is_http_bad_redirect, rule_tell_http,     NULL},
    {FINDING_HTTP_TLS_PORT,         DNS_UNREACHABLE,  REMEDY_NONE,       rule_is_http_tls_port,     rule_tell_http,     NULL},
    {FINDING_HTTP_BLOCKED,          DNS_UNREACHABLE,  REMEDY_NONE,       rule_is_http_blocked,      rule_tell_http,     NULL},
    {FINDING_HTTP_WRONG_SERVER,     DNS_UNREACHABLE,  REMEDY_NONE,       rule_is_http_wrong_server, rule_tell_http,     NULL},
    {FINDING_HTTP_IPV6_WRONG,       DNS_UNREACHABLE,  REMEDY_NONE,       rule_is_http_ipv6_wrong,   rule_tell_http,     NULL},
};

/* Likewise, after these, of a name that is proven in DNS; of a wildcard they are all. */
#define DELEGATION(code, verdict, is_so)                                                           \
    {code, verdict, REMEDY_NONE, is_so, delegation_tell, delegation_fill}
static const struct rule delegation_rules[] = {
    REGISTRATION(FINDING_DOMAIN_NOT_REGISTERED, rule_is_not_registered),
    REGISTRATION(FINDING_DOMAIN_EXPIRED,        rule_is_expired),
    REGISTRATION(FINDING_DOMAIN_ON_HOLD,        rule_is_on_hold),
    DELEGATION(FINDING_WILDCARD_NEEDS_DNS,  DNS_UNCHECKED,    delegation_is_absent),
    DELEGATION(FINDING_DNSSEC_BOGUS,        DNS_DNSSEC_BOGUS, delegation_is_bogus),
    DELEGATION(FINDING_CHALLENGE_UNSEEN,    DNS_UNKNOWN,      delegation_is_unseen),
    DELEGATION(FINDING_CHALLENGE_DOUBLED,   DNS_MISSING,      delegation_is_doubled),
    DELEGATION(FINDING_CHALLENGE_TXT,       DNS_MISSING,      delegation_is_text),
    DELEGATION(FINDING_CHALLENGE_MISSING,   DNS_MISSING,      delegation_is_missing),
    DELEGATION(FINDING_CHALLENGE_RELATIVE,  DNS_WRONG_TARGET, delegation_is_relative),
    DELEGATION(FINDING_CHALLENGE_OLD,       DNS_WRONG_TARGET, delegation_is_old),
    DELEGATION(FINDING_CHALLENGE_ELSEWHERE, DNS_WRONG_TARGET, delegation_is_elsewhere),
};
/* clang-format on */

/* Every row that is so, of a name that passes. */
/* clang-format off */
static const struct rule notes[] = {
    {FINDING_CDN_LOOPING,   DNS_OK, REMEDY_NONE,       rule_is_cdn_looping,   rule_tell_cdn, NULL},
    {FINDING_HTTP_PARTLY,   DNS_OK, REMEDY_NONE,       rule_is_http_partly,   NULL,          NULL},
    {FINDING_VANTAGE_UNREACHABLE, DNS_OK, REMEDY_NONE, rule_is_unreached,     rule_tell_vantages, rule_fill_vantages},
    {FINDING_VANTAGE_BLOCKED,     DNS_OK, REMEDY_NONE, rule_is_shut_out,      rule_tell_vantages, rule_fill_vantages},
    {FINDING_VANTAGE_DNS, DNS_OK, REMEDY_NONE, rule_is_looked_up_otherwise, rule_tell_vantage_dns, rule_fill_vantage_dns},
    {FINDING_LOOKUP_PARTLY, DNS_OK, REMEDY_NONE,       rule_is_seen_in_part,  NULL,          NULL},
    {FINDING_OLD_ANSWER,    DNS_OK, REMEDY_NONE,       rule_is_old,           rule_tell_old, NULL},
    {FINDING_DEAD_ADDRESS,  DNS_OK, REMEDY_NO_DEAD,    rule_has_dead,         NULL,          NULL},
    {FINDING_A_MISSING,     DNS_OK, REMEDY_ADD_A,      rule_is_without_a,     NULL,          NULL},
    {FINDING_CNAME_AT_APEX, DNS_OK, REMEDY_POINT_HERE, rule_is_cname_at_apex, NULL,          NULL},
    {FINDING_AAAA_MISSING,  DNS_OK, REMEDY_ADD_AAAA,   rule_is_without_aaaa,  NULL,          NULL},
};
/* clang-format on */

/* Every row that is so, beside whatever else is wrong. */
/* clang-format off */
#define CAA(code, verdict, is_so) {code, verdict, REMEDY_NONE, is_so, rule_tell_caa, rule_fill_caa}
static const struct rule beside[] = {
    CAA(FINDING_CAA_CRITICAL,        DNS_CAA_FORBIDDEN, rule_caa_is_critical),
    CAA(FINDING_CAA_FORBIDS,         DNS_CAA_FORBIDDEN, rule_caa_forbids),
    CAA(FINDING_CAA_WILDCARD,        DNS_CAA_FORBIDDEN, rule_caa_forbids_wildcard),
    CAA(FINDING_CAA_AT_TARGET,       DNS_CAA_FORBIDDEN, rule_caa_forbids_at_target),
    CAA(FINDING_CAA_MALFORMED,       DNS_CAA_FORBIDDEN, rule_caa_is_malformed),
    CAA(FINDING_CAA_WRONG_ACCOUNT,   DNS_CAA_FORBIDDEN, rule_caa_is_of_other_account),
    CAA(FINDING_CAA_WRONG_METHOD,    DNS_CAA_FORBIDDEN, rule_caa_is_of_other_method),
    CAA(FINDING_CAA_LOOKUP_FAILED,   DNS_CAA_FORBIDDEN, rule_caa_fails),
    CAA(FINDING_CAA_TIMEOUT,         DNS_UNKNOWN,       rule_caa_is_silent),
    CAA(FINDING_CAA_ACCOUNT_UNKNOWN, DNS_OK,            rule_caa_account_is_unknown),
};
static const struct rule wildcard_notes[] = {
    {FINDING_WILDCARD_ELSEWHERE, DNS_OK, REMEDY_POINT_HERE, rule_is_wrong, NULL, NULL},
};
/* clang-format on */

/* ---- from rules to findings ---- */

/* A finding and where it goes. */
struct entry {
    struct finding finding;
    const struct facts *about;
    bool is_folded; /* under the first finding about about->base */
    bool is_http;   /* DNS is right: told after what is wrong with DNS */
};

struct entries {
    struct entry items[CHECK_FINDINGS_MAX];
    size_t count;
};

static bool is_base_right(const struct facts *f)
{
    switch (f->base->verdict) {
    case DNS_WRONG_TARGET:
    case DNS_PARTIAL:
    case DNS_MISSING:
    case DNS_DNSSEC_BOGUS:
        return false;
    case DNS_OK:
    case DNS_UNCHECKED:
    case DNS_UNKNOWN:
    case DNS_UNREACHABLE:
    case DNS_CAA_FORBIDDEN:
    case DNS_PROXIED:
    case DNS_CONFLICT:
    case DNS_VERDICT_COUNT:
        return true;
    }
    return true;
}

/* The rule of the titles; NULL where the catalogue's own stands. */
static const char *title_of(const struct facts *f, const struct rule *rule)
{
    bool has_foreign_aaaa = f->foreign_count[FACTS_V6] > 0 && facts_ours(f) > 0;

    if (rule->verdict == DNS_OK || rule->verdict == DNS_UNKNOWN || rule->verdict == DNS_UNCHECKED ||
        rule->verdict == DNS_CAA_FORBIDDEN)
        return NULL;
    if (rule->code == FINDING_FOLLOWS_BAD_NAME && f->base->verdict == DNS_UNKNOWN)
        return FINDING_NOT_CHECKED;
    if (rule->verdict == DNS_UNREACHABLE || rule->code == FINDING_FOLLOWS_BAD_NAME)
        return FINDING_NO_RESPONSE;
    if (f->role != ROLE_WWW || rule->verdict == DNS_DNSSEC_BOGUS || has_foreign_aaaa)
        return FINDING_HAS_ISSUES;
    return is_base_right(f) ? FINDING_NO_RESPONSE : FINDING_HAS_ISSUES;
}

/* What comes from one cause for both names of a pair, whatever the verdict. */
static const enum finding_code shared[] = {
    FINDING_HTTP_PARTLY,           FINDING_LOOKUP_PARTLY,     FINDING_ZONE_UNSERVED,
    FINDING_CDN_IN_FRONT,          FINDING_CDN_LOOPING,       FINDING_CDN_ELSEWHERE,
    FINDING_SECONDARY_LAGS,        FINDING_SERVERS_DISAGREE,  FINDING_OLD_ANSWER,
    FINDING_CAA_CRITICAL,          FINDING_CAA_FORBIDS,       FINDING_CAA_AT_TARGET,
    FINDING_CAA_MALFORMED,         FINDING_CAA_WRONG_ACCOUNT, FINDING_CAA_WRONG_METHOD,
    FINDING_CAA_LOOKUP_FAILED,     FINDING_CAA_TIMEOUT,       FINDING_CAA_ACCOUNT_UNKNOWN,
    FINDING_DOMAIN_NOT_REGISTERED, FINDING_DOMAIN_EXPIRED,    FINDING_DOMAIN_ON_HOLD,
    FINDING_UNREACHABLE_FROM_HERE, FINDING_VANTAGE_BLOCKED,   FINDING_VANTAGE_UNREACHABLE,
    FINDING_VANTAGE_DNS,
};

/* What both names of a pair have for the same reason. */
static bool is_shared_cause(const struct facts *f, enum finding_code code,
                            const struct entries *entries)
{
    enum dns_verdict verdict = f->verdict;
    bool is_shared =
        verdict == DNS_UNREACHABLE || verdict == DNS_UNKNOWN || verdict == DNS_DNSSEC_BOGUS;

    for (size_t i = 0; i < ARRAY_LEN(shared); i++)
        is_shared = is_shared || shared[i] == code;
    for (size_t i = 0; is_shared && i < entries->count; i++)
        if (entries->items[i].about == f->base && entries->items[i].finding.code == code)
            return true;
    return false;
}

static void add_entry(struct arena *mem, const struct facts *f, const struct rule *rule,
                      struct entries *out)
{
    struct finding_words words = remedy_words(mem, f, rule->code);
    struct entry entry = {.about = f};

    assert(out->count < CHECK_FINDINGS_MAX);
    words.title = title_of(f, rule);
    if (rule->tell)
        rule->tell(mem, f, &words);
    finding_set(mem, &entry.finding, rule->code, &words);
    entry.finding.retry_at = f->context->retry_at;
    if (rule->fill)
        rule->fill(mem, f, &entry.finding);
    else
        remedy_fill(mem, f, rule->remedy, &entry.finding);
    entry.is_http = rule->verdict == DNS_UNREACHABLE;
    entry.is_folded = f->role == ROLE_WWW && (rule->code == FINDING_FOLLOWS_BAD_NAME ||
                                              is_shared_cause(f, rule->code, out));
    out->items[out->count++] = entry;
}

/* A foreign AAAA beside a right A leaves the name half right; alone it is just elsewhere. What
 * follows another name shares its fate. */
static enum dns_verdict verdict_of(const struct facts *f, const struct rule *rule)
{
    if (rule->code == FINDING_FOREIGN_AAAA && facts_ours(f) == 0)
        return DNS_WRONG_TARGET;
    return rule->code == FINDING_FOLLOWS_BAD_NAME ? f->base->verdict : rule->verdict;
}

static bool judge_first(struct arena *mem, struct facts *f, const struct rule *list, size_t count,
                        struct entries *out)
{
    for (size_t i = 0; i < count; i++) {
        if (!list[i].is_so(f))
            continue;
        f->verdict = verdict_of(f, &list[i]);
        add_entry(mem, f, &list[i], out);
        return true;
    }
    f->verdict = DNS_OK;
    return false;
}

static void judge(struct arena *mem, struct facts *f, struct entries *out)
{
    bool is_wildcard = f->role == ROLE_WILDCARD;
    const struct rule *more = is_wildcard ? wildcard_notes : notes;
    size_t count = is_wildcard ? ARRAY_LEN(wildcard_notes) : ARRAY_LEN(notes);

    if (is_wildcard || !judge_first(mem, f, rules, ARRAY_LEN(rules), out))
        (void)judge_first(mem, f, delegation_rules, ARRAY_LEN(delegation_rules), out);
    for (size_t i = 0; i < ARRAY_LEN(beside); i++) {
        if (!beside[i].is_so(f))
            continue;
        if (f->verdict == DNS_OK)
            f->verdict = beside[i].verdict;
        add_entry(mem, f, &beside[i], out);
    }
    for (size_t i = 0; f->verdict == DNS_OK && i < count; i++)
        if (more[i].is_so(f))
            add_entry(mem, f, &more[i], out);
}

/* A www name is judged after its base. */
static void judge_all(struct arena *mem, struct facts *all, size_t count, struct entries *out)
{
    for (size_t i = 0; i < count; i++)
        if (all[i].role != ROLE_WWW)
            judge(mem, &all[i], out);
    for (size_t i = 0; i < count; i++)
        if (all[i].role == ROLE_WWW)
            judge(mem, &all[i], out);
}

/* What is wrong with the name servers is said once, of the zone. */
static void judge_zone(struct arena *mem, const struct facts *first, struct entries *out)
{
    struct finding findings[ZONE_FINDINGS_MAX] = {0};
    size_t count = zone_findings(mem, first, findings);

    for (size_t i = 0; i < count && out->count < CHECK_FINDINGS_MAX; i++)
        out->items[out->count++] = (struct entry){.finding = findings[i], .about = first};
}

/* So is what its registry says of the domain, where DNS does not show it. */
static void judge_registration(struct arena *mem, const struct facts *first, struct entries *out)
{
    struct finding finding = {0};

    if (out->count < CHECK_FINDINGS_MAX && registration_finding(mem, first, &finding))
        out->items[out->count++] = (struct entry){.finding = finding, .about = first};
}

/* ---- from findings to the report ---- */

static void fold(struct arena *mem, const struct entries *entries, const struct facts *about,
                 struct finding *root)
{
    struct finding *list = arena_array_of(mem, entries->count, struct finding);

    if (root->consequences)
        return;
    for (size_t i = 0; i < entries->count; i++)
        if (entries->items[i].is_folded && entries->items[i].about->base == about) {
            list[root->consequence_count] = entries->items[i].finding;
            /* What only follows is no graver than its cause. */
            if (list[root->consequence_count].severity > root->severity)
                list[root->consequence_count].severity = root->severity;
            root->consequence_count++;
        }
    root->consequences = list;
}

/* Errors first, then warnings, then advice; in each DNS before HTTP, and then in the order of the
 * names. */
static int rank_of(const struct entry *entry)
{
    return 2 * (int)entry->finding.severity + !entry->is_http;
}

static void fill_forms(struct arena *mem, const struct facts *first, struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        struct entry *entry = &entries->items[i];

        record_form_fill(mem, entry->about ? entry->about : first, &entry->finding);
    }
}

static void collect(struct arena *mem, const struct entries *entries, struct check_report *out)
{
    struct finding *list = arena_array_of(mem, entries->count, struct finding);
    const struct facts *folded[CHECK_NAMES_MAX] = {0};
    size_t folded_count = 0;

    for (int rank = 2 * FINDING_SEVERITY_COUNT - 1; rank >= 0; rank--)
        for (size_t i = 0; i < entries->count; i++) {
            const struct entry *entry = &entries->items[i];
            bool is_first = true;

            if (entry->is_folded || rank_of(entry) != rank)
                continue;
            for (size_t k = 0; k < folded_count; k++)
                is_first = is_first && folded[k] != entry->about;
            list[out->finding_count] = entry->finding;
            if (is_first && folded_count < CHECK_NAMES_MAX) {
                fold(mem, entries, entry->about, &list[out->finding_count]);
                folded[folded_count++] = entry->about;
            }
            out->finding_count++;
        }
    out->findings = list;
    out->title = out->finding_count > 0 && list[0].severity != FINDING_ADVICE ? list[0].title : "";
}

static const struct finding *finding_about(const struct check_report *report, const char *name)
{
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct finding *finding = &report->findings[i];

        if (strcmp(finding->subject, name) == 0)
            return finding;
        for (size_t k = 0; k < finding->consequence_count; k++)
            if (strcmp(finding->consequences[k].subject, name) == 0)
                return &finding->consequences[k];
    }
    return NULL;
}

static enum check_outcome outcome_of(const struct check_report *report)
{
    size_t passed = 0, unknown = 0;

    for (size_t i = 0; i < report->name_count; i++) {
        passed += report->names[i].verdict == DNS_OK;
        unknown += report->names[i].verdict == DNS_UNKNOWN;
    }
    if (passed == report->name_count)
        return CHECK_READY;
    if (passed > 0)
        return CHECK_PARTLY;
    return unknown == report->name_count ? CHECK_UNKNOWN : CHECK_NOT_READY;
}

static bool is_same_action(const struct finding_action *a, const struct finding_action *b)
{
    return a->op == b->op && strcmp(a->type, b->type) == 0 && strcmp(a->fqdn, b->fqdn) == 0 &&
           strcmp(a->value, b->value) == 0;
}

static void add_records(const struct finding *finding, struct finding_action *list,
                        struct check_report *out)
{
    for (size_t i = 0; i < finding->action_count; i++) {
        bool is_known = false;

        for (size_t k = 0; k < out->record_count; k++)
            is_known = is_known || is_same_action(&list[k], &finding->actions[i]);
        if (!is_known)
            list[out->record_count++] = finding->actions[i];
    }
}

static void collect_records(struct arena *mem, struct check_report *out)
{
    struct finding_action *list =
        arena_array_of(mem, out->finding_count * FINDING_LIST_MAX, struct finding_action);

    for (size_t i = 0; i < out->finding_count; i++)
        if (out->findings[i].severity == FINDING_ERROR)
            add_records(&out->findings[i], list, out);
    out->records = list;
}

/* R31: by the times to live of what was looked up, that there is nothing included. */
static int64_t remembered_s(const struct check_report *report)
{
    int64_t longest = 0;

    for (size_t i = 0; i < report->finding_count; i++) {
        const struct finding *finding = &report->findings[i];

        for (size_t k = 0; k < finding->evidence_count; k++)
            if (finding->severity == FINDING_ERROR && finding->action_count > 0 &&
                finding->evidence[k].ttl > longest)
                longest = finding->evidence[k].ttl;
    }
    return longest;
}

void diagnose(struct arena *mem, const struct check_names *names,
              const struct check_expected *expected, const struct check_context *context,
              const struct check_seen *seen, struct check_report *out)
{
    struct facts *all = arena_array_of(mem, names->count, struct facts);
    struct entries *entries = arena_new_of(mem, struct entries);

    assert(names->count > 0 && names->count <= CHECK_NAMES_MAX);
    facts_collect(mem, names, expected, context, seen, all);
    judge_all(mem, all, names->count, entries);
    judge_zone(mem, &all[0], entries);
    judge_registration(mem, &all[0], entries);
    fill_forms(mem, &all[0], entries);
    *out = (struct check_report){.at = context->at, .name_count = names->count};
    collect(mem, entries, out);
    for (size_t i = 0; i < names->count; i++)
        out->names[i] =
            (struct check_name){all[i].name, all[i].verdict, finding_about(out, all[i].name),
                                sighting_text(mem, &seen->names[i])};
    out->outcome = outcome_of(out);
    out->provider = seen->zone ? provider_of(seen->zone) : NULL;
    if (all[0].registration)
        out->registration = all[0].registration->said;
    vantage_report(mem, all, names->count, out);
    collect_records(mem, out);
    out->instructions = record_form_instructions(mem, &all[0], out->records, out->record_count);
    out->remembered_s = remembered_s(out);
}
