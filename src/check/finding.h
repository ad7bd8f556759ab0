/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * finding: what is wrong with a name, in the one shape that page, API, CLI, webhook and mail share:
 * what was found, what is expected, the exact change, and who has to make it. Open structs; all
 * texts belong to the arena that the finding was made in.
 *
 * The catalogue (finding.c) has one row per code: severity, who acts, wording, place in the manual.
 */
#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/who_acts.h"

/* Only an error keeps a name from being ordered; a warning is shown and tried. */
#define FINDING_SEVERITIES(X)                                                                      \
    X(ADVICE, "advice")                                                                            \
    X(WARNING, "warning")                                                                          \
    X(ERROR, "error")

#define X(id, name) FINDING_##id,
enum finding_severity { FINDING_SEVERITIES(X) FINDING_SEVERITY_COUNT };
#undef X

/* code, wire name, severity, who acts */
#define FINDING_CODES(X)                                                                           \
    X(NAME_NOT_FOUND, "name_not_found", ERROR, OWNER)                                              \
    X(ADDRESS_MISSING, "address_missing", ERROR, OWNER)                                            \
    X(WRONG_ADDRESS, "wrong_address", ERROR, OWNER)                                                \
    X(PRIVATE_ADDRESS, "private_address", ERROR, OWNER)                                            \
    X(EXTRA_ADDRESS, "extra_address", ERROR, OWNER)                                                \
    X(FOREIGN_AAAA, "foreign_aaaa", ERROR, OWNER)                                                  \
    X(DEAD_ADDRESS, "dead_address", WARNING, OWNER)                                                \
    X(WWW_MISSING, "www_missing", ERROR, OWNER)                                                    \
    X(WWW_ELSEWHERE, "www_elsewhere", ERROR, OWNER)                                                \
    X(FOLLOWS_BAD_NAME, "follows_bad_name", ERROR, OWNER)                                          \
    X(CNAME_LOOP, "cname_loop", ERROR, OWNER)                                                      \
    X(CNAME_DANGLING, "cname_dangling", ERROR, OWNER)                                              \
    X(PLATFORM_TARGET_WRONG, "platform_target_wrong", ERROR, OPERATOR)                             \
    X(DNSSEC_BOGUS, "dnssec_bogus", ERROR, OWNER)                                                  \
    X(DNS_SERVFAIL, "dns_servfail", WARNING, NOBODY)                                               \
    X(DNS_TIMEOUT, "dns_timeout", WARNING, NOBODY)                                                 \
    X(DOMAIN_NOT_REGISTERED, "domain_not_registered", ERROR, OWNER)                                \
    X(DOMAIN_EXPIRED, "domain_expired", ERROR, OWNER)                                              \
    X(DOMAIN_ON_HOLD, "domain_on_hold", ERROR, OWNER)                                              \
    X(DOMAIN_EXPIRES, "domain_expires", WARNING, OWNER)                                            \
    X(HTTP_REFUSED, "http_refused", ERROR, OPERATOR)                                               \
    X(HTTP_TIMEOUT, "http_timeout", ERROR, OPERATOR)                                               \
    X(HTTP_UNREACHABLE, "http_unreachable", ERROR, OPERATOR)                                       \
    X(HTTP_CUT, "http_cut", ERROR, OPERATOR)                                                       \
    X(HTTP_REDIRECTED, "http_redirected", ERROR, OPERATOR)                                         \
    X(HTTP_WRONG_SERVER, "http_wrong_server", ERROR, OPERATOR)                                     \
    X(HTTP_PARTLY, "http_partly", WARNING, OPERATOR)                                               \
    X(WILDCARD_NEEDS_DNS, "wildcard_needs_dns", ERROR, PARTNER)                                    \
    X(CHALLENGE_DOUBLED, "challenge_doubled", ERROR, OWNER)                                        \
    X(CHALLENGE_TXT, "challenge_txt", ERROR, OWNER)                                                \
    X(CHALLENGE_MISSING, "challenge_missing", ERROR, OWNER)                                        \
    X(CHALLENGE_RELATIVE, "challenge_relative", ERROR, OWNER)                                      \
    X(CHALLENGE_OLD, "challenge_old", ERROR, OWNER)                                                \
    X(CHALLENGE_ELSEWHERE, "challenge_elsewhere", ERROR, OWNER)                                    \
    X(CHALLENGE_UNSEEN, "challenge_unseen", WARNING, NOBODY)                                       \
    X(WILDCARD_ELSEWHERE, "wildcard_elsewhere", WARNING, OWNER)                                    \
    X(LOOKUP_PARTLY, "lookup_partly", WARNING, NOBODY)                                             \
    X(A_MISSING, "a_missing", WARNING, OWNER)                                                      \
    X(AAAA_MISSING, "aaaa_missing", ADVICE, OWNER)                                                 \
    X(CNAME_AT_APEX, "cname_at_apex", WARNING, OWNER)                                              \
    X(ZONE_UNSERVED, "zone_unserved", ERROR, OWNER)                                                \
    X(SECONDARY_LAGS, "secondary_lags", ERROR, OWNER)                                              \
    X(SERVERS_DISAGREE, "servers_disagree", ERROR, OWNER)                                          \
    X(OLD_ANSWER, "old_answer", WARNING, NOBODY)                                                   \
    X(NAME_SERVER_LAME, "name_server_lame", WARNING, OWNER)                                        \
    X(DELEGATION_DIFFERS, "delegation_differs", ADVICE, OWNER)                                     \
    X(CAA_CRITICAL, "caa_critical", ERROR, OWNER)                                                  \
    X(CAA_FORBIDS, "caa_forbids", ERROR, OWNER)                                                    \
    X(CAA_WILDCARD, "caa_wildcard", ERROR, OWNER)                                                  \
    X(CAA_AT_TARGET, "caa_at_target", ERROR, OWNER)                                                \
    X(CAA_MALFORMED, "caa_malformed", ERROR, OWNER)                                                \
    X(CAA_WRONG_ACCOUNT, "caa_wrong_account", ERROR, OWNER)                                        \
    X(CAA_WRONG_METHOD, "caa_wrong_method", ERROR, OWNER)                                          \
    X(CAA_LOOKUP_FAILED, "caa_lookup_failed", ERROR, OWNER)                                        \
    X(CAA_TIMEOUT, "caa_timeout", WARNING, NOBODY)                                                 \
    X(CAA_ACCOUNT_UNKNOWN, "caa_account_unknown", ADVICE, OPERATOR)                                \
    X(HTTP_REDIRECT_LOOP, "http_redirect_loop", ERROR, OPERATOR)                                   \
    X(HTTP_BAD_REDIRECT, "http_bad_redirect", ERROR, OPERATOR)                                     \
    X(HTTP_TLS_PORT, "http_tls_port", ERROR, OPERATOR)                                             \
    X(HTTP_BLOCKED, "http_blocked", ERROR, OPERATOR)                                               \
    X(HTTP_IPV6_WRONG, "http_ipv6_wrong", ERROR, OPERATOR)                                         \
    X(CDN_IN_FRONT, "cdn_in_front", WARNING, OWNER)                                                \
    X(CDN_ELSEWHERE, "cdn_elsewhere", ERROR, OWNER)                                                \
    X(CDN_LOOPING, "cdn_looping", WARNING, OWNER)                                                  \
    X(DOUBLED_NAME, "doubled_name", ERROR, OWNER)                                                  \
    X(NAME_TOO_LONG, "name_too_long", ERROR, PARTNER)                                              \
    X(NAME_IDN_INVALID, "name_idn_invalid", ERROR, PARTNER)                                        \
    X(NAME_UNDERSCORE, "name_underscore", ERROR, PARTNER)                                          \
    X(NAME_IS_ADDRESS, "name_is_address", ERROR, PARTNER)                                          \
    X(NAME_RESERVED, "name_reserved", ERROR, PARTNER)                                              \
    X(NAME_PUBLIC_SUFFIX, "name_public_suffix", ERROR, PARTNER)                                    \
    X(NAME_INVALID, "name_invalid", ERROR, PARTNER)                                                \
    X(NOT_CERTIFIED, "not_certified", ERROR, OWNER)                                                \
    X(UNDER_WILDCARD, "under_wildcard", ERROR, OWNER)                                              \
    X(UNREACHABLE_FROM_HERE, "unreachable_from_here", WARNING, OPERATOR)                           \
    X(VANTAGE_UNREACHABLE, "vantage_unreachable", WARNING, OPERATOR)                               \
    X(VANTAGE_BLOCKED, "vantage_blocked", WARNING, OWNER)                                          \
    X(VANTAGE_DNS, "vantage_dns", WARNING, OWNER)

