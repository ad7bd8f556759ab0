/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * name_choice: which names of a domain go into the next certificate, and when it is asked for
 * (R54). The domain's own name must pass; a name that does not waits alone and joins later. So that
 * names which become right one after the other do not each cost a certificate, a first certificate
 * waits a while for the rest, and later ones keep a distance that grows with their number. Pure.
 */
#include "base/base.h"

/* One name as the last look at it left it. */
struct name_look {
    bool is_own;       /* the domain itself: without it there is no certificate */
    bool is_covered;   /* by the live certificate */
    int64_t passed_at; /* it has passed since then; 0: it does not */
};

enum name_choice_kind {
    CHOICE_WAIT_OWN,  /* the domain itself does not pass */
    CHOICE_WAIT_REST, /* for the others, until `until` */
    CHOICE_GO,        /* with the names that pass */
};

struct name_choice {
    enum name_choice_kind kind;
    int64_t until;
};

/* For an issuance whose names have been looked at. */
struct name_choice name_choice_of(const struct name_look *names, size_t count, int64_t patience_ms,
                                  int64_t now);

/* What is known of a name that passes, and that the CA could not validate all the same. */
struct name_failure {
    bool is_transient;    /* by the CA's word it may go by itself: nobody answered, say */
    bool are_edges_sound; /* each edge follows, has what it needs and answers */
    int64_t failures;     /* of the issuance, in a row, with this one */
};

#define NAME_FAILURES_MAX 3 /* then it is left out, whoever it was */

/* Whether the others go on without it. What an edge of ours that was dead, or behind, may have
 * failed at is tried again with all names first. */
bool name_is_left_out(const struct name_failure *failure);

/* What has been issued for a domain. */
struct name_history {
    int64_t last_issued_at; /* 0: nothing */
    size_t issued_in_week;  /* certificates of the last NAME_JOIN_WEEK_MS */
};

#define NAME_JOIN_WEEK_MS INT64_C(604800000)

/*
 * When a certificate with the names that pass and are not covered may be asked for; 0: there is
 * none. Once all names pass at once, else `patience_ms` after the first of them did; and not sooner
 * after the last certificate than their number in a week allows: up to 2 at once, up to 4 an hour,
 * up to 8 six hours, more a day. That stays within Let's Encrypt's 50 a week per registered domain.
 */
int64_t name_join_at(const struct name_look *names, size_t count,
                     const struct name_history *history, int64_t patience_ms);
