/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * sighting: what a look has seen of a name, as text that is the same as long as the same is seen:
 * {"records": ["A 192.0.2.1", "CNAME shop.example"], "answered": ["192.0.2.1: ok"]}, each list in
 * order. Nothing of it is secret: neither the tokens that were asked for nor what pages said, but
 * the words of check/answerer.h. Pure.
 */
#include "check/diagnose.h"

#define SIGHTING_RECORDS_MAX 64  /* further ones are counted */
#define SIGHTING_TEXT_MAX    300 /* octets of one; the rest is left out */

const char *sighting_text(struct arena *mem, const struct observation *observation);
