/* SPDX-License-Identifier: Apache-2.0 */
#include "job/ca_health.h"

#include "app/ca.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "store/event_store.h"
#include "store/job_store.h"

#define RACES_MAX 8 /* others that store at the same time, until it is given up */

static bool refuse(struct arena *mem, const struct worker_ca *ca,
                   const struct ca_standing *standing, struct err *err)
{
    (void)err_set(err, ERR_CA_BUSY, "%s", app_ca_silence(mem, ca->config->name, standing));
    err->retry_at = standing->breaker.next_try_at;
    return false;
}

bool ca_health_look(const struct worker *worker, struct arena *mem, const struct worker_ca *ca,
                    struct err *err)
{
    struct ca_standing standing;

    if (!ca_standing_store_get(mem, worker->app->db, ca->config->id, &standing, err))
        return false;
    return ca_breaker_look(&standing.breaker, clock_now()) != CA_BREAKER_WAIT ||
           refuse(mem, ca, &standing, err);
}

bool ca_health_enter(const struct worker *worker, struct arena *mem, const struct worker_ca *ca,
                     struct ca_standing *out, struct err *err)
{
    for (int i = 0; i < RACES_MAX; i++) {
        if (!ca_standing_store_get(mem, worker->app->db, ca->config->id, out, err))
            return false;
        switch (ca_breaker_ask(&out->breaker, clock_now())) {
        case CA_BREAKER_PASS:
            return true;
        case CA_BREAKER_WAIT:
            return refuse(mem, ca, out, err);
        case CA_BREAKER_TRY:
            break;
        }
        if (ca_standing_store_save(worker->app->db, out, err))
            return true;
        if (err->code != ERR_LOST_RACE)
            return false;
    }
    return false;
}

#define TOO_MANY_REQUESTS 429

/* A failure of the CA itself; being asked to wait is none. */
static bool is_its_own(const struct acme_problem *problem)
{
    return problem->type != ACME_PROBLEM_NONE && problem->scope == ACME_SCOPE_CA &&
           problem->status != TOO_MANY_REQUESTS;
}

/* For the operator: an event of the platform, about no tenant. */
static bool tell(struct arena *mem, struct db *tx, const struct worker_ca *ca, const char *kind,
                 const char *text, struct err *err)
{
    const struct event event = {.id = id_new(mem, ID_EVENT),
                                .subject_id = ca->config->id,
                                .at = clock_now(),
                                .kind = kind,
                                .text = text};

    return event_store_add(tx, &event, err);
}

static bool tell_down(struct arena *mem, struct db *tx, const struct worker_ca *ca,
                      const struct ca_standing *standing, struct err *err)
{
    const char *text = arena_printf(mem,
                                    "%s; it is not asked any more but for one try at a time, the "
                                    "next at %s; orders and renewals "
                                    "wait, and go on by themselves",
                                    app_ca_silence(mem, ca->config->name, standing),
                                    clock_text_in(mem, standing->breaker.next_try_at));

    LOG(WARN, "ca.down", KS("ca", ca->config->id), KS("error", standing->error_text),
        KS("since", clock_text_in(mem, standing->breaker.failing_since_at)));
    return tell(mem, tx, ca, "ca.down", text, err);
}

static bool tell_back(struct arena *mem, struct db *tx, const struct worker_ca *ca,
                      int64_t since_at, struct err *err)
{
    const char *since = clock_text_in(mem, since_at);

    LOG(INFO, "ca.back", KS("ca", ca->config->id), KS("since", since));
    return job_store_wake_of_ca(tx, ca->config->id, clock_now(), err) &&
           tell(mem, tx, ca, "ca.back",
                arena_printf(mem, "%s answers again; it had not since %s", ca->config->name, since),
                err);
}

static bool store_failure(const struct worker *worker, struct arena *mem,
                          const struct worker_ca *ca, const struct acme_problem *problem,
                          struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct ca_standing standing;
    bool opens;

    if (!db_tx_begin(worker->app->db, &tx, err) ||
        !ca_standing_store_get(mem, tx, ca->config->id, &standing, err))
        return false;
    opens = ca_breaker_failed(&standing.breaker, clock_now(), problem->retry_at);
    standing.error_text = problem->meaning;
    return ca_standing_store_save(tx, &standing, err) &&
           (!opens || tell_down(mem, tx, ca, &standing, err)) && db_tx_commit(&tx, err);
}

static bool store_answer(const struct worker *worker, struct arena *mem, const struct worker_ca *ca,
                         struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct ca_standing standing;
    int64_t since_at;
    bool closes;

    if (!db_tx_begin(worker->app->db, &tx, err) ||
        !ca_standing_store_get(mem, tx, ca->config->id, &standing, err))
        return false;
    if (!ca_breaker_is_troubled(&standing.breaker))
        return true;
    since_at = standing.breaker.failing_since_at;
    closes = ca_breaker_answered(&standing.breaker);
    standing.error_text = NULL;
    return ca_standing_store_save(tx, &standing, err) &&
           (!closes || tell_back(mem, tx, ca, since_at, err)) && db_tx_commit(&tx, err);
}

bool ca_health_settle(const struct worker *worker, struct arena *mem, const struct worker_ca *ca,
                      const struct ca_standing *entered, const struct acme_problem *problem,
                      struct err *err)
{
    const bool has_failed = is_its_own(problem);

    if (problem->type == ACME_PROBLEM_NONE && problem->code != ERR_NONE)
        return true; /* a failure on this side says nothing of the CA */
    for (int i = 0; i < RACES_MAX; i++) {
        if (!has_failed && !ca_breaker_is_troubled(&entered->breaker))
            return true;
        if (has_failed ? store_failure(worker, mem, ca, problem, err)
                       : store_answer(worker, mem, ca, err))
            return true;
        if (err->code != ERR_LOST_RACE)
            return false;
    }
    return true; /* the others have stored theirs */
}
