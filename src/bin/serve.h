/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* serve: the roles of `latchkey serve`, one function each. Each runs until stop_fd is readable. */
#include "app/app.h"

struct serve_options {
    int signer_fd; /* inherited connection to the signer; -1 = signer.socket */
    int stop_fd;
};

MUST_CHECK bool serve_web(const struct app *app, const struct serve_options *options,
                          struct err *err);
MUST_CHECK bool serve_worker(const struct app *app, const struct serve_options *options,
                             struct err *err);
