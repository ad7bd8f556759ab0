/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/slice.h"
#include "bin/commands.h"
#include "cli/stop.h"
#include "signer/load.h"

struct input {
    struct cli_common common;
    int64_t fd;         /* -1: listen */
    const char *socket; /* NULL: signer.socket */
    bool is_init;
};

enum { OPT_FD = 256, OPT_SOCKET };

static const struct argp_option options[] = {
    {"fd", OPT_FD, "N", 0, "answer this inherited connection instead of listening", 0},
    {"socket", OPT_SOCKET, "PATH", 0, "listen here instead of at signer.socket", 0},
    {0},
};

static error_t parse_word(struct input *input, const char *word, struct argp_state *state)
{
    if (input->is_init || strcmp(word, "init") != 0)
        argp_error(state, "unexpected argument \"%s\"", word);
    input->is_init = true;
    return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct input *input = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &input->common;
        return 0;
    case OPT_FD:
        if (!slice_i64(slice_str(arg), 0, INT32_MAX, &input->fd))
            argp_error(state, "--fd %s: not a descriptor", arg);
        return 0;
    case OPT_SOCKET:
        input->socket = arg;
        return 0;
    case ARGP_KEY_ARG:
        return parse_word(input, arg, state);
    case ARGP_KEY_END:
        if (input->fd >= 0 && input->socket)
            argp_error(state, "--fd and --socket exclude each other");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc = "[init]",
    .doc = "Keeps the private keys and signs for the worker, until SIGTERM or SIGINT. Only "
           "programs of the same user may ask.\n\n"
           "init: makes the first keys in signer.keys_dir where they are missing.",
    .children = children,
};

static enum cli_exit init(const struct input *input, const struct config *config)
{
    struct err err = {0};

    if (!keyring_init(config->signer.keys_dir, &err))
        return cli_failed(&input->common, &err);
    if (input->common.is_json)
        printf("{\"ok\":true}\n");
    else
        printf("%s: keys are in place\n", config->signer.keys_dir);
    return CLI_DONE;
}

static bool check_fd(int fd, struct err *err)
{
    int type = 0;
    socklen_t len = sizeof(type);

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0)
        return err_errno(err, ERR_CONFIG, errno, "cannot use descriptor %d", fd);
    if (type != SOCK_SEQPACKET)
        return err_set(err, ERR_CONFIG, "descriptor %d is not a SOCK_SEQPACKET socket", fd);
    return true;
}

static bool serve(struct arena *mem, const struct input *input, const struct config *config,
                  struct err *err)
{
    const char *path = input->socket ? input->socket : config->signer.socket;
    int stop_fd = cli_stop_fd();
    struct signer_server server;

    if (!signer_harden(err) || !signer_load(mem, config, &server, err))
        return false;
    if (input->fd < 0) {
        LOG(INFO, "signer.ready", KS("socket", path));
        return signer_serve_path(&server, path, stop_fd, err);
    }
    if (!check_fd((int)input->fd, err))
        return false;
    LOG(INFO, "signer.ready", KI("fd", input->fd));
    return signer_serve_fd(&server, (int)input->fd, stop_fd, err);
}

static enum cli_exit run(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct input input = {.fd = -1};
    const struct config *config;
    struct err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &input);
    if (!cli_config(mem, &input.common, &config, &err))
        return cli_failed(&input.common, &err);
    if (input.is_init)
        return init(&input, config);
    log_set_up(config->log.level, config->log.format);
    return serve(mem, &input, config, &err) ? CLI_DONE : cli_failed(&input.common, &err);
}

const struct cli_command cmd_signer = {"signer", "keep the private keys and sign", &argp, run};
