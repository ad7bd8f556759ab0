/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * admission: a CA is asked for a certificate when its rate limits leave room, by our own copy of
 * its buckets (config/limits.h, store/admission_store.h), so that it never refuses us for what we
 * did ourselves, and every order that waits can say why and when it goes on.
 *
 *     new orders           taken by newOrder; given back when the CA refuses the order
 *     of a domain, a set   taken by newOrder, though the CA counts certificates; given back when no
 *                          certificate comes of it
 *     failed validations   looked at by newOrder, taken by each name that fails
 *
 * One token of each bucket is left alone, where there are more. A renewal in the window that the CA
 * asked for is exempt from all; a certificate for the same names as within 120 days from those of
 * new orders and of the domain, as at Let's Encrypt.
 *
 * Who must wait for new orders stands in a line, which partners share by weighted fair queueing:
 * what is served and would run out first, then by tags that grow with each order of a partner, the
 * less the more weight it has, and never fall behind those of the orders that went last. Whoever
 * has had its turn sees to it that the next one gets its own.
 *
 * This header is for the files job/issue*.c.
 */
#include "job/issue.h"

struct admission {
    bool is_admitted;
    bool is_in_line;    /* it waits for new orders, not for a bucket of its own names */
    int64_t at;         /* not before; unix ms */
    const char *text;   /* why it waits, for people */
    int64_t class, tag; /* of its place in the line */
};

/* What it would come to now; changes nothing. */
MUST_CHECK bool admission_look(const struct issue *is, struct db *db, struct admission *out,
                               struct err *err);
/* Nothing more before out->at: says so once, and takes a place in the line. */
MUST_CHECK bool admission_wait(struct issue *is, const struct admission *admission,
                               struct issue_outcome *out, struct err *err);
/* The CA has refused newOrder by a limit that we keep to, for what others did or we do not know of:
 * our bucket is as empty as it says, and the order waits for its turn again. *is_ours is false when
 * it is no such refusal. */
MUST_CHECK bool admission_refused(struct issue *is, const struct ca_session *ca,
                                  struct issue_outcome *out, bool *is_ours, struct err *err);

/* What goes with a step of an issuance, in its transaction. ERR_LOST_RACE: the room is gone. */
MUST_CHECK bool admission_step(struct issue *is, struct db *tx, const struct issuance_step *step,
                               struct err *err);
