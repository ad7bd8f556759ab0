/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * scene: what is in DNS and on the wire, written short, for the tests of diagnose.
 *
 * An answer is a list without spaces: O P own IPv4, F G foreign IPv4, X a private one; o own IPv6,
 * f g foreign; - no data, ! no such name, ? no answer in time, S SERVFAIL, B bogus, L a loop.
 * "old.host>F" is a CNAME before it. Of `_acme-challenge`: the target of its CNAME, its TXT, and
 * the target of the CNAME with the domain added once more; or one of the letters above, - when left
 * out. Probes of own addresses, in order: . answers, r refused, t timeout, u unreachable, c cut, d
 * redirected, w wrong answer; "" = all answer.
 */
#include "check/diagnose.h"

struct scene_name {
    const char *a, *aaaa, *probes;
    const char *cname, *text, *doubled;
};

/* "198.51.100.1" of 'O', ... */
const char *scene_address(char letter);
struct observation scene_observe(struct arena *mem, const char *name, struct scene_name scene,
                                 const struct check_expected *expected);
/* "outcome; name=verdict ...; title; code(subject)[folded]...; op type host value, ..." */
const char *scene_report(struct arena *mem, const struct check_report *report);
