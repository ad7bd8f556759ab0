/* SPDX-License-Identifier: Apache-2.0 */
#include "store/job_store.h"

#include "base/clock.h"
#include "base/id.h"
#include "store/record.h"

#define COLUMNS "id, kind, subject_id, run_at, fence, attempts, last_error, created_at"
#define LETTERS "tttiiiTi"
#define PG_NOW  "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"

/* No lease is valid at `now` of CLOCK_BOOTTIME in this boot. */
#define IS_FREE(now, boot)                                                                         \
    "(lease_until IS NULL OR lease_until <= " now " OR lease_boot <> " boot ")"
#define PG_IS_FREE "(lease_until IS NULL OR lease_until <= " PG_NOW ")"
#define NO_LEASE   "lease_until = NULL, lease_boot = NULL, lease_owner = NULL"

static void read_record(struct reader *r, struct job *out)
{
    out->id = next_text(r);
    out->kind = next_text(r);
    out->subject_id = next_text(r);
    out->run_at = next_i64(r);
    out->fence = next_i64(r);
    out->attempts = next_i64(r);
    out->last_error = next_text(r);
    out->created_at = next_i64(r);
}

DEFINE_READ_ONE(job)

/* wake_at is what a run that is under way must not overwrite when it ends. */
#define WAKE(at)                                                                                   \
    "run_at = CASE WHEN job.run_at < " at " THEN job.run_at ELSE " at " END,"                      \
    " wake_at = CASE WHEN job.wake_at < " at " THEN job.wake_at ELSE " at " END"

static const struct query enqueue = {
    .name = "job.enqueue",
    .sql = "INSERT INTO job (id, kind, subject_id, run_at, fence, attempts, created_at)"
           " VALUES ($1, $2, $3, $4, 0, 0, $5)"
           " ON CONFLICT (kind, subject_id) DO UPDATE SET " WAKE("excluded.run_at"),
    .params = "tttii",
    .cols = "",
};

bool job_store_enqueue(struct db *db, const char *kind, const char *subject_id, int64_t run_at,
                       struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    return db_exec(db, &enqueue, NULL, err, QT(id_new(mem, ID_JOB)), QT(kind), QT(subject_id),
                   QI(run_at), QI(clock_now()));
}

static const struct query wake = {
    .name = "job.wake",
    .sql = "UPDATE job SET " WAKE("$2") " WHERE subject_id = $1",
    .params = "ti",
    .cols = "",
};

bool job_store_wake(struct db *db, const char *subject_id, int64_t now, int64_t *woken,
                    struct err *err)
{
    return db_exec(db, &wake, woken, err, QT(subject_id), QI(now));
}

static const struct query wake_of_ca = {
    .name = "job.wake_of_ca",
    .sql =
        "UPDATE job SET " WAKE("$2") " WHERE kind = 'issue' AND subject_id IN"
                                     " (SELECT id FROM issuance WHERE ca = $1 AND ca_failures > 0"
                                     " AND error_code <> 'rate_limited')",
    .params = "ti",
    .cols = "",
};

bool job_store_wake_of_ca(struct db *db, const char *ca, int64_t now, struct err *err)
{
    return db_exec(db, &wake_of_ca, NULL, err, QT(ca), QI(now));
}

/* When they were made is as good as chance. */
#define SPREAD "$2 + created_at % (1 + $3 * (SELECT COUNT(*) FROM job WHERE kind = $1))"

static const struct query spread = {
    .name = "job.spread",
    .sql = "UPDATE job SET " WAKE("(" SPREAD ")") " WHERE kind = $1",
    .params = "tii",
    .cols = "",
};

bool job_store_spread(struct db *db, const char *kind, int64_t now, int64_t apart_ms,
                      struct err *err)
{
    return db_exec(db, &spread, NULL, err, QT(kind), QI(now), QI(apart_ms));
}

#define CLAIM(name_, which)                                                                        \
    {                                                                                              \
        .name = name_,                                                                             \
        .sql = "UPDATE job SET lease_until = $2 + $4, lease_boot = $3, lease_owner = $5,"          \
               " fence = fence + 1, wake_at = NULL WHERE id = (SELECT id FROM job"                 \
               " WHERE run_at <= $1" which                                                         \
               " AND " IS_FREE("$2", "$3") " ORDER BY run_at, id LIMIT 1) RETURNING " COLUMNS,     \
        .pg = "UPDATE job SET lease_until = " PG_NOW " + $4, lease_boot = $3, lease_owner = $5,"   \
              " fence = fence + 1, wake_at = NULL WHERE id = (SELECT id FROM job"                  \
              " WHERE run_at <= $1" which " AND " PG_IS_FREE " ORDER BY run_at, id LIMIT 1"        \
              " FOR UPDATE SKIP LOCKED) RETURNING " COLUMNS,                                       \
        .params = "iitit", .cols = LETTERS,                                                        \
    }

static const struct query claim_any = CLAIM("job.claim", "");
static const struct query claim_local =
    CLAIM("job.claim_local", " AND kind NOT IN ('issue', 'release', 'renew', 'revoke')");

