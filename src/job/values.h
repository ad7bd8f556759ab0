/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* values: takes the TXT values of dns-01 that nobody needs any more out of zones of ours, one by
 * one, for as long as that takes. */
#include "job/runner.h"
#include "job/worker.h"

/* Subject: domain id. */
MUST_CHECK bool job_values(void *worker, struct arena *mem, const struct job *job,
                           struct job_result *out, struct err *err);
