/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * event_stream: server-sent events (HTML Living Standard, section 9.2) as a chain of long polls:
 * each answer has one event, or none when nothing happened in time, and ends; the browser asks
 * again after HTTP_EVENT_RETRY_MS and says with Last-Event-ID what it has seen. A stream so is a
 * request like others: it holds no thread while it waits (http/response.h, http_park()), ends with
 * its client, and is limited as all are.
 */
#include "http/response.h"

#define HTTP_EVENT_RETRY_MS 50
#define HTTP_EVENT_ID_MAX   64

/* What the client has seen last; NULL on its first request, or when it sent no such thing. */
const char *http_last_event_id(const struct http_req *req);
/* One event without a name. `id` has 1..HTTP_EVENT_ID_MAX printable ASCII characters. */
bool http_reply_event(struct http_res *res, const char *id, struct slice data);
/* Nothing happened: ask again. */
bool http_reply_no_event(struct http_res *res);
