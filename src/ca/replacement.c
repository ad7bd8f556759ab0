/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/replacement.h"

#include "ca/renewal.h"

/* In front of what is said about the "replaces" of an order. */
#define REPLACES "Could not validate ARI 'replaces' field :: "

bool ca_replacement_find(const struct ca_call *call, const char *id, const struct ca_issued **out,
                         struct ca_problem *problem)
{
    const char *serial = ca_renewal_serial(call->mem, id), *whole;
    struct err err;

    if (!serial)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "parsing ARI CertID failed");
    if (!ca_issued_get(call->mem, call->ca->db, serial, out, &err))
        return ca_fail(problem, &err, "failed to retrieve existing certificate");
    if (!*out)
        return ca_refuse_as(problem, 404, CA_PROBLEM_MALFORMED,
                            "no current certificate with serial \"%s\" exists", serial);
    whole = ca_renewal_id(call->mem, (*out)->der);
    if (!whole || strcmp(whole, id) != 0)
        return ca_refuse_as(problem, 404, CA_PROBLEM_MALFORMED,
                            "path contained an Authority Key Identifier that did not match a known "
                            "issuer");
    return true;
}

/* As a host name of the order meets a name of the certificate: "*" stands for one label. */
static bool covers(const char *certified, const char *ordered)
{
    const char *rest = strchr(ordered, '.');

    return strcmp(certified, ordered) == 0 ||
           (rest && strncmp(certified, "*.", 2) == 0 && strcmp(certified + 1, rest) == 0);
}

static bool shares_a_name(const struct ca_names *a, const struct ca_names *b)
{
    for (size_t i = 0; i < a->count; i++) {
        for (size_t k = 0; k < b->count; k++) {
            if (covers(b->items[k], a->items[i]))
                return true;
        }
    }
    return false;
}

bool ca_replacement_check(const struct ca_call *call, const char *id, const struct ca_names *names,
                          bool *is_in_window, struct ca_problem *problem)
{
    const struct ca_issued *issued;
    struct ca_window window;

    if (!ca_replacement_find(call, id, &issued, problem)) {
        struct ca_problem inner = *problem;

        if (inner.type != CA_PROBLEM_MALFORMED)
            return false;
        return ca_refuse_as(problem, inner.status, inner.type, REPLACES "%s", inner.detail);
    }
    if (issued->account_id != call->account->id)
        return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED,
                         REPLACES "requester account did not request the certificate being "
                                  "replaced by this order");
    if (!shares_a_name(names, &issued->names))
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         REPLACES "identifiers in this order do not match any identifiers in the "
                                  "certificate being replaced");
    window = ca_renewal_window(issued, call->now);
    *is_in_window = window.start_at <= call->now && call->now < window.end_at;
    return true;
}
