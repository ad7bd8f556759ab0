/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* caa_lookup: the CAA records that hold for a name (RFC 8659 section 3), asked of the validator's
 * resolver: the name, then each parent up to the top-level domain, each with its CNAMEs. */
#include "ca/caa.h"
#include "ca/problem.h"

/* Whether the CA may issue for `name`, "*.shop.example" too; `problem` has type caa when it may
 * not, and dns when a look-up below the records that hold failed, or gave more than can be read.
 * All are asked at once. Blocks. */
MUST_CHECK bool ca_caa_check(struct arena *mem, struct resolver *resolver, const char *name,
                             const struct ca_caa_case *wanted, struct ca_problem *problem);
