/* SPDX-License-Identifier: Apache-2.0 */

/* Renewal information (RFC 9773 section 4), and the page that explains a forced renewal. */
#include "base/clock.h"
#include "ca/call.h"
#include "ca/renewal.h"
#include "ca/replacement.h"

static const char explanation[] =
    "The operator of this sandbox certificate authority has asked for the renewal of certificates\n"
    "(latchkey ca renew-now), as after an incident at a real one.\n";

bool ca_get_renewal_info(struct ca_call *call, struct ca_problem *problem)
{
    const struct ca_issued *issued;
    char start[CLOCK_TEXT_SIZE], end[CLOCK_TEXT_SIZE];
    struct ca_window window;
    json_t *json;

    if (!ca_replacement_find(call, http_param(call->req, "certificate"), &issued, problem))
        return false;
    window = ca_renewal_window(issued, call->now);
    json = json_pack("{s:{s:s, s:s}}", "suggestedWindow", "start",
                     clock_text(window.start_at, start), "end", clock_text(window.end_at, end));
    if (issued->renew_at)
        json_object_set_new(json, "explanationURL",
                            json_string(ca_url(call->mem, call->ca, CA_EXPLANATION_PATH)));
    http_res_header(call->res, "Retry-After",
                    arena_printf(call->mem, "%lld", (long long)ca_renewal_retry_s(issued)));
    return http_reply_json(call->res, 200, json);
}

bool ca_get_explanation(struct ca_call *call, struct ca_problem *problem)
{
    (void)problem;
    return http_reply_bytes(call->res, 200, "text/plain; charset=utf-8", slice_str(explanation));
}
