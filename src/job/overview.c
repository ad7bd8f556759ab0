/* SPDX-License-Identifier: Apache-2.0 */
#include "app/overview.h"

#include "base/clock.h"
#include "job/jobs.h"
#include "job/worker.h"

bool job_overview(void *worker, struct arena *mem, const struct job *job, struct job_result *out,
                  struct err *err)
{
    const struct scope scope = scope_platform();
    bool is_more;

    (void)mem;
    (void)job;
    if (!app_overview_refresh(((const struct worker *)worker)->app, &scope, &is_more, err))
        return false;
    out->run_at = clock_now() + (is_more ? 0 : JOB_OVERVIEW_EVERY_MS);
    return true;
}
