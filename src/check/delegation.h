/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * delegation: whether `_acme-challenge` of a name leads to the label of its claim (RFC 8555 section
 * 8.4, R42): the conditions of the rules in diagnose.c, and how they are told.
 * Pure.
 */
#include "check/facts.h"

/* In the order of the rules; at most one that is meant by "not right" is so. */
bool delegation_is_absent(const struct facts *f); /* nobody has said where it should lead */
bool delegation_is_bogus(const struct facts *f);
bool delegation_is_unseen(const struct facts *f);  /* its servers fail or do not answer */
bool delegation_is_doubled(const struct facts *f); /* the name has the domain twice */
bool delegation_is_text(const struct facts *f);    /* a TXT record in place of a CNAME */
bool delegation_is_missing(const struct facts *f);
bool delegation_is_relative(const struct facts *f); /* the target has the domain added */
bool delegation_is_old(const struct facts *f);      /* a label of another claim */
bool delegation_is_elsewhere(const struct facts *f);

/* How they are told: rule_tell_fn and rule_fill_fn of check/rules.h. */
void delegation_tell(struct arena *mem, const struct facts *f, struct finding_words *words);
void delegation_fill(struct arena *mem, const struct facts *f, struct finding *finding);
