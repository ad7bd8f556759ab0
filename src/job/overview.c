/* SPDX-License-Identifier: Apache-2.0 */
#include "app/overview.h"

#include "base/clock.h"
#include "job/jobs.h"
#include "job/worker.h"

bool job_overview(void *worker, struct arena *mem, const struct job *job, struct job_result *out,
                  struct err *err)
{
    const struct scope scope = scope_platform();
    int64_t now = clock_now();
    bool is_more;

    (void)mem;
    (void)job;
    if (!app_overview_refresh(((const struct worker *)worker)->app, &scope,
                              now - JOB_OVERVIEW_REST_MS, &is_more, err))
        return false;
    out->run_at = now + (is_more ? 0 : JOB_OVERVIEW_EVERY_MS);
    return true;
}
