/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/caa_lookup.h"

#include "ca/dns_text.h"
#include "ca/identifier.h"

#define IN_FRONT "While processing CAA for %s: "

/* The questions of some names, each once, and the names that they are of. */
struct batch {
    struct dns_query queries[RESOLVER_BATCH_MAX];
    struct dns_answer answers[RESOLVER_BATCH_MAX];
    size_t count;
    size_t names;
};

static const char *above(const char *name)
{
    const char *dot = strchr(name, '.');

    return dot ? dot + 1 : NULL;
}

static size_t place_of(const struct batch *batch, const char *name)
{
    size_t i = 0;

    while (i < batch->count && strcmp(batch->queries[i].name, name) != 0)
        i++;
    return i;
}

/* The name and each parent; false when there is no room. */
static bool add_name(struct batch *batch, const char *name)
{
    size_t labels = 0;

    if (batch->count + CA_NAME_LABELS_MAX > RESOLVER_BATCH_MAX)
        return false;
    for (; name && labels < CA_NAME_LABELS_MAX; name = above(name), labels++)
        if (place_of(batch, name) == batch->count)
            batch->queries[batch->count++] = (struct dns_query){name, DNS_TYPE_CAA};
    batch->names++;
    return true;
}

static bool is_answered(const struct dns_answer *answer)
{
    return answer->reply == DNS_REPLY_RECORDS || answer->reply == DNS_REPLY_NODATA ||
           answer->reply == DNS_REPLY_NXDOMAIN;
}

/* The answer of the lowest name that has any; NULL: none has. */
static bool find_set(struct arena *mem, const char *name, const struct batch *batch,
                     const struct dns_answer **out, struct ca_problem *problem)
{
    const char *level = ca_name_base(name);

    *out = NULL;
    for (size_t i = 0; level && i < CA_NAME_LABELS_MAX; level = above(level), i++) {
        const struct dns_answer *answer = &batch->answers[place_of(batch, level)];

        if (!is_answered(answer))
            return ca_refuse(problem, CA_PROBLEM_DNS, IN_FRONT "%s", name,
                             ca_dns_text(mem, answer));
        if (answer->record_count >= RESOLVER_RECORD_MAX)
            return ca_refuse(problem, CA_PROBLEM_DNS, IN_FRONT "too many CAA records at %s", name,
                             answer->query.name);
        if (answer->record_count) {
            *out = answer;
            return true;
        }
    }
    return true;
}

static bool judge(struct arena *mem, const struct batch *batch, struct ca_caa_question *question)
{
    const struct dns_answer *set;

    if (!find_set(mem, question->name, batch, &set, &question->problem))
        return false;
    if (!set || ca_caa_permits(mem, set->records, set->record_count, &question->wanted))
        return true;
    return ca_refuse(&question->problem, CA_PROBLEM_CAA,
                     IN_FRONT "CAA record for %s prevents issuance", question->name,
                     set->query.name);
}

size_t ca_caa_check_some(struct arena *mem, struct resolver *resolver, struct ca_caa_question *list,
                         size_t count)
{
    struct batch batch = {.count = 0};
    struct err err;
    bool is_asked;

    while (batch.names < count && add_name(&batch, ca_name_base(list[batch.names].name)))
        continue;
    is_asked = resolver_ask(
        mem, resolver, &(struct dns_batch){DNS_FRESH, batch.count, batch.queries, batch.answers},
        &err);
    for (size_t i = 0; i < batch.names; i++)
        list[i].is_permitted = is_asked ? judge(mem, &batch, &list[i])
                                        : ca_refuse(&list[i].problem, CA_PROBLEM_DNS, IN_FRONT "%s",
                                                    list[i].name, err.text);
    return batch.names;
}
