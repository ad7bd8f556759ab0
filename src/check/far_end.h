/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * far_end: who is to be asked about the end of a CNAME that lies in another zone: what leads to us
 * there is seen neither by the domain's own name servers nor by its parent.
 */
#include "check/reach.h"
#include "check/report.h"

/* The first target outside of `zone` that one of the names leads to, other than the platform's own
 * (`expected`), which leads to us by itself; NULL: there is none. `seen` is of the names, `count`
 * of them. Pure. */
const char *far_end_of(const struct observation *seen, size_t count, const char *zone,
                       const struct check_expected *expected);

/* Fills in the addresses of far->subject's name servers that may be asked, by the resolver; what it
 * said may be a minute old. None where they cannot be told. */
MUST_CHECK bool far_end_find(struct arena *mem, struct resolver *resolver,
                             const struct check_reach *reach, struct check_others *far,
                             struct err *err);
