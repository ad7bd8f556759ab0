/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * renew: the jobs around a certificate's end: when it is replaced by a new one, when it is cleared
 * away, and that its state is true. Renewing itself is an issuance like any other (job/issue.h).
 */
#include "job/runner.h"

/*
 * Subject: a live certificate. Asks its CA when it wants it renewed (RFC 9773) and keeps the
 * instant drawn from that; then begins an issuance with the CA that it came from, a new key, and
 * the names that the domain covers, as long as the domain has a subscription that is served (R9,
 * R10). Goes on until another certificate is live. Asking ends with the certificate, renewing does
 * not.
 */
MUST_CHECK bool job_renew(void *worker, struct arena *mem, const struct job *job,
                          struct job_result *out, struct err *err);

/* Subject: a certificate that shall be revoked. While it is live it waits for its successor; then
 * its CA revokes it, which may be repeated. */
MUST_CHECK bool job_revoke(void *worker, struct arena *mem, const struct job *job,
                           struct job_result *out, struct err *err);

/* Subject: domain. Certificates that ended JOB_RETIRE_AFTER_MS ago, so that nothing in flight needs
 * them, lose their edge record and their key. */
#define JOB_RETIRE_AFTER_MS INT64_C(3600000)
MUST_CHECK bool job_retire(void *worker, struct arena *mem, const struct job *job,
                           struct job_result *out, struct err *err);

/* Subject: JOB_PLATFORM. Marks what has expired, and takes it off the hosts; gives live
 * certificates that have no job_renew() one. Again when the next one expires, at the latest after
 * JOB_SWEEP_EVERY_MS. */
#define JOB_SWEEP_EVERY_MS INT64_C(3600000)
MUST_CHECK bool job_sweep(void *worker, struct arena *mem, const struct job *job,
                          struct job_result *out, struct err *err);
