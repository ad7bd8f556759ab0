/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * glance_visit: who is asked what in a glance. The servers of a domain are a JSON object: a key for
 * whom to ask about what, and as its value a digest of what was said last, "" at first:
 *   "192.0.2.53"                           a name server of the domain, about its names
 *   "resolver"                             in its place, where there is none to ask
 *   "parent shop.example 192.0.2.1 ..."    any of these, about the delegation of the zone
 *   "far cdn.example 192.0.2.2 ..."        any of these, about the end of a CNAME
 */
#include "dns/ask.h"
#include "job/glance.h"

#define VISIT_QUESTIONS_MAX (4 * GLANCE_NAMES_MAX + 1)

enum visit_kind { VISIT_ZONE, VISIT_RESOLVER, VISIT_PARENT, VISIT_FAR, VISIT_KIND_COUNT };

struct visit_key {
    enum visit_kind kind;
    const char *text;
    const char *subject; /* of VISIT_PARENT and VISIT_FAR */
    const char *addresses[CHECK_OTHERS_MAX];
    size_t address_count; /* of VISIT_RESOLVER: 0 */
};

/* ERR_STORE: it is none. */
MUST_CHECK bool visit_key_read(struct arena *mem, const char *text, struct visit_key *out,
                               struct err *err);

/* A server of this run. */
struct visited;

/* What one server is asked about one domain. */
struct visit {
    struct glance *glance;
    const struct visit_key *key;
    struct visited *server;
    struct dns_query queries[VISIT_QUESTIONS_MAX];
    size_t count;
};

void visit_add_questions(struct arena *mem, struct visit *visit);
