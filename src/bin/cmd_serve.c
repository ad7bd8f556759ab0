/* SPDX-License-Identifier: Apache-2.0 */
#include "app/open.h"
#include "base/clock.h"
#include "base/slice.h"
#include "bin/commands.h"
#include "bin/serve.h"
#include "cli/stop.h"

struct input {
    struct cli_common common;
    const char *role;
    int64_t signer_fd;
};

enum { OPT_SIGNER_FD = 256 };

static const struct argp_option options[] = {
    {"role", 'r', "ROLE", 0, "web (API and feed) or worker (jobs)", 0},
    {"signer-fd", OPT_SIGNER_FD, "N", 0,
     "inherited connection to the signer, instead of signer.socket", 0},
    {0},
};

static const struct role {
    const char *name;
    bool (*serve)(const struct app *app, const struct serve_options *options, struct err *err);
} roles[] = {
    {"web", serve_web},
    {"worker", serve_worker},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct input *input = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &input->common;
        return 0;
    case 'r':
        input->role = arg;
        return 0;
    case OPT_SIGNER_FD:
        if (!slice_i64(slice_str(arg), 0, INT32_MAX, &input->signer_fd))
            argp_error(state, "--signer-fd %s: not a descriptor", arg);
        return 0;
    case ARGP_KEY_END:
        if (!input->role)
            argp_error(state, "--role is missing: web or worker");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = options,
    .parser = parse,
    .doc = "Serves one role until SIGTERM or SIGINT.",
    .children = children,
};

static const struct role *find_role(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(roles); i++)
        if (strcmp(roles[i].name, name) == 0)
            return &roles[i];
    return NULL;
}

static bool serve(struct arena *mem, const struct input *input, const struct role *role,
                  struct err *err)
{
    const struct serve_options how = {.signer_fd = (int)input->signer_fd, .stop_fd = cli_stop_fd()};
    const struct config *config;
    struct app app;
    bool is_done;

    if (!cli_config(mem, &input->common, &config, err))
        return false;
    log_set_up(config->log.level, config->log.format);
    if (config->mode == CONFIG_LIVE && clock_is_movable())
        return err_set(err, ERR_CONFIG,
                       "LATCHKEY_CLOCK_FILE is set: the clock cannot be moved "
                       "with mode: live");
    if (!app_open(mem, config, APP_CHECK, &app, err))
        return false;
    is_done = role->serve(&app, &how, err);
    app_close(&app);
    return is_done;
}

static enum cli_exit run(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct input input = {.signer_fd = -1};
    const struct role *role;
    struct err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &input);
    role = find_role(input.role);
    if (!role) {
        fprintf(stderr, "latchkey serve: unknown role \"%s\": web or worker\n", input.role);
        return CLI_USAGE;
    }
    return serve(mem, &input, role, &err) ? CLI_DONE : cli_failed(&input.common, &err);
}

const struct cli_command cmd_serve = {"serve", "serve a role: web or worker", &argp, run};
