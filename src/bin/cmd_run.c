/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slice.h"
#include "bin/commands.h"
#include "super/run.h"
#include "super/run_config.h"

enum { OPT_ONCE = 256, OPT_DOMAIN, OPT_KEEP, OPT_DIR, OPT_PORT_BASE, OPT_VERBOSE = 'v' };

static const struct argp_option options[] = {
    {"once", OPT_ONCE, NULL, 0, "End after the first order, with a JSON summary as the last line",
     0},
    {"domain", OPT_DOMAIN, "NAME", 0, "What the first order is for; demo.example", 0},
    {"keep", OPT_KEEP, NULL, 0, "With --once: stay up after the summary", 0},
    {"dir", OPT_DIR, "DIR", 0, "Folder of everything it keeps; ./var", 0},
    {"port-base", OPT_PORT_BASE, "N", 0,
     "Six ports from N on, for a new folder: http and https of the edges, API, CA, DNS, demo site",
     0},
    {"verbose", OPT_VERBOSE, NULL, 0, "Show every line of every process", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct run_options *input = state->input;

    switch (key) {
    case OPT_ONCE:
        input->is_once = true;
        return 0;
    case OPT_DOMAIN:
        input->domain = arg;
        return 0;
    case OPT_KEEP:
        input->is_kept = true;
        return 0;
    case OPT_DIR:
        input->dir = arg;
        return 0;
    case OPT_PORT_BASE:
        if (!slice_i64(slice_str(arg), RUN_PORT_BASE_MIN, RUN_PORT_BASE_MAX, &input->port_base))
            argp_error(state, "--port-base %s: not a number from %d to %d", arg, RUN_PORT_BASE_MIN,
                       RUN_PORT_BASE_MAX);
        return 0;
    case OPT_VERBOSE:
        input->is_verbose = true;
        return 0;
    case ARGP_KEY_END:
        if (input->is_kept && !input->is_once)
            argp_error(state, "--keep goes with --once");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse,
    .doc = "Runs everything on this machine with a sandbox CA of its own: for a first look, for "
           "development and for tests. Nothing leaves the machine.\n\n"
           "It makes a folder, starts every part, restarts what dies, places a first order and "
           "ends with Ctrl-C. Started again, it goes on with what is in the folder.",
};

static enum cli_exit run_command(int argc, char **argv)
{
    struct run_options input = {.dir = RUN_DIR, .domain = RUN_DOMAIN};
    struct cli_common common = {0};
    struct err err = {0};
    bool is_live = false;

    argp_parse(&argp, argc, argv, 0, NULL, &input);
    if (!run(&input, &is_live, &err))
        return cli_failed(&common, &err);
    return is_live ? CLI_DONE : CLI_NO;
}

const struct cli_command cmd_run = {"run", "run everything on this machine, with a sandbox CA",
                                    &argp, run_command};
