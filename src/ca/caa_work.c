/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/caa_work.h"

#include "base/clock.h"
#include "ca/caa_lookup.h"
#include "ca/challenge_store.h"

static struct ca_caa_question question_of(struct arena *mem, const struct ca *ca,
                                          const struct ca_caa_subject *subject)
{
    return (struct ca_caa_question){
        .name = subject->name,
        .wanted = {
            .issuer = ca->options.caa_identity,
            .account = ca_url(mem, ca, CA_ACCOUNT_PATH "%lld", (long long)subject->account_id),
            .method = ca_challenge_name(subject->method),
            .is_wildcard = ca_name_is_wildcard(subject->name),
        }};
}

bool ca_caa_permits_subject(struct arena *mem, const struct ca *ca,
                            const struct ca_caa_subject *subject, struct ca_problem *problem)
{
    struct ca_caa_question question = question_of(mem, ca, subject);

    (void)ca_caa_check_some(mem, ca->validator.resolver, &question, 1);
    if (!question.is_permitted)
        *problem = question.problem;
    return question.is_permitted;
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

/* All names together: a server that does not answer is waited for once. */
static void check_names(const struct ca_call *call, struct ca_caa_question *list, size_t count,
                        struct ca_problem *out)
{
    int64_t deadline = clock_boot_ms() + CA_CAA_AGAIN_MS;
    size_t asked = 0;

    while (asked < count && clock_boot_ms() < deadline)
        asked +=
            ca_caa_check_some(call->mem, call->ca->validator.resolver, list + asked, count - asked);
    for (size_t i = 0; i < count; i++)
        if (i >= asked)
            add_failure(call->mem, list[i].name, "no time was left", out);
        else if (!list[i].is_permitted)
            add_failure(call->mem, list[i].name, arena_strdup(call->mem, list[i].problem.detail),
                        out);
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
    struct ca_problem failed = {.sub_count = 0};
    struct ca_caa_question *list;
    struct ca_proved_list old;
    struct err err;

    if (!ca_challenge_old(call->mem, call->ca->db, order->id, call->now - CA_CAA_GOOD_MS, &old,
                          &err))
        return ca_fail(problem, &err, "Error finalizing order");
    list = arena_array_of(call->mem, old.count, struct ca_caa_question);
    for (size_t i = 0; i < old.count; i++)
        list[i] = question_of(
            call->mem, call->ca,
            &(struct ca_caa_subject){old.items[i].name, order->account_id, old.items[i].method});
    check_names(call, list, old.count, &failed);
    return !failed.sub_count || refuse(&failed, problem);
}