#define X(id, name, severity, who) FINDING_##id,
enum finding_code { FINDING_CODES(X) FINDING_CODE_COUNT };
#undef X

enum finding_op { FINDING_ADD, FINDING_REPLACE, FINDING_REMOVE };

#define FINDING_LIST_MAX 32 /* entries of each list of a finding; more are left out */

struct finding_record {
    const char *type, *name, *value; /* name: FQDN without final dot */
    int64_t ttl;                     /* seconds; -1 = not known or any */
};

struct finding_action {
    enum finding_op op;
    const char *type;
    const char *name;  /* relative to the registered domain: "@", "www" */
    const char *fqdn;  /* without final dot */
    const char *value; /* FINDING_REPLACE: the new one; a name without final dot */
    int64_t ttl;       /* seconds; -1 where it is removed */
    /* As they are typed into the form of the DNS provider; NULL = not known. A host of "" is left
     * empty. */
    const char *form_host, *form_value;
};

struct finding_evidence {
    const char *resolver; /* whom we asked: a resolver or an address and port */
    const char *rcode;    /* "NOERROR", or what came of the connection */
    const char *answer;
    int64_t ttl; /* seconds; -1 = none */
};

struct finding {
    enum finding_code code;
    enum finding_severity severity;
    enum who_acts who_acts;
    const char *subject; /* the name it is about */
    const char *title, *detail;
    const struct finding_record *found, *expected;
    const struct finding_action *actions;
    const struct finding_evidence *evidence;
    size_t found_count, expected_count, action_count, evidence_count;
    int64_t retry_at;         /* when it is looked at again by itself; 0 = not */
    const char *ca_problem;   /* JSON text of the CA's problem document, or NULL */
    const char *docs;         /* anchor in the manual */
    const char *instructions; /* how the DNS provider's form wants the actions; NULL = none */
    /* What is only so because of this one, folded under it. One level deep. */
    const struct finding *consequences;
    size_t consequence_count;
};

