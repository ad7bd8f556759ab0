/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * glance_said: what a server has said in a visit, as facts: short texts that are the same whatever
 * order a server gives its records in, and without their TTL. The digest is of all of them. Pure.
 */
#include "job/glance_visit.h"

#define SAID_MAX 65536 /* octets of all that a server says in a visit; more is as nothing */

/* Puts into visit->glance what `told` (one for each question) makes of it; in `mem` what stays. */
void glance_take(struct arena *mem, const struct visit *visit, const struct dns_told *told);

/* A JSON object as text. */
const char *glance_dump(struct arena *mem, const json_t *json);
