/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * registration: what a registry tells of a domain in RDAP (RFC 9083), as far as it can keep the
 * domain out of DNS, and which RDAP server is to be asked (RFC 9224). Pure.
 */
#include <jansson.h>

#include "base/err.h"
#include "base/slice.h"

/* id, the word in "status" (RFC 8056), the same in EPP (RFC 5731, RFC 3915) */
#define REGISTRATION_STATES(X)                                                                     \
    X(CLIENT_HOLD, "client hold", "clientHold")            /* by the registrar */                  \
    X(SERVER_HOLD, "server hold", "serverHold")            /* by the registry */                   \
    X(REDEMPTION, "redemption period", "redemptionPeriod") /* deleted, can be got back */          \
    X(PENDING_DELETE, "pending delete", "pendingDelete")   /* cannot */

#define X(id, word, epp) REGISTRATION_##id,
enum registration_state { REGISTRATION_STATES(X) REGISTRATION_STATE_COUNT };
#undef X

struct registration {
    bool is_known;      /* false: it could not be asked, and nothing else here counts */
    bool is_registered; /* false: the registry does not know the domain */
    bool is_in_state[REGISTRATION_STATE_COUNT];
    int64_t expires_at; /* 0: not told */
    int64_t seen_at;    /* clock_now() */
};

#define REGISTRATION_BODY_MAX (256 * 1024) /* octets of an answer */

/* An answer about `name`. ERR_BAD_INPUT: it is no such answer, or one about something else; what
 * else it holds is not looked at. seen_at is left to the caller. */
MUST_CHECK bool registration_read(struct slice body, const char *name, struct registration *out,
                                  struct err *err);
/* Whether the body of a 404 is that of an RDAP server (RFC 7480 section 5.3): empty, or one of
 * section 6 of RFC 9083. */
bool registration_is_absence(struct slice body);
/* "clientHold" */
const char *registration_state_name(enum registration_state state);

/* ["clientHold"]; a new reference. */
json_t *registration_states_to_json(const struct registration *said);

#define REGISTRATION_FILE_MAX (4 * 1024 * 1024) /* octets of a bootstrap file */

/* A file as IANA's https://data.iana.org/rdap/dns.json; a new reference. ERR_CONFIG. */
MUST_CHECK bool registration_services(struct slice text, json_t **out, struct err *err);
/* The https URL for the longest suffix of `name` that there is one for, with "/" at its end or
 * not; NULL: none. Belongs to `services`. */
const char *registration_server(const json_t *services, const char *name);
