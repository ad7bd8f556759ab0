/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ca_words: what may follow `latchkey ca`: "log", "fault" and so on. cmd_ca.c reads the arguments
 * and has the table of words; what they do is in a file a group.
 */
#include <jansson.h>

#include "ca/ca.h"
#include "ca/journal_store.h"
#include "cli/command.h"
#include "super/ca_run.h"

#define CA_NOT_GIVEN (-1)

struct ca_word;

struct ca_input {
    struct cli_common common;
    const struct ca_word *word;          /* NULL: the CA alone, by ca_run() */
    const char *subject;                 /* what the word is about: a serial, an account, "all" */
    const char *more;                    /* what the subject is about, or NULL */
    bool is_once;                        /* of a key for external account binding */
    struct ca_run_options alone;         /* limits: of "serve", too */
    const char *alone_only;              /* the first option given that no word has */
    const char *reason, *account;        /* of a revocation, or NULL */
    int64_t count, for_s, share, wait_s; /* of a fault; CA_NOT_GIVEN: left to the CA */
    struct ca_journal_filter filter;
};

typedef bool ca_word_run(struct arena *mem, const struct ca_input *input,
                         const struct ca_options *ca, struct err *err);

struct ca_word {
    const char *name;
    const char *subject; /* what is asked for when it is missing; NULL: there is none */
    ca_word_run *run;
    bool may_lack_subject, may_have_more;
    /* ca_word_act(): POSTs to path, subject and path_end, and prints what is counted. */
    const char *path, *path_end, *counted;
    bool has_body;
};

ca_word_run ca_word_log;

/* ca_manage.c: what is asked of the running CA */
void ca_print_json(const json_t *answer); /* a line of its own */
ca_word_run ca_word_act, ca_word_fault, ca_word_faults, ca_word_clock, ca_word_terms;
/* ca_eab.c */
ca_word_run ca_word_eab;

/* ca_config.c: the CA that the configuration describes. */
struct ca_options ca_options_of(struct arena *mem, const struct config *config);
