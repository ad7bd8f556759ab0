/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* fault_effect: what a fault (ca/fault.h) does to a request and to its answer. */
#include "ca/call.h"

/* False: refused for a fault. */
MUST_CHECK bool ca_fault_admit(const struct ca_call *call, const struct ca_endpoint *endpoint,
                               struct ca_problem *problem);
/* What becomes of an answer that is ready: late, garbage, cut. */
void ca_fault_spoil(const struct ca_call *call);
/* False: refused as another viewpoint would. */
MUST_CHECK bool ca_fault_validation(struct ca_faults *faults, const struct ca_control *control,
                                    struct ca_problem *problem);
