/* SPDX-License-Identifier: Apache-2.0 */
#include "check/finding.h"

#include "base/buf.h"
#include "base/name_table.h"

#define TEXT_MAX 4096 /* octets of a filled wording */

struct row {
    const char *name;
    enum finding_severity severity;
    enum who_acts who_acts;
};

#define X(id, name, severity, who) [FINDING_##id] = {name, FINDING_##severity, WHO_##who},
static const struct row rows[FINDING_CODE_COUNT] = {FINDING_CODES(X)};
#undef X

#define X(id, name) [FINDING_##id] = name,
static const char *const severity_names[FINDING_SEVERITY_COUNT] = {FINDING_SEVERITIES(X)};
#undef X

static const char *const op_names[] = {
    [FINDING_ADD] = "add",
    [FINDING_REPLACE] = "replace",
    [FINDING_REMOVE] = "remove",
};

/* What people read. */
static const struct {
    const char *title, *detail;
} wordings[FINDING_CODE_COUNT] = {
    [FINDING_NAME_NOT_FOUND] = {FINDING_HAS_ISSUES,
                                "{subject} does not exist in DNS. Add {expected}."},
    [FINDING_ADDRESS_MISSING] = {FINDING_HAS_ISSUES,
                                 "{subject} is in DNS, but has no address. Add {expected}."},
    [FINDING_WRONG_ADDRESS] = {FINDING_HAS_ISSUES,
                               "{subject} points elsewhere: it has {found}{why}, and must "
                               "have {expected}."},
    [FINDING_PRIVATE_ADDRESS] = {FINDING_HAS_ISSUES,
                                 "{subject} points to {found}, which cannot be reached from the "
                                 "internet ({why}). It must have {expected}."},
    [FINDING_EXTRA_ADDRESS] = {FINDING_HAS_ISSUES,
                               "{subject} points to the right place, but also to {found}. "
                               "Visitors and the certificate authority may end up at either: "
                               "only what is right may stay."},
    [FINDING_FOREIGN_AAAA] = {FINDING_HAS_ISSUES,
                              "{subject} has {found}, pointing elsewhere. The certificate "
                              "authority tries IPv6 first, so that alone makes it fail. "
                              "{why}."},
    [FINDING_DEAD_ADDRESS] = {"{subject} has an address that nobody can reach",
                              "{subject} points to the right place, but also to {found}, which "
                              "cannot be reached from the internet ({why}). A certificate "
                              "authority passes over that; visitors may try it, and wait. Only "
                              "what is right should stay."},
    [FINDING_WWW_MISSING] = {FINDING_NO_RESPONSE, "{subject} {why}. Add {expected}."},
    [FINDING_WWW_ELSEWHERE] = {FINDING_NO_RESPONSE,
                               "{subject} leads to {found}{why}, not to {other}. It must "
                               "have {expected}."},
    [FINDING_FOLLOWS_BAD_NAME] = {FINDING_NO_RESPONSE,
                                  "{subject} is a CNAME of {other}: it is right as soon as {other} "
                                  "is."},
    [FINDING_CNAME_LOOP] = {FINDING_HAS_ISSUES,
                            "{subject} is a CNAME whose chain does not end: {found}. It must have "
                            "{expected}."},
    [FINDING_CNAME_DANGLING] = {FINDING_HAS_ISSUES,
                                "{subject} is a CNAME of {other}, which {why}. It must have "
                                "{expected}."},
    [FINDING_PLATFORM_TARGET_WRONG] = {FINDING_HAS_ISSUES,
                                       "{subject} is right: it is a CNAME of {other}. But {other} "
                                       "itself has {found}, which is not among the addresses that "
                                       "are configured."},
    [FINDING_DNSSEC_BOGUS] =
        {FINDING_HAS_ISSUES, "DNSSEC of {subject} is broken, so the certificate authority and many "
                             "visitors cannot use its records ({why}). {expected}."},
    [FINDING_DNS_SERVFAIL] = {FINDING_NOT_CHECKED,
                              "The name servers of {subject} answered with an error ({why}). They "
                              "are asked again without your doing."},
    [FINDING_DNS_TIMEOUT] = {FINDING_NOT_CHECKED,
                             "The name servers of {subject} did not answer in time. They are asked "
                             "again without your doing."},
    [FINDING_DOMAIN_NOT_REGISTERED] = {FINDING_HAS_ISSUES,
                                       "{other} is not registered: neither its registry nor DNS "
                                       "knows it. Register it, or correct its spelling."},
    [FINDING_DOMAIN_EXPIRED] = {FINDING_HAS_ISSUES,
                                "The registration of {other} {why}, and {found}. {expected}."},
    [FINDING_DOMAIN_ON_HOLD] = {FINDING_HAS_ISSUES,
                                "{other} is registered, but its {why}, and {found}. {expected}."},
    [FINDING_DOMAIN_EXPIRES] = {"{subject} expires on {why}",
                                "The registration of {subject} ends on {why}{found}. Unless it is "
                                "renewed at the registrar, the domain and its certificate stop "
                                "working then."},
    [FINDING_HTTP_REFUSED] = {FINDING_NO_RESPONSE,
                              "{subject} points to the right place, but connections to "
                              "{found} are refused."},
    [FINDING_HTTP_TIMEOUT] = {FINDING_NO_RESPONSE,
                              "{subject} points to the right place, but there is no answer "
                              "in time from {found}."},
    [FINDING_HTTP_UNREACHABLE] = {FINDING_NO_RESPONSE,
                                  "{subject} points to the right place, but there is no way to "
                                  "{found} ({why})."},
    [FINDING_HTTP_CUT] = {FINDING_NO_RESPONSE,
                          "{subject} points to the right place, but connections to "
                          "{found} end without an answer."},
    [FINDING_HTTP_REDIRECTED] = {FINDING_NO_RESPONSE,
                                 "{subject} points to the right place, but the check at "
                                 "{found} is redirected to {other}."},
    [FINDING_HTTP_WRONG_SERVER] = {FINDING_NO_RESPONSE,
                                   "{subject} points to the right place, but the answer of "
                                   "{found} is not the right one ({why})."},
    [FINDING_HTTP_PARTLY] = {"{subject} is answered in part",
                             "{subject} is answered at some of its addresses, but not at {found} "
                             "({why})."},
    [FINDING_WILDCARD_NEEDS_DNS] = {"{subject} needs a proof in DNS",
                                    "{subject} is a wildcard: the certificate authority accepts "
                                    "only a DNS record as its proof. Which one that is, is told "
                                    "where the domain has been added."},
    [FINDING_CHALLENGE_DOUBLED] =
        {FINDING_HAS_ISSUES, "The record was set at {found}: where it was entered, the domain is "
                             "added to the name. The name to enter is shorter. {other} must have "
                             "{expected}."},
    [FINDING_CHALLENGE_TXT] = {FINDING_HAS_ISSUES,
                               "{other} has a TXT record of its own, which a CNAME cannot stand "
                               "beside. Remove it, and set {expected} there."},
    [FINDING_CHALLENGE_MISSING] = {FINDING_HAS_ISSUES,
                                   "The certificate authority looks for the proof at {other}, "
                                   "which does not lead here. Add {expected}, once and for good."},
    [FINDING_CHALLENGE_RELATIVE] = {FINDING_HAS_ISSUES,
                                    "{other} has {found}: where it was entered, the domain "
                                    "is added to the value. Put a dot at the end of the value: "
                                    "it must have {expected}."},
    [FINDING_CHALLENGE_OLD] = {FINDING_HAS_ISSUES,
                               "{other} is left from before the domain was added here: it has "
                               "{found}. It must have {expected}."},
    [FINDING_CHALLENGE_ELSEWHERE] = {FINDING_HAS_ISSUES,
                                     "{other} leads elsewhere: it has {found}, and must have "
                                     "{expected}."},
    [FINDING_CHALLENGE_UNSEEN] = {FINDING_NOT_CHECKED,
                                  "The name servers of {other} did not answer as they should "
                                  "({why}). They are asked again without your doing."},
    [FINDING_WILDCARD_ELSEWHERE] = {"{subject} does not lead here",
                                    "{subject} can have its certificate, but names that it stands "
                                    "for do not lead here. Where all of them shall, add "
                                    "{expected}."},
    [FINDING_LOOKUP_PARTLY] = {"{subject} was seen in part",
                               "What is known of {subject} is right, but its {why} records could "
                               "not be looked up. They are asked for again without your doing."},
    [FINDING_A_MISSING] = {"{subject} has no IPv4 address",
                           "{subject} has only IPv6 addresses: visitors without IPv6 cannot reach "
                           "it. Add {expected}."},
    [FINDING_AAAA_MISSING] = {"{subject} can be reached over IPv6 as well",
                              "{subject} is right. With {expected} added, it can be reached over "
                              "IPv6 as well."},
    [FINDING_CNAME_AT_APEX] = {"{subject} is a CNAME",
                               "{subject} is the top of its domain and a CNAME of {other}, which "
                               "hides its other records, mail included. {expected} instead is "
                               "safe."},
    [FINDING_ZONE_UNSERVED] = {FINDING_HAS_ISSUES,
                               "No name server of {other} answers for it: {found}. See where the "
                               "domain's DNS is managed, and name its servers at the registrar."},
    [FINDING_SECONDARY_LAGS] =
        {FINDING_HAS_ISSUES, "A name server of {subject} still has old records ({why}): {found}. "
                             "Whoever manages {other} must see why it does not take up "
                             "changes."},
    [FINDING_SERVERS_DISAGREE] = {FINDING_HAS_ISSUES,
                                  "The name servers of {subject} say different things of it: "
                                  "{found}. The same records must be set at all of them."},
    [FINDING_OLD_ANSWER] = {"{subject} was changed just now",
                            "{subject} is right at its name servers. Who asked before may get the "
                            "old answer until {why}."},
    [FINDING_NAME_SERVER_LAME] = {"A name server of {subject} does not answer for it",
                                  "{found}. Visitors and the certificate authority may ask it and "
                                  "learn nothing. Set the domain up there, or remove it from the "
                                  "name servers of {subject}."},
    [FINDING_DELEGATION_DIFFERS] = {"{subject} names other name servers than its registrar",
                                    "The registrar has {found} for {subject}, the domain itself "
                                    "{expected}. Both should be the same."},
    [FINDING_CAA_CRITICAL] =
        {FINDING_CAA, "{other} has {found}: it is marked critical and says something that no "
                      "certificate authority knows, so none may issue. Remove it."},
    [FINDING_CAA_FORBIDS] = {FINDING_CAA,
                             "{other} has {found}, which does not let {why} issue. Add CAA "
                             "{expected} there."},
    [FINDING_CAA_WILDCARD] = {FINDING_CAA,
                              "{other} has {found}, and what it says of wildcards (issuewild) does "
                              "not let {why} issue one. Add CAA {expected} there."},
    [FINDING_CAA_AT_TARGET] = {FINDING_CAA,
                               "{subject} is a CNAME of {other}, and {other} has {found}, which "
                               "counts for {subject} as well and does not let {why} issue. Add CAA "
                               "{expected} there, or do without the CNAME."},
    [FINDING_CAA_MALFORMED] = {FINDING_CAA,
                               "{other} has {found}, whose parameters cannot be read, so it lets "
                               "nobody issue. It must be CAA {expected}."},
    [FINDING_CAA_WRONG_ACCOUNT] = {FINDING_CAA,
                                   "{other} has {found}, which names another account than this "
                                   "platform's. It must be CAA {expected}."},
    [FINDING_CAA_WRONG_METHOD] = {FINDING_CAA,
                                  "{other} has {found}, which does not allow the way in which this "
                                  "platform proves names. It must be CAA {expected}."},
    [FINDING_CAA_LOOKUP_FAILED] = {"CAA of {subject} cannot be looked up",
                                   "The name servers of {other} fail when they are asked for CAA "
                                   "records ({why}), and a certificate authority that cannot see "
                                   "them may not issue. Whoever runs these servers must see why: "
                                   "that there are no such records is a good answer, an error is "
                                   "none."},
    [FINDING_CAA_TIMEOUT] =
        {FINDING_NOT_CHECKED,
         "The name servers of {other} did not answer in time when they were "
         "asked for CAA records, and without an answer no certificate authority "
         "issues. They are asked again without your doing."},
    [FINDING_CAA_ACCOUNT_UNKNOWN] =
        {"CAA of {subject} names an account",
         "{other} has {found}: only that account at {why} may issue. It "
         "was not compared with this platform's."},
    [FINDING_HTTP_REDIRECT_LOOP] = {FINDING_NO_RESPONSE,
                                    "{subject} points to the right place, but the check at {found} "
                                    "is redirected in a circle."},
    [FINDING_HTTP_BAD_REDIRECT] =
        {FINDING_NO_RESPONSE, "{subject} points to the right place, but the check at {found} is "
                              "redirected in a way that no certificate authority follows "
                              "({why})."},
    [FINDING_HTTP_TLS_PORT] = {FINDING_NO_RESPONSE,
                               "{subject} points to the right place, but {found} expects https "
                               "where plain http has to be spoken."},
    [FINDING_HTTP_BLOCKED] = {FINDING_NO_RESPONSE,
                              "{subject} points to the right place, but {found} does not let the "
                              "check in ({why}). Requests below /.well-known/ must be let "
                              "through."},
    [FINDING_HTTP_IPV6_WRONG] = {FINDING_NO_RESPONSE,
                                 "{subject} is answered rightly over IPv4, but not over IPv6, at "
                                 "{found} ({why}). The certificate authority asks by IPv6 first."},
    [FINDING_CDN_IN_FRONT] = {"{subject} is behind {other}",
                              "{subject} leads to {other}, which passes requests on to the right "
                              "place. That works as long as its settings stay so: whatever it "
                              "blocks or redirects, the certificate authority meets as well."},
    [FINDING_CDN_ELSEWHERE] =
        {FINDING_HAS_ISSUES, "{subject} is behind {other}, which does not pass requests on to the "
                             "right place. Switch its proxy off for {subject} (Cloudflare: \"DNS "
                             "only\"), and set {expected}."},
    [FINDING_CDN_LOOPING] = {"{subject} redirects for ever",
                             "{subject} is behind {other}, which speaks plain http to us while "
                             "visitors come by https: each is sent to https again and again. Set "
                             "its encryption to \"Full (strict)\" instead of \"Flexible\"."},
    [FINDING_DOUBLED_NAME] = {FINDING_HAS_ISSUES,
                              "{subject} does not exist in DNS, but {other} does: the form of the "
                              "DNS provider adds the domain by itself. Enter {why} as the host "
                              "there, with {expected}."},
    [FINDING_NAME_TOO_LONG] = {FINDING_NOT_ORDERED,
                               "No certificate can be had for this name: {why}. A shorter name "
                               "is needed."},
    [FINDING_NAME_IDN_INVALID] = {FINDING_NOT_ORDERED,
                                  "This is not a name of the internet: {why}. See how the "
                                  "registrar of the domain spells it."},
    [FINDING_NAME_UNDERSCORE] = {FINDING_NOT_ORDERED,
                                 "No certificate can be had for this name: {why}. Names of "
                                 "websites have letters, digits and hyphens."},
    [FINDING_NAME_IS_ADDRESS] = {FINDING_NOT_ORDERED,
                                 "This is an IP address, and certificates are for names: {why}."},
    [FINDING_NAME_RESERVED] = {FINDING_NOT_ORDERED,
                               "Nobody can own this name on the internet, so no certificate "
                               "authority certifies it: {why}."},
    [FINDING_NAME_PUBLIC_SUFFIX] = {FINDING_NOT_ORDERED,
                                    "Domains are registered below this name, it is none itself: "
                                    "{why}."},
    [FINDING_NOT_CERTIFIED] = {FINDING_HAS_ISSUES,
                               "{other} does not issue a certificate for {subject}: {why}."},
    [FINDING_UNDER_WILDCARD] = {FINDING_NOT_ORDERED,
                                "Another account was the first to prove a wildcard that stands for "
                                "{subject}, so what leads here may be meant for that one. Who owns "
                                "the domain can have that account give the wildcard back; it is "
                                "looked at again by itself."},
    [FINDING_UNREACHABLE_FROM_HERE] =
        {"{subject} is answered elsewhere, but not here",
         "{found} does not answer where this platform is run ({why}), but it does at {other}. The "
         "certificate is ordered all the same. Whoever runs the platform must see what keeps it "
         "from its own addresses: a firewall, or the way there."},
    [FINDING_VANTAGE_UNREACHABLE] =
        {"{subject} is not answered everywhere",
         "{subject} is answered here, but not at {other} ({found}: {why}). Certificate authorities "
         "look from several places and refuse when too many of them get no answer. Whoever runs "
         "the platform must see what keeps that place out: a firewall, or the way there."},
    [FINDING_VANTAGE_DNS] =
        {"{subject} is not the same everywhere",
         "{subject} is right here, but at {other} DNS says something else: {why}. Certificate "
         "authorities look from several places and refuse when too many of them end up elsewhere. "
         "Its name servers must answer everybody, and with what leads here."},
    [FINDING_VANTAGE_BLOCKED] =
        {"{subject} is not answered everywhere",
         "{subject} is answered here, but not at {other} ({found}: {why}). Certificate authorities "
         "look from several places and refuse when too many of them get no answer. A firewall or "
         "CDN that shuts out countries or networks must let everybody in by http, at least below "
         "/.well-known/."},
    [FINDING_NAME_INVALID] = {FINDING_NOT_ORDERED, "This is not a name of a website: {why}."},
};

