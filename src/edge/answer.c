/* SPDX-License-Identifier: Apache-2.0 */
#include "edge/answer.h"

static enum edge_answer with_status(enum edge_answer answer, int code, int *status)
{
    *status = code;
    return answer;
}

static bool is_canonical(const struct edge_request *request)
{
    return request->is_https && slice_eq(request->host_name, request->host->canonical);
}

enum edge_answer edge_answer(const struct edge_request *request, int *status)
{
    const struct edge_host *host = request->host;

    if (request->is_https && (!host || !slice_eq(host->site_id, request->sni_site_id)))
        return with_status(EDGE_ANSWER_MISDIRECTED, 421, status);
    if (!host)
        return with_status(EDGE_ANSWER_NOT_FOUND, 404, status);
    if (host->flags & EDGE_HOST_REDIRECT && !is_canonical(request))
        return with_status(EDGE_ANSWER_REDIRECT, request->is_safe ? 301 : 308, status);
    return EDGE_ANSWER_PROXY;
}
