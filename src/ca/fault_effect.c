/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/fault_effect.h"

#include <time.h>

#include "base/clock.h"
#include "base/random.h"
#include "ca/failure.h"

#define SECOND_MS     INT64_C(1000)
#define GARBAGE_SIZE  300
#define OTHER_ADDRESS "198.51.100.1" /* of a viewpoint that is none */

static bool hits(const struct ca_call *call, enum ca_fault_kind kind, int64_t *wait_s)
{
    return ca_fault_hits(call->ca->faults, kind, wait_s);
}

static bool refuse_for(struct ca_problem *problem, int status, int64_t wait_s)
{
    (void)ca_refuse_as(problem, status, CA_PROBLEM_RATE_LIMITED, "Service busy; retry later.");
    problem->retry_at = clock_now() + wait_s * SECOND_MS;
    return false;
}

bool ca_fault_admit(const struct ca_call *call, const struct ca_endpoint *endpoint,
                    struct ca_problem *problem)
{
    int64_t wait_s;

    if (hits(call, CA_FAULT_BUSY, &wait_s))
        return refuse_for(problem, 503, wait_s);
    if (endpoint->auth != CA_AUTH_NONE && hits(call, CA_FAULT_RATE_LIMITED, &wait_s))
        return refuse_for(problem, 429, wait_s);
    return true;
}

static void spoil_body(const struct ca_call *call)
{
    unsigned char *octets = arena_alloc(call->mem, GARBAGE_SIZE);

    random_bytes(octets, GARBAGE_SIZE);
    call->res->body = slice_of(octets, GARBAGE_SIZE);
}

/* As RFC 9110 section 5.6.7 has it; of the real clock, as the header Date is. */
static const char *http_date(struct arena *mem, int64_t at)
{
    time_t s = at / SECOND_MS;
    char text[64];
    struct tm tm;

    gmtime_r(&s, &tm);
    strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
    return arena_strdup(mem, text);
}

static void date_retry(const struct ca_call *call)
{
    const char *seconds = http_res_get(call->res, "Retry-After");
    int64_t after_s, wait_s;

    if (!seconds || !slice_i64(slice_str(seconds), 0, INT32_MAX, &after_s) ||
        !hits(call, CA_FAULT_RETRY_DATE, &wait_s))
        return;
    http_res_header(call->res, "Retry-After",
                    http_date(call->mem, clock_real_ms() + after_s * SECOND_MS));
}

void ca_fault_spoil(const struct ca_call *call)
{
    int64_t wait_s;

    date_retry(call);
    if (hits(call, CA_FAULT_SLOW, &wait_s))
        nanosleep(&(struct timespec){.tv_sec = wait_s}, NULL);
    if (hits(call, CA_FAULT_GARBAGE, &wait_s))
        spoil_body(call);
    if (hits(call, CA_FAULT_CUT, &wait_s))
        http_cut(call->res, HTTP_CUT_INSIDE);
}

/* What the other viewpoint says, of the name and the token. */
static const struct {
    enum ca_problem_type type;
    const char *detail;
} elsewhere[CA_CHALLENGE_COUNT] = {
    [CA_CHALLENGE_HTTP_01] = {CA_PROBLEM_UNAUTHORIZED, OTHER_ADDRESS
                              ": Invalid response from http://%s/.well-known/acme-challenge/%s: "
                              "403"},
    [CA_CHALLENGE_DNS_01] = {CA_PROBLEM_UNAUTHORIZED, "No TXT record found at _acme-challenge.%s"},
    [CA_CHALLENGE_TLS_ALPN_01] = {CA_PROBLEM_CONNECTION,
                                  OTHER_ADDRESS ": " CA_FAILURE_DIAL_TIMEOUT},
};

bool ca_fault_validation(struct ca_faults *faults, const struct ca_control *control,
                         struct ca_problem *problem)
{
    struct ca_problem other;
    int64_t wait_s;

    if (!ca_fault_hits(faults, CA_FAULT_SECONDARY, &wait_s))
        return true;
    (void)ca_refuse(&other, elsewhere[control->type].type, elsewhere[control->type].detail,
                    control->name, control->token);
    return ca_refuse(problem, other.type, "During secondary validation: %s", other.detail);
}