const char *finding_code_name(enum finding_code code)
{
    return rows[code].name;
}

bool finding_code_parse(const char *name, enum finding_code *out)
{
    for (size_t i = 0; i < FINDING_CODE_COUNT; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            *out = (enum finding_code)i;
            return true;
        }
    }
    return false;
}

const char *finding_severity_name(enum finding_severity severity)
{
    return severity_names[severity];
}

DEFINE_NAME_PARSE(finding_severity_parse, enum finding_severity, severity_names)

const char *finding_op_name(enum finding_op op)
{
    return op_names[op];
}

DEFINE_NAME_PARSE(finding_op_parse, enum finding_op, op_names)

static const char *word_value(const struct finding_words *words, struct slice name)
{
    const struct {
        const char *name, *value;
    } values[] = {
        {"subject", words->subject}, {"www", words->www},           {"brand", words->brand},
        {"found", words->found},     {"expected", words->expected}, {"other", words->other},
        {"why", words->why},
    };

    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        if (slice_eq_str(name, values[i].name) && values[i].value)
            return values[i].value;
    return "";
}

const char *finding_fill(struct arena *mem, const char *wording, const struct finding_words *words)
{
    struct buf out = buf_new(mem, TEXT_MAX);
    const char *open, *close;

    while ((open = strchr(wording, '{')) && (close = strchr(open, '}'))) {
        buf_add(&out, wording, (size_t)(open - wording));
        buf_str(&out, word_value(words, slice_of(open + 1, (size_t)(close - open - 1))));
        wording = close + 1;
    }
    buf_str(&out, wording);
    return buf_ok(&out) ? buf_cstr(&out) : "(too long to show)";
}

