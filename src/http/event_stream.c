/* SPDX-License-Identifier: Apache-2.0 */
#include "http/event_stream.h"

#include <assert.h>

#include "base/buf.h"

#define STREAM_MAX (8 << 20)

const char *http_last_event_id(const struct http_req *req)
{
    const char *id = http_req_header(req, "Last-Event-ID");

    return id && *id && strlen(id) <= HTTP_EVENT_ID_MAX ? id : NULL;
}

static bool reply(struct http_res *res, struct slice body)
{
    http_res_header(res, "X-Accel-Buffering", "no"); /* nginx hands it on at once */
    return http_reply_bytes(res, 200, "text/event-stream", body);
}

bool http_reply_event(struct http_res *res, const char *id, struct slice data)
{
    struct buf out = buf_new(res->mem, STREAM_MAX);

    assert(*id && strlen(id) <= HTTP_EVENT_ID_MAX);
    buf_printf(&out, "retry: %d\nid: %s\n", HTTP_EVENT_RETRY_MS, id);
    while (data.len > 0) {
        const unsigned char *end = memchr(data.data, '\n', data.len);
        size_t len = end ? (size_t)(end - data.data) : data.len;

        buf_str(&out, "data: ");
        buf_add(&out, data.data, len);
        buf_str(&out, "\n");
        data = slice_of(data.data + len + (end != NULL), data.len - len - (end != NULL));
    }
    buf_str(&out, "\n");
    assert(buf_ok(&out));
    return reply(res, buf_view(&out));
}

bool http_reply_no_event(struct http_res *res)
{
    return reply(res, slice_str(": nothing new\n\n"));
}
