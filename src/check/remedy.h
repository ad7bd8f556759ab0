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
    REMEDY_NO_AAAA,    /* the same of AAAA, or set ours in their place */
    REMEDY_ADD_A,
    REMEDY_ADD_AAAA,
};

/* The values for the wordings of `code`. */
struct finding_words remedy_words(struct arena *mem, const struct facts *f, enum finding_code code);
/* Fills found, expected, actions and evidence. */
void remedy_fill(struct arena *mem, const struct facts *f, enum remedy remedy,
                 struct finding *finding);
