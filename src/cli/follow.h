/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* follow: the timeline of a domain, shown as it goes on, until its issuance has ended. */
#include <argp.h>

#include "cli/api_client.h"

/* --wait and --timeout: what the commands that begin an issuance take beside cli_named_children.
 * The command's parser gives child_inputs[CLI_WAIT_CHILD] a struct cli_wait at ARGP_KEY_INIT. */
struct cli_wait {
    bool is_wait;
    int64_t timeout_s; /* 0: none */
};

enum { CLI_WAIT_CHILD = 2 };
extern const struct argp_child cli_wait_children[];

struct cli_follow {
    struct cli_api *api;
    const char *domain_id;
    bool is_json;      /* nothing is shown */
    bool is_from_now;  /* not what has happened before */
    int64_t timeout_s; /* 0: none */
};

/* Returns once the newest issuance is live, has failed, or is parked, which only a person ends;
 * *status is the status of the domain then. ERR_TIMEOUT. */
MUST_CHECK bool cli_follow(struct arena *mem, const struct cli_follow *what, const json_t **status,
                           struct err *err);
