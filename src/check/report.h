/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* report: what one check of the names of an order came to. An open record with a JSON form. */
#include "check/finding.h"
#include "check/provider.h"
#include "check/registration.h"
#include "model/dns_verdict.h"
#include "net/address.h"

#define CHECK_NAMES_MAX    100
#define CHECK_FINDINGS_MAX 500 /* five of a name */
#define CHECK_SERVERS_MAX  4   /* name servers that are kept */

#define CHECK_OTHERS_MAX 2 /* of other zones */

/* Servers of another zone that what was seen hangs on. */
struct check_others {
    const char *subject; /* what they are to be asked about */
    struct address addresses[CHECK_OTHERS_MAX];
    size_t count; /* 0: there are none */
};

enum check_outcome {
    CHECK_READY,  /* every name passes */
    CHECK_PARTLY, /* some pass: they can be ordered, the others join later */
    CHECK_NOT_READY,
    CHECK_UNKNOWN, /* nothing is known to be wrong, but it could not all be seen */
};

struct check_name {
    const char *name;
    enum dns_verdict verdict;
    const struct finding *finding; /* the first that is about this name, or NULL; of `findings` */
    const char *sighting;          /* what was seen: check/sighting.h */
};

/* What an edge that was asked as vantage point (check/vantage.h) has seen beside us. */
#define CHECK_VANTAGES(X)                                                                          \
    X(SAME, "same")                                                                                \
    X(DIFFERS, "differs")                                                                          \
    X(SILENT, "silent")

#define X(id, name) CHECK_VANTAGE_##id,
enum check_vantage_result { CHECK_VANTAGES(X) CHECK_VANTAGE_RESULT_COUNT };
#undef X

struct check_vantage {
    const char *edge, *region;
    enum check_vantage_result result;
    const char *text; /* the first difference; "" when there is none */
};

#define CHECK_VANTAGES_MAX 3

struct check_report {
    int64_t at, took_ms;
    const char *title; /* of the first error or warning; "" when there is none */
    enum check_outcome outcome;
    struct check_name names[CHECK_NAMES_MAX];
    size_t name_count;
    const struct finding *findings; /* root causes; errors first, then warnings, then advice */
    size_t finding_count;
    const struct finding_action *records; /* all changes to make, each once */
    size_t record_count;
    const char *instructions; /* of all of these: as a finding has them of its actions */
    int64_t remembered_s; /* how long resolvers may tell what is there now, once it is changed */
    const struct provider *provider;           /* whose DNS it is; NULL = not known */
    struct address servers[CHECK_SERVERS_MAX]; /* that answered for the domain */
    size_t server_count;
    struct check_others parent;       /* about the zone's delegation */
    struct check_others far;          /* of a CNAME's end; whom to ask is far_end_find()'s to say */
    struct registration registration; /* is_known false: its registry was not asked */
    struct check_vantage vantages[CHECK_VANTAGES_MAX]; /* none: nobody was asked */
    size_t vantage_count;
};

/* The names of which is_taken (as many as `names`) is true are another account's: whatever their
 * DNS says, they do not pass, and a finding says so before all others. */
void check_report_take(struct arena *mem, struct check_report *report, const bool *is_taken,
                       int64_t retry_at);

const char *check_outcome_name(enum check_outcome outcome);
/* In a word for programs: "ready", "not_ready" or "unknown". "partly" is not ready, unless all that
 * do not pass are not known to be wrong. */
const char *check_report_verdict(const struct check_report *report);

/* {"at","took_ms","outcome","title","names":[{"name","verdict"}],"findings":[...],"records":[...],
 * "instructions","remembered_s","provider":{"name","host","target","apex_alias","menu","note","source"}
 * or null,
 * "registration":{"is_registered","states","expires_at","seen_at"} or null,
 * "vantages":[{"edge","region","result","text"}]}; a new reference. */
json_t *check_report_to_json(const struct check_report *report);
/* The `vantages` member alone, likewise. */
json_t *check_vantages_to_json(const struct check_report *report);
/* The `findings` member alone, an array; a new reference. */
json_t *check_findings_to_json(const struct check_report *report);
