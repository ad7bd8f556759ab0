/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "bin/serve.h"
#include "cli/stop.h"
#include "job/jobs.h"

#define HOST_MAX 64

static bool run_jobs(struct worker *worker, int stop_fd, struct err *err)
{
    struct job_runner *runner;
    char owner[HOST_MAX + 32], host[HOST_MAX + 1] = "";
    unsigned place;

    if (gethostname(host, HOST_MAX) != 0)
        return err_set(err, ERR_INTERNAL, "this machine has no host name");
    if (!db_take_place(worker->app->db, &place, err))
        return false;
    snprintf(owner, sizeof(owner), "worker-%u@%s", place, host);
    (void)signal(SIGCHLD, SIG_DFL); /* ignored by whoever started us, no end would be known */
    if (!jobs_start(worker, owner, &runner, err))
        return false;
    LOG(INFO, "worker.ready", KI("threads", worker->app->config->worker.threads));
    cli_stop_wait(stop_fd);
    job_runner_stop(runner);
    return true;
}

static bool open_signer(const struct app *app, int fd, struct signer **out, struct err *err)
{
    if (fd < 0)
        return signer_new_path(app->config->signer.socket, out, err);
    *out = signer_new_fd(fd);
    return true;
}

bool serve_worker(const struct app *app, const struct serve_options *options, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct signer *signer;
    struct worker *worker;
    bool is_done;

    if (!open_signer(app, options->signer_fd, &signer, err))
        return false;
    is_done = worker_new(mem, app, signer, &worker, err);
    if (is_done) {
        is_done = run_jobs(worker, options->stop_fd, err);
        worker_free(worker);
    }
    signer_free(signer);
    return is_done;
}
