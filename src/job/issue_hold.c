/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/problem.h"
#include "app/timeline.h"
#include "base/clock.h"
#include "check/finding.h"
#include "job/edges.h"
#include "job/issue.h"
#include "job/name_check.h"
#include "model/name_choice.h"

/*
 * Names that a CA does not take, or cannot validate: the certificate is issued without them, as
 * without those that do not point to us (R54), unless the domain itself is among them. Each is left
 * out and asked for again after a while, by itself (job/names.h).
 */

#define DAY_MS INT64_C(86400000)

/* How long one is left alone: our own sandbox may be asked sooner. */
static int64_t hold_ms(const struct issue *is, enum acme_permanence permanence)
{
    static const int64_t live[] = {
        [ACME_TRANSIENT] = DAY_MS, [ACME_UNTIL_CHANGE] = DAY_MS, [ACME_FINAL] = 7 * DAY_MS};

    return is->ca->config->kind == CONFIG_CA_SANDBOX ? 60000 : live[permanence];
}

static enum who_acts who_of(enum err_actor actor)
{
    static const enum who_acts who[] = {[ACTOR_CALLER] = WHO_OWNER,
                                        [ACTOR_OWNER] = WHO_OWNER,
                                        [ACTOR_OPERATOR] = WHO_OPERATOR,
                                        [ACTOR_WAIT] = WHO_NOBODY};

    return who[actor];
}

/* A CA that refuses one of several names may say which in its words alone, as Boulder does. */
static bool names_it(struct arena *mem, const struct acme_problem *problem, const char *name)
{
    return problem->subproblem_count == 0 && problem->reaction == ACME_DROP_NAME &&
           strstr(problem->detail, arena_printf(mem, "\"%s\"", name));
}

/* NULL: there is no subproblem of this name. */
static const struct acme_subproblem *sub_of(const struct acme_problem *problem, const char *name)
{
    for (size_t i = 0; i < problem->subproblem_count; i++)
        if (strcmp(problem->subproblems[i].identifier, name) == 0)
            return &problem->subproblems[i];
    return NULL;
}

static bool find_one(const struct issue *is, const struct acme_problem *problem, const char *name,
                     struct issue_refusal *out)
{
    const struct acme_subproblem *sub = sub_of(problem, name);

    if (!sub && !names_it(is->mem, problem, name))
        return false;
    *out = (struct issue_refusal){
        .name = name,
        .why = sub ? sub->detail : problem->detail,
        .who_acts = who_of(sub ? sub->actor : problem->actor),
        .held_until = is->now + hold_ms(is, sub ? sub->permanence : problem->permanence)};
    return true;
}

bool issue_find_refused(const struct issue *is, const struct acme_problem *problem,
                        struct issue_refusals *out)
{
    struct issue_refusals found = {arena_array_of(is->mem, is->name_count, struct issue_refusal),
                                   0};

    for (size_t i = 0; i < is->name_count; i++) {
        const char *name = is->names[i].name;

        if (!find_one(is, problem, name, &found.items[found.count]))
            continue;
        if (strcmp(name, is->domain->name) == 0)
            return false;
        found.count++;
    }
    if (found.count > 0)
        *out = found;
    return found.count > 0;
}

bool issue_find_unproven(const struct issue *is, const struct acme_problem *problem,
                         const char *name, struct issue_refusals *out, struct err *err)
{
    struct name_failure failure = {.is_transient = problem && problem->permanence == ACME_TRANSIENT,
                                   .failures = is->issuance->attempts + 1};
    struct issue_refusal *one;

    *out = (struct issue_refusals){0};
    if (!edges_are_sound(is->worker, is->mem, &failure.are_edges_sound, err))
        return false;
    if (strcmp(name, is->domain->name) == 0 || !name_is_left_out(&failure))
        return true;
    one = arena_new_of(is->mem, struct issue_refusal);
    *one = (struct issue_refusal){.name = name,
                                  .why = problem ? problem->detail : "no reason was given",
                                  .who_acts = WHO_OWNER};
    *out = (struct issue_refusals){one, 1};
    return true;
}

static const char *finding_of(const struct issue *is, const struct issue_refusal *refusal)
{
    const struct finding_words words = {.subject = refusal->name,
                                        .www = refusal->name,
                                        .other = is->ca->config->name,
                                        .why = refusal->why};
    struct finding finding = {0};

    finding_set(is->mem, &finding, FINDING_NOT_CERTIFIED, &words);
    finding.who_acts = refusal->who_acts;
    finding.retry_at = refusal->held_until;
    return name_check_text(is->mem, finding_to_json(&finding));
}

static bool hold(struct issue *is, struct db *tx, const struct issue_refusal *refusal,
                 struct domain_name name, struct err *err)
{
    const struct timeline_entry entry = {
        .domain = is->domain,
        .subject_id = is->domain->id,
        .kind = "name.left_out",
        .text = arena_printf(
            is->mem, "the certificate is issued without %s, which is asked for again at %s: %s",
            name.name, clock_text_in(is->mem, refusal->held_until), refusal->why),
        .data = finding_of(is, refusal)};

    name.held_until = name.next_look_at = refusal->held_until;
    name.passed_at = 0;
    name.finding = entry.data;
    name.is_told = true;
    return domain_name_store_save(tx, &name, err) && timeline_add(is->mem, tx, &entry, err);
}

bool issue_hold_refused(struct issue *is, struct db *tx, struct err *err)
{
    const struct scope scope = scope_platform();
    struct domain_name_list list;

    if (is->refusals.count == 0)
        return true;
    if (!domain_name_store_list(is->mem, tx, &scope, is->domain->id, &list, err))
        return false;
    for (size_t i = 0; i < is->refusals.count; i++)
        for (size_t k = 0; k < list.count; k++)
            if (strcmp(list.items[k].name, is->refusals.items[i].name) == 0 &&
                !hold(is, tx, &is->refusals.items[i], list.items[k], err))
                return false;
    return true;
}

bool issue_go_without(struct issue *is, const struct issue_refusals *refusals,
                      struct issue_outcome *out, struct err *err)
{
    const char *text =
        arena_printf(is->mem, "%s does not take %s%s: it goes on without", is->ca->config->name,
                     refusals->items[0].name, refusals->count > 1 ? " and other names" : "");
    struct feed_batch *batch;

    if (!issue_withdrawal(is, &batch, err))
        return false;
    issue_forget_order(is);
    is->refusals = *refusals;
    is->issuance->next_try_at = is->now;
    is->issuance->error_code = is->issuance->error_text = NULL;
    *out = (struct issue_outcome){0};
    return issue_commit(is,
                        &(struct issue_change){.event = ISSUANCE_EVENT_NAME_REFUSED,
                                               .text = text,
                                               .batch = batch,
                                               .also = issue_hold_refused},
                        err);
}