bool job_store_claim(struct arena *mem, struct db *db, const struct job_claim *claim,
                     const struct job **out, struct err *err)
{
    const struct query *query = claim->is_local ? &claim_local : &claim_any;
    const struct row *row;

    return db_one(mem, db, query, &row, err, QI(claim->now), QI(clock_boot_ms()),
                  QT(clock_boot_id()), QI(claim->lease_ms), QT(claim->owner)) &&
           read_one(mem, row, out, err);
}

static const struct query extend = {
    .name = "job.extend",
    .sql = "UPDATE job SET lease_until = $3 + $4 WHERE id = $1 AND fence = $2",
    .pg = "UPDATE job SET lease_until = " PG_NOW " + $4 WHERE id = $1 AND fence = $2",
    .params = "tiii",
    .cols = "",
};

bool job_store_extend(struct db *db, const struct job *job, int64_t lease_ms, struct err *err)
{
    return db_exec_one(db, &extend, err, QT(job->id), QI(job->fence), QI(clock_boot_ms()),
                       QI(lease_ms));
}

static const struct query finish = {
    .name = "job.finish",
    .sql = "DELETE FROM job WHERE id = $1 AND fence = $2 AND wake_at IS NULL",
    .params = "ti",
    .cols = "",
};

static const struct query run_again = {
    .name = "job.run_again",
    .sql = "UPDATE job SET run_at = wake_at, attempts = 0, last_error = NULL, " NO_LEASE
           " WHERE id = $1 AND fence = $2 AND wake_at IS NOT NULL",
    .params = "ti",
    .cols = "",
};

bool job_store_finish(struct db *db, const struct job *job, struct err *err)
{
    int64_t removed;

    if (!db_exec(db, &finish, &removed, err, QT(job->id), QI(job->fence)))
        return false;
    return removed || db_exec_one(db, &run_again, err, QT(job->id), QI(job->fence));
}

static const struct query clock_back = {
    .name = "job.clock_back",
    .sql = "UPDATE job SET run_at = CASE WHEN run_at - $2 > $1 THEN run_at - $2 ELSE $1 END"
           " WHERE run_at > $1",
    .params = "ii",
    .cols = "",
};

bool job_store_clock_back(struct db *db, int64_t now, int64_t step_ms, struct err *err)
{
    return db_exec(db, &clock_back, NULL, err, QI(now), QI(step_ms));
}

static const struct query reschedule = {
    .name = "job.reschedule",
    .sql =
        "UPDATE job SET run_at = CASE WHEN wake_at < $3 THEN wake_at ELSE $3 END,"
        " attempts = CASE WHEN $4 IS NULL THEN 0 ELSE attempts + 1 END, last_error = $4, " NO_LEASE
        " WHERE id = $1 AND fence = $2",
    .params = "tiiT",
    .cols = "",
};

bool job_store_reschedule(struct db *db, const struct job *job, int64_t run_at, const char *error,
                          struct err *err)
{
    return db_exec_one(db, &reschedule, err, QT(job->id), QI(job->fence), QI(run_at), QT(error));
}

/* '0' is the character after '/'. */
static const struct query release = {
    .name = "job.release",
    .sql = "UPDATE job SET fence = fence + 1, " NO_LEASE
           " WHERE lease_owner = $1 OR (lease_owner > $2 AND lease_owner < $3)",
    .params = "ttt",
    .cols = "",
};

bool job_store_release(struct db *db, const char *owner, int64_t *released, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    return db_exec(db, &release, released, err, QT(owner), QT(arena_printf(mem, "%s/", owner)),
                   QT(arena_printf(mem, "%s0", owner)));
}

static const struct query next_due = {
    .name = "job.next",
    .sql = "SELECT run_at FROM job WHERE " IS_FREE("$1", "$2") " ORDER BY run_at, id LIMIT 1",
    .pg = "SELECT run_at FROM job WHERE " PG_IS_FREE " ORDER BY run_at, id LIMIT 1",
    .params = "it",
    .cols = "i",
};

bool job_store_next(struct db *db, int64_t *run_at, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row;

    if (!db_one(mem, db, &next_due, &row, err, QI(clock_boot_ms()), QT(clock_boot_id())))
        return false;
    *run_at = row ? row_i64(row, 0) : INT64_MAX;
    return true;
}

static const struct query find = {
    .name = "job.find",
    .sql = "SELECT " COLUMNS " FROM job WHERE kind = $1 AND subject_id = $2",
    .params = "tt",
    .cols = LETTERS,
};

bool job_store_find(struct arena *mem, struct db *db, const char *kind, const char *subject_id,
                    const struct job **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &find, &row, err, QT(kind), QT(subject_id)) &&
           read_one(mem, row, out, err);
}

static const struct query *const all[] = {
    &enqueue, &wake,      &wake_of_ca, &spread,   &claim_any, &claim_local, &extend,
    &finish,  &run_again, &release,    &next_due, &find,      &reschedule,  &clock_back};
const struct query_list job_queries = {"job_store.c", all, ARRAY_LEN(all)};
