/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/caa_lookup.h"

#include "ca/dns_text.h"
#include "ca/identifier.h"

#define IN_FRONT "While processing CAA for %s: "

static size_t climb(const char *name, struct dns_query queries[CA_NAME_LABELS_MAX])
{
    size_t count = 0;

    while (name && count < CA_NAME_LABELS_MAX) {
        const char *dot = strchr(name, '.');

        queries[count++] = (struct dns_query){name, DNS_TYPE_CAA};
        name = dot ? dot + 1 : NULL;
    }
    return count;
}

static bool is_answered(const struct dns_answer *answer)
{
    return answer->reply == DNS_REPLY_RECORDS || answer->reply == DNS_REPLY_NODATA ||
           answer->reply == DNS_REPLY_NXDOMAIN;
}

/* The answer of the lowest name that has any; NULL: none has. */
static bool find_set(struct arena *mem, const char *name, const struct dns_answer *answers,
                     size_t count, const struct dns_answer **out, struct ca_problem *problem)
{
    *out = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct dns_answer *answer = &answers[i];

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

bool ca_caa_check(struct arena *mem, struct resolver *resolver, const char *name,
                  const struct ca_caa_case *wanted, struct ca_problem *problem)
{
    struct dns_query queries[CA_NAME_LABELS_MAX];
    struct dns_answer answers[CA_NAME_LABELS_MAX];
    const struct dns_batch batch = {DNS_FRESH, climb(ca_name_base(name), queries), queries,
                                    answers};
    const struct dns_answer *set;
    struct err err;

    if (!resolver_ask(mem, resolver, &batch, &err))
        return ca_refuse(problem, CA_PROBLEM_DNS, IN_FRONT "%s", name, err.text);
    if (!find_set(mem, name, answers, batch.count, &set, problem))
        return false;
    if (!set || ca_caa_permits(mem, set->records, set->record_count, wanted))
        return true;
    return ca_refuse(problem, CA_PROBLEM_CAA, IN_FRONT "CAA record for %s prevents issuance", name,
                     set->query.name);
}
