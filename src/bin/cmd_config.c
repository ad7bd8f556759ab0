/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "bin/commands.h"
#include "ca/limit_file.h"
#include "config/write.h"

static const struct argp argp = {
    .parser = cli_words_parse,
    .args_doc = "check|show|sample|man",
    .doc = "Works on the configuration.\n\n"
           "check: reads it and says what is wrong, with file, line and reason. "
           "show: prints every option in force, secrets masked. "
           "sample: prints a file with every option and its default. "
           "man: prints the manual page latchkey.yaml(5).",
    .children = cli_words_children,
};

/* The files that it names, where their owners alone can read them. */
static bool check_files(const struct config *cfg, struct err *err)
{
    struct ca_limits limits;

    return ca_limits_load(cfg->sandbox_ca.limits, &limits, err) ||
           err_wrap(err, "%s: sandbox_ca.limits", *cfg->file ? cfg->file : "defaults");
}

static enum cli_exit check(struct arena *mem, const struct cli_common *common)
{
    const struct config *cfg;
    struct err err = {0};

    if (!cli_config(mem, common, &cfg, &err) || !check_files(cfg, &err)) {
        (void)cli_failed(common, &err);
        return CLI_NO;
    }
    if (common->is_json)
        printf("{\"ok\":true}\n");
    else
        printf("%s: ok\n", *cfg->file ? cfg->file : "defaults");
    return CLI_DONE;
}

static enum cli_exit show(struct arena *mem, const struct cli_common *common)
{
    const struct config *cfg;
    struct err err = {0};

    if (!cli_config(mem, common, &cfg, &err))
        return cli_failed(common, &err);
    fputs(config_text(mem, cfg), stdout);
    return CLI_DONE;
}

static enum cli_exit sample(struct arena *mem, const struct cli_common *common)
{
    (void)common;
    fputs(config_sample(mem), stdout);
    return CLI_DONE;
}

static enum cli_exit man(struct arena *mem, const struct cli_common *common)
{
    (void)common;
    fputs(config_man(mem), stdout);
    return CLI_DONE;
}

static const struct {
    const char *word;
    enum cli_exit (*run)(struct arena *mem, const struct cli_common *common);
} verbs[] = {{"check", check}, {"show", show}, {"sample", sample}, {"man", man}};

static enum cli_exit run(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct cli_words input = {.least = 1, .most = 1};

    argp_parse(&argp, argc, argv, 0, NULL, &input);
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (strcmp(verbs[i].word, input.words[0]) == 0)
            return verbs[i].run(mem, &input.common);
    argp_help(&argp, stderr, ARGP_HELP_USAGE, argv[0]);
    return CLI_USAGE;
}

const struct cli_command cmd_config = {"config", "check, show or explain the configuration", &argp,
                                       run};
