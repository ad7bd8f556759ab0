/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/caa_work.h"

#include "base/clock.h"
#include "ca/caa_lookup.h"
#include "ca/challenge_store.h"

bool ca_caa_permits_subject(struct arena *mem, const struct ca *ca,
                            const struct ca_caa_subject *subject, struct ca_problem *problem)
{
    const struct ca_caa_case wanted = {
        .issuer = ca->options.caa_identity,
        .account = ca_url(mem, ca, CA_ACCOUNT_PATH "%lld", (long long)subject->account_id),
        .method = ca_challenge_name(subject->method),
        .is_wildcard = ca_name_is_wildcard(subject->name),
    };

    return ca_caa_check(mem, ca->validator.resolver, subject->name, &wanted, problem);
}

/* All failures are of CAA here, those of DNS, too. */
static void add_failure(struct arena *mem, const char *name, const char *detail,
                        struct ca_problem *out)
{
    struct ca_subproblem *subs = arena_array_of(mem, out->sub_count + 1, struct ca_subproblem);

    if (out->sub_count)
        memcpy(subs, out->subs, out->sub_count * sizeof(*subs));
    subs[out->sub_count++] = (struct ca_subproblem){
        CA_PROBLEM_CAA, name, arena_printf(mem, "rechecking caa: %s", detail)};
    out->subs = subs;
}

static void check_name(const struct ca_call *call, const struct ca_caa_subject *subject,
                       int64_t deadline, struct ca_problem *out)
{
    struct ca_problem problem;

    if (clock_boot_ms() >= deadline)
        add_failure(call->mem, subject->name, "no time was left", out);
    else if (!ca_caa_permits_subject(call->mem, call->ca, subject, &problem))
        add_failure(call->mem, subject->name, arena_strdup(call->mem, problem.detail), out);
}

static bool refuse(const struct ca_problem *failed, struct ca_problem *problem)
{
    const struct ca_subproblem *first = failed->subs;

    if (failed->sub_count == 1)
        return ca_refuse(problem, CA_PROBLEM_CAA, "%s", first->detail);
    (void)ca_refuse(problem, CA_PROBLEM_CAA,
                    "Rechecking CAA for \"%s\" and %zu more identifiers failed. Refer to "
                    "sub-problems for more information",
                    first->identifier, failed->sub_count - 1);
    problem->subs = failed->subs;
    problem->sub_count = failed->sub_count;
    return false;
}

bool ca_caa_check_again(const struct ca_call *call, const struct ca_order *order,
                        struct ca_problem *problem)
{
    int64_t deadline = clock_boot_ms() + CA_CAA_AGAIN_MS;
    struct ca_problem failed = {.sub_count = 0};
    struct ca_proved_list old;
    struct err err;

    if (!ca_challenge_old(call->mem, call->ca->db, order->id, call->now - CA_CAA_GOOD_MS, &old,
                          &err))
        return ca_fail(problem, &err, "Error finalizing order");
    for (size_t i = 0; i < old.count; i++) {
        const struct ca_caa_subject subject = {old.items[i].name, order->account_id,
                                               old.items[i].method};

        check_name(call, &subject, deadline, &failed);
    }
    return !failed.sub_count || refuse(&failed, problem);
}
