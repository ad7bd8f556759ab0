/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/fetch_body.h"

#define GZIP_WINDOW (15 + 16) /* zlib: the largest window, a gzip header */

void fetch_body_begin_packed(struct fetch_body *body)
{
    if (body->is_packed)
        return;
    if (inflateInit2(&body->stream, GZIP_WINDOW) != Z_OK)
        abort(); /* out of memory */
    body->is_packed = true;
}

void fetch_body_free(struct fetch_body *body)
{
    if (body->is_packed)
        inflateEnd(&body->stream);
}

static bool unpack(struct fetch_body *body, const void *data, size_t len)
{
    z_stream *stream = &body->stream;
    int result = Z_OK;

    stream->next_in = data;
    stream->avail_in = (unsigned)len;
    while (result == Z_OK && stream->avail_in && !fetch_body_is_full(body)) {
        stream->next_out = body->data + body->len;
        stream->avail_out = (unsigned)(CA_FETCH_BODY_MAX - body->len);
        result = inflate(stream, Z_NO_FLUSH);
        body->len = CA_FETCH_BODY_MAX - stream->avail_out;
    }
    body->is_ended = result == Z_STREAM_END;
    body->is_bad = result != Z_OK && result != Z_STREAM_END;
    return !body->is_bad && !body->is_ended && !fetch_body_is_full(body);
}

bool fetch_body_take(struct fetch_body *body, const void *data, size_t len)
{
    size_t room = CA_FETCH_BODY_MAX - body->len;

    if (body->is_packed)
        return unpack(body, data, len);
    memcpy(body->data + body->len, data, len < room ? len : room);
    body->len += len < room ? len : room;
    return !fetch_body_is_full(body);
}
