/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * command: the subcommands of `latchkey` as a table (src/bin/latchkey.c), each one file that
 * exports its row. Options are argp tables, from which --help and the man page come.
 */
#include <argp.h>

#include "base/arena.h"
#include "base/err.h"
#include "config/config.h"

enum cli_exit {
    CLI_DONE = 0,
    CLI_NO = 1,     /* the answer is no */
    CLI_FAILED = 2, /* could not tell, or could not do */
    CLI_USAGE = 64, /* wrong usage; argp exits with it by itself */
};

struct cli_command {
    const char *name;
    const char *summary; /* a clause, for the list of commands */
    const struct argp *argp;
    /* argv[0] is "latchkey NAME". */
    enum cli_exit (*run)(int argc, char **argv);
};

/* Runs the command that argv[1] names; also "help", "--help" and "--version". */
int cli_main(const struct cli_command *const *commands, size_t count, int argc, char **argv);

/* latchkey(1) in man(7) form. */
const char *cli_man(struct arena *mem, const struct cli_command *const *commands, size_t count);

/* What most commands take: an argp child whose input is a `struct cli_common`. Its children row:
 * `{&cli_common_argp, 0, NULL, 0}`; the parent's parser hands the input over with
 * `state->child_inputs[0] = &input->common` at ARGP_KEY_INIT. */
struct cli_common {
    const char *config; /* --config FILE; NULL = config_default_path() */
    bool is_json;       /* --json */
};
extern const struct argp cli_common_argp;

/* The whole input of a command whose only other arguments are `least` to `most` words; set these
 * two before argp_parse(). */
#define CLI_WORDS_MAX 4
struct cli_words {
    struct cli_common common;
    size_t least, most; /* most <= CLI_WORDS_MAX */
    const char *words[CLI_WORDS_MAX];
    size_t count;
};
error_t cli_words_parse(int key, char *arg, struct argp_state *state);
extern const struct argp_child cli_words_children[];

/* Loads the configuration that --config names, or the default one. */
MUST_CHECK bool cli_config(struct arena *mem, const struct cli_common *common,
                           const struct config **out, struct err *err);

/* Says why on stderr, or with --json as an object on stdout, and returns CLI_FAILED. */
enum cli_exit cli_failed(const struct cli_common *common, const struct err *err);
/* The same for a failed call of the API: its refusals are answers (CLI_NO); that it could not be
 * asked is none (CLI_FAILED). */
enum cli_exit cli_refused(const struct cli_common *common, const struct err *err);
