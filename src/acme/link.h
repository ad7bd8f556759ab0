/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* link: the Link header (RFC 8288 section 3), as far as ACME uses it. */
#include "base/slice.h"

/* The target of the next link of `rel` in a header's value; what was read is taken from the front
 * of *value. False when there is none, or what is left is not well-formed. */
MUST_CHECK bool acme_link_next(struct slice *value, const char *rel, struct slice *target);
