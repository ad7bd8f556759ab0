/* SPDX-License-Identifier: Apache-2.0 */

/* vantages: relays questions to the edges that offer themselves as vantage points, and what they
 * answer (app/vantage.h). To ask for questions is the offer. */
#include "api/call.h"
#include "api/handlers.h"
#include "app/vantage.h"
#include "base/id.h"
#include "http/fields.h"

#define WAIT_MAX_S 25
#define REGION_MAX 64
#define FRAME_TYPE "application/octet-stream"

bool api_edge_question(struct http_req *req, struct http_res *res, struct err *err)
{
    enum { REGION, AFTER, WAIT, COUNT };
    static const struct http_field fields[COUNT] = {
        [REGION] = {.name = "region",
                    .type = FIELD_TEXT,
                    .is_required = true,
                    .min = 1,
                    .max = REGION_MAX},
        [AFTER] = {.name = "after", .type = FIELD_TEXT, .min = 0, .max = ID_SIZE},
        [WAIT] = {.name = "wait", .type = FIELD_NUMBER, .min = 0, .max = WAIT_MAX_S},
    };
    struct api_call *call = api_call_of(req);
    struct http_value in[COUNT];
    const struct vantage_question *question;
    const struct edge *edge;

    if (!http_query_fields(req, fields, COUNT, in, err) || !api_edge_of(req, &edge, err))
        return false;
    commit_watch_for_questions(call->api->watch);
    http_watch(req, COMMIT_WATCH_QUESTIONS);
    if (req->turn == HTTP_FIRST && !app_vantage_offer(&call->app, edge, in[REGION].text, err))
        return false;
    if (!app_vantage_next(&call->app, req->mem, edge, in[AFTER].text ? in[AFTER].text : "",
                          &question, err))
        return false;
    if (question)
        return http_reply_bytes(res, 200, FRAME_TYPE, question->octets);
    if (in[WAIT].number > 0 && req->turn != HTTP_DEADLINE)
        return http_park(res, in[WAIT].number * 1000);
    return http_reply_empty(res, 204);
}

bool api_edge_answer(struct http_req *req, struct http_res *res, struct err *err)
{
    struct api_call *call = api_call_of(req);
    const struct edge *edge;

    if (!http_is_type(req, FRAME_TYPE))
        return err_set(err, ERR_BAD_TYPE, "an answer is " FRAME_TYPE);
    return api_edge_of(req, &edge, err) &&
           app_vantage_answer(&call->app, req->mem, edge, req->body, err) &&
           http_reply_empty(res, 204);
}
