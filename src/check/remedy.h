/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * remedy: the lists of a finding, and its words: what was found, what is expected, which records to
 * change, whom we asked. Pure.
 */
#include "check/facts.h"

/* What is to be done about a finding: rows of diagnose.c say which. */
enum remedy {
    REMEDY_NONE,       /* nothing in DNS */
    REMEDY_POINT_HERE, /* all records that lead here, in place of what is there */
    REMEDY_NO_FOREIGN, /* remove the records that lead elsewhere */
    REMEDY_NO_DEAD,    /* remove those that nobody can reach */
    REMEDY_NO_AAAA,    /* the same of AAAA, or set ours in their place */
    REMEDY_NO_CNAME,   /* addresses of ours in place of a CNAME */
    REMEDY_ADD_A,
    REMEDY_ADD_AAAA,
};

/* What is to be done about a broken DNSSEC, by the validator's words: a DS record that does not fit
 * is the registrar's, an old signature is not. */
const char *remedy_of_bogus(const char *why_bogus);
/* The values for the wordings of `code`. */
struct finding_words remedy_words(struct arena *mem, const struct facts *f, enum finding_code code);
/* The changes alone. */
void remedy_fill_actions(struct arena *mem, const struct facts *f, enum remedy remedy,
                         struct finding *finding);
/* "A 192.0.2.1, A 192.0.2.2 and AAAA 2001:db8::1" */
const char *remedy_joined(struct arena *mem, const struct finding_record *records, size_t count);
/* An answer in one line, for evidence. */
const char *remedy_answer_text(struct arena *mem, const struct dns_answer *answer);
/* Fills found, expected, actions and evidence. */
void remedy_fill(struct arena *mem, const struct facts *f, enum remedy remedy,
                 struct finding *finding);
void remedy_add_evidence(struct arena *mem, const struct facts *f, const struct dns_answer *answer,
                         struct finding *out);
