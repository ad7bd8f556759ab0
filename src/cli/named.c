/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/named.h"

const struct argp_child cli_named_children[] = {
    {&cli_common_argp, 0, NULL, 0},
    {&cli_target_argp, 0, NULL, 0},
    {0},
};

error_t cli_named_parse(int key, char *arg, struct argp_state *state)
{
    struct cli_named *input = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &input->common;
        state->child_inputs[1] = &input->target;
        return 0;
    case ARGP_KEY_ARG:
        if (input->name)
            argp_error(state, "too many arguments: \"%s\"", arg);
        input->name = arg;
        return 0;
    case ARGP_KEY_END:
        if (!input->name)
            argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}