void finding_set(struct arena *mem, struct finding *finding, enum finding_code code,
                 const struct finding_words *words)
{
    finding->code = code;
    finding->severity = rows[code].severity;
    finding->who_acts = rows[code].who_acts;
    finding->subject = arena_strdup(mem, words->subject);
    finding->title = finding_fill(mem, words->title ? words->title : wordings[code].title, words);
    finding->detail = finding_fill(mem, wordings[code].detail, words);
    finding->docs = arena_printf(mem, "checks#%s", rows[code].name);
}

/* The items and room for one more. */
static void *grown(struct arena *mem, const void *items, size_t count, size_t size)
{
    void *more = arena_array(mem, count + 1, size);

    if (count > 0)
        memcpy(more, items, count * size);
    return more;
}

void finding_add_found(struct arena *mem, struct finding *f, struct finding_record record)
{
    struct finding_record *items;

    if (f->found_count == FINDING_LIST_MAX)
        return;
    items = grown(mem, f->found, f->found_count, sizeof(record));
    items[f->found_count++] = record;
    f->found = items;
}

void finding_add_expected(struct arena *mem, struct finding *f, struct finding_record record)
{
    struct finding_record *items;

    if (f->expected_count == FINDING_LIST_MAX)
        return;
    items = grown(mem, f->expected, f->expected_count, sizeof(record));
    items[f->expected_count++] = record;
    f->expected = items;
}

void finding_add_action(struct arena *mem, struct finding *f, struct finding_action action)
{
    struct finding_action *items;

    if (f->action_count == FINDING_LIST_MAX)
        return;
    items = grown(mem, f->actions, f->action_count, sizeof(action));
    items[f->action_count++] = action;
    f->actions = items;
}

void finding_add_evidence(struct arena *mem, struct finding *f, struct finding_evidence evidence)
{
    struct finding_evidence *items;

    if (f->evidence_count == FINDING_LIST_MAX)
        return;
    items = grown(mem, f->evidence, f->evidence_count, sizeof(evidence));
    items[f->evidence_count++] = evidence;
    f->evidence = items;
}
