/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* caa_work: when the CA asks for CAA records: at the end of each validation, and again for an order
 * that is finalized more than CA_CAA_GOOD_MS after (Baseline Requirements: 8 hours at most). */
#include "ca/call.h"
#include "ca/challenge.h"
#include "ca/order_store.h"

#define CA_CAA_GOOD_MS  (INT64_C(7) * 3600 * 1000)
#define CA_CAA_AGAIN_MS 10000 /* of all names of an order; those that are left then are refused */

/* A name that was validated, how, and for whom. */
struct ca_caa_subject {
    const char *name;
    int64_t account_id;
    enum ca_challenge_type method;
};

/* As ca_caa_check_some(), of one name. Blocks. */
MUST_CHECK bool ca_caa_permits_subject(struct arena *mem, const struct ca *ca,
                                       const struct ca_caa_subject *subject,
                                       struct ca_problem *problem);

/* Whether the names of the order that need it may still be issued for. `problem` is one of type
 * caa, with subproblems for more than one name, as Boulder's. Blocks. */
MUST_CHECK bool ca_caa_check_again(const struct ca_call *call, const struct ca_order *order,
                                   struct ca_problem *problem);