const char *finding_code_name(enum finding_code code);
MUST_CHECK bool finding_code_parse(const char *name, enum finding_code *out);
const char *finding_severity_name(enum finding_severity severity);
MUST_CHECK bool finding_severity_parse(const char *name, enum finding_severity *out);
const char *finding_op_name(enum finding_op op);
MUST_CHECK bool finding_op_parse(const char *name, enum finding_op *out);

/* The two titles that partners know (R34, R35); which of them a finding has is diagnose.h's rule.
 */
#define FINDING_HAS_ISSUES  "{www} has issues"
#define FINDING_NO_RESPONSE "{subject} did not respond to {brand} check"

/* And of what nobody can tell yet. */
#define FINDING_NOT_CHECKED "{subject} could not be checked"

/* And of what is not the name of a website at all. */
#define FINDING_NOT_ORDERED "{subject} cannot be ordered"

/* And of what the owner has forbidden. */
#define FINDING_CAA "CAA records of {subject} forbid the certificate"

/* The values that the wordings name: {subject}, {www}, ... A value that is NULL is left out. */
struct finding_words {
    const char *title; /* wording of the title; NULL = the catalogue's */
    const char *subject, *www, *brand;
    const char *found, *expected; /* lists of records, joined for reading */
    const char *other;            /* another name: the target of a CNAME or of a redirect */
    const char *why;
};

/* Fills code, severity, who_acts, subject, title, detail and docs from the catalogue. */
void finding_set(struct arena *mem, struct finding *finding, enum finding_code code,
                 const struct finding_words *words);
/* The wording with each {word} put in. */
const char *finding_fill(struct arena *mem, const char *wording, const struct finding_words *words);

void finding_add_found(struct arena *mem, struct finding *finding, struct finding_record record);
void finding_add_expected(struct arena *mem, struct finding *finding, struct finding_record record);
void finding_add_action(struct arena *mem, struct finding *finding, struct finding_action action);
void finding_add_evidence(struct arena *mem, struct finding *finding, struct finding_evidence e);

/* The JSON form of REQUIREMENTS 2.3, a new reference. Instants are RFC 3339, or null. */
json_t *finding_to_json(const struct finding *finding);
json_t *finding_action_to_json(const struct finding_action *action);
/* The reverse. ERR_BAD_INPUT for an unknown code or a missing field. */
MUST_CHECK bool finding_from_json(struct arena *mem, const json_t *json, struct finding *out,
                                  struct err *err);
