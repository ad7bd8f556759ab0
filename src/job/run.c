/* SPDX-License-Identifier: Apache-2.0 */

/* What a run has: transactions that keep its lease, and the time after which it is repeated. */
#include "job/runner.h"

int64_t job_backoff_ms(int64_t attempts)
{
    static const int64_t steps[] = {1000, 5000, 30000, 120000, 600000, 3600000};
    size_t last = ARRAY_LEN(steps) - 1;

    return steps[attempts < 0 ? 0 : (size_t)attempts > last ? last : (size_t)attempts];
}

bool job_tx_begin(struct db *db, const struct job *job, struct db **tx, struct err *err)
{
    return db_tx_begin(db, tx, err) && job_store_extend(*tx, job, JOB_LEASE_MS, err);
}
