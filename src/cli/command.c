/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/findings.h"
#include "cli/providers.h"
#include "config/roff.h"

#define OUT_MAX (1 << 20)

enum { KEY_CONFIG = 'c', KEY_JSON = 'j' };

/* clang-format off */
static const struct argp_option common_options[] = {
    {"config", KEY_CONFIG, "FILE", 0,
     "Configuration; else ./var/latchkey.yaml, else /etc/latchkey/latchkey.yaml", 0},
    {"json", KEY_JSON, NULL, 0, "Print JSON, for programs", 0},
    {0},
};
/* clang-format on */

/* NOLINTNEXTLINE(readability-non-const-parameter): argp's prototype */
static error_t common_parse(int key, char *arg, struct argp_state *state)
{
    struct cli_common *common = state->input;

    switch (key) {
    case KEY_CONFIG:
        common->config = arg;
        return 0;
    case KEY_JSON:
        common->is_json = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp cli_common_argp = {.options = common_options, .parser = common_parse};
const struct argp_child cli_words_children[] = {{&cli_common_argp, 0, NULL, 0}, {0}};

error_t cli_words_parse(int key, char *arg, struct argp_state *state)
{
    struct cli_words *input = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &input->common;
        return 0;
    case ARGP_KEY_ARG:
        if (input->count == input->most)
            argp_error(state, "too many arguments: \"%s\"", arg);
        else
            input->words[input->count++] = arg;
        return 0;
    case ARGP_KEY_END:
        if (input->count < input->least)
            argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

bool cli_config(struct arena *mem, const struct cli_common *common, const struct config **out,
                struct err *err)
{
    return config_load(mem, common->config ? common->config : config_default_path(), out, err);
}

enum cli_exit cli_failed(const struct cli_common *common, const struct err *err)
{
    if (common->is_json) {
        json_t *doc =
            json_pack("{s:{s:s, s:s}}", "error", "code", err_name(err->code), "text", err->text);

        json_dumpf(doc, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(doc);
    } else {
        fprintf(stderr, "latchkey: %s\n", err->text);
    }
    return CLI_FAILED;
}

enum cli_exit cli_refused(const struct cli_common *common, const struct err *err)
{
    int status = err_http(err->code);

    (void)cli_failed(common, err);
    return status >= 400 && status < 500 && err->code != ERR_UNAUTHENTICATED ? CLI_NO : CLI_FAILED;
}

static void list_print(FILE *out, const struct cli_command *const *commands, size_t count)
{
    fputs("Usage: latchkey COMMAND [OPTION...]\n\n"
          "Certificates for the domains of a website platform.\n\n",
          out);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs(
        "\n`latchkey COMMAND --help` describes one. Exit: 0 done, 1 the answer is no, 2 could not\n"
        "tell or could not do, 64 wrong usage.\n",
        out);
}

static const struct cli_command *command_find(const struct cli_command *const *commands,
                                              size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int help(const struct cli_command *const *commands, size_t count, const char *what)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    if (what && strcmp(what, "--man") == 0)
        fputs(cli_man(mem, commands, count), stdout);
    else if (what && strcmp(what, "--findings") == 0)
        fputs(cli_findings(mem), stdout);
    else if (what && strcmp(what, "--providers") == 0)
        fputs(cli_providers(mem), stdout);
    else
        list_print(stdout, commands, count);
    return CLI_DONE;
}

int cli_main(const struct cli_command *const *commands, size_t count, int argc, char **argv)
{
    const struct cli_command *command;
    char name[64];

    if (argc < 2) {
        list_print(stderr, commands, count);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0)
        return help(commands, count, argc > 2 ? argv[2] : NULL);
    if (strcmp(argv[1], "--version") == 0) {
        puts("latchkey " LATCHKEY_VERSION);
        return CLI_DONE;
    }
    command = command_find(commands, count, argv[1]);
    if (!command) {
        fprintf(stderr, "latchkey: there is no command \"%s\"; `latchkey help` lists them\n",
                argv[1]);
        return CLI_USAGE;
    }
    snprintf(name, sizeof(name), "latchkey %s", command->name);
    argv[1] = name;
    return (int)command->run(argc - 1, argv + 1);
}

static void man_option_add(struct buf *out, const struct argp_option *o)
{
    buf_str(out, ".TP\n.B ");
    if (o->key > ' ' && o->key < 0x7f)
        buf_printf(out, "\\-%c, ", o->key);
    buf_str(out, "\\-\\-");
    roff_text(out, o->name);
    if (o->arg)
        buf_printf(out, " \\fI%s\\fR", o->arg);
    buf_str(out, "\n");
    roff_text(out, o->doc);
    buf_str(out, ".\n");
}

/* A row without a name is the head of those that follow. */
static void man_options_add(struct buf *out, const struct argp *argp)
{
    for (const struct argp_option *o = argp->options; o && (o->name || o->doc); o++) {
        if (o->name) {
            man_option_add(out, o);
            continue;
        }
        buf_str(out, ".PP\n");
        roff_text(out, o->doc);
        buf_str(out, "\n");
    }
    for (const struct argp_child *child = argp->children; child && child->argp; child++)
        man_options_add(out, child->argp);
}

static void man_command_add(struct buf *out, const struct cli_command *command)
{
    const struct argp *argp = command->argp;

    buf_printf(out, ".SH COMMAND: %s\n.B latchkey %s\n[\\fIOPTION\\fR...] ", command->name,
               command->name);
    roff_text(out, argp->args_doc ? argp->args_doc : "");
    buf_str(out, "\n.PP\n");
    for (const char *at = argp->doc; *at; at++) {
        if (*at == '\v' || (*at == '\n' && at[1] == '\n'))
            buf_str(out, "\n.PP");
        else
            roff_text(out, (const char[]){*at, '\0'});
    }
    buf_str(out, "\n");
    man_options_add(out, argp);
}

const char *cli_man(struct arena *mem, const struct cli_command *const *commands, size_t count)
{
    struct buf out = buf_new(mem, OUT_MAX);

    buf_str(&out, ".TH LATCHKEY 1 \"\" \"Latchkey " LATCHKEY_VERSION "\"\n"
                  ".SH NAME\nlatchkey \\- certificates for the domains of a website platform\n"
                  ".SH SYNOPSIS\n.B latchkey\n\\fICOMMAND\\fR [\\fIOPTION\\fR...]\n"
                  ".SH DESCRIPTION\n"
                  "Orders certificates from ACME certificate authorities for the domains of a\n"
                  "website platform, and serves them from every edge.\n");
    for (size_t i = 0; i < count; i++)
        man_command_add(&out, commands[i]);
    buf_str(&out, ".SH EXIT STATUS\n"
                  "0 done; 1 the answer is no; 2 could not tell or could not do; 64 wrong usage.\n"
                  ".SH ENVIRONMENT\n"
                  "LATCHKEY_SECTION_KEY overrides an option, see latchkey.yaml(5).\n"
                  "LATCHKEY_URL and LATCHKEY_TOKEN say which API to ask, and as whom.\n"
                  ".SH SEE ALSO\nlatchkey.yaml(5)\n");
    assert(buf_ok(&out));
    return buf_cstr(&out);
}
