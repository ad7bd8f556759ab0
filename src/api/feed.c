/* SPDX-License-Identifier: Apache-2.0 */

/* feed: relays the records that the worker made to the edges (DESIGN section 4). Nothing is looked
 * into, made or left out here; a page may end anywhere. */
#include "api/call.h"
#include "api/edge_words.h"
#include "api/handlers.h"
#include "app/edge_report.h"
#include "app/lost.h"
#include "app/restore.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "http/fields.h"
#include "store/edge_store.h"
#include "store/feed_store.h"

#define WAIT_MAX_S      25
#define PAGE_OCTETS_MAX (1u << 20) /* of a page, unless one record has more */
#define PAGE_ROOM       ((size_t)2 << 20)
#define CURSOR_MAX      48
#define KEY_TEXT_MAX    1024
#define PACE_KEY        "feed-pace" /* nobody wakes it: those who wait for a time */
#define RECORDS_TYPE    "application/octet-stream"

/* A place in a feed: "<epoch>-<seq>". */
struct place {
    int64_t epoch, seq;
};

static bool read_place(const char *text, struct place *out)
{
    size_t len = strcspn(text, "-");

    return text[len] == '-' && slice_i64(slice_of(text, len), 0, INT64_MAX, &out->epoch) &&
           slice_i64(slice_str(text + len + 1), 0, INT64_MAX, &out->seq);
}

static bool take_place(const char *field, const char *text, struct place *out, struct err *err)
{
    return read_place(text, out) ||
           err_field(err, field, "\"%.60s\" is not \"<epoch>-<sequence>\"", text);
}

static const char *place_text(struct arena *mem, struct place place)
{
    return arena_printf(mem, "%lld-%lld", (long long)place.epoch, (long long)place.seq);
}

static bool read_head(const struct http_req *req, const char *group, struct feed_head *out,
                      struct err *err)
{
    if (!feed_store_head(api_call_of(req)->app.db, group, out, err))
        return false;
    return out->epoch != 0 || err_set(err, ERR_BUSY, "the group has no feed yet");
}

/* As many of the records as a page holds. Returns how many. */
static size_t fill_page(const struct feed_record_list *list, struct buf *page)
{
    size_t n = 0;

    while (n < list->count && (n == 0 || page->len + list->items[n].bytes.len <= PAGE_OCTETS_MAX))
        buf_slice(page, list->items[n++].bytes);
    return n;
}

static bool reply_records(struct http_res *res, const struct buf *page, struct place next)
{
    http_res_header(res, "Latchkey-Cursor", place_text(res->mem, next));
    return http_reply_bytes(res, 200, RECORDS_TYPE, buf_view(page));
}

/* What the edge says of itself. It is told with every request, so it may get lost: a store that
 * cannot take it does not keep the edge from its records. */
static bool take_report(const struct http_req *req, const struct edge *edge, struct err *err)
{
    const struct app *app = &api_call_of(req)->app;
    const char *unknown = http_req_header(req, "Latchkey-Unknown");
    const char *kept = http_req_header(req, "Latchkey-Kept");
    struct edge_report report = {.trouble = http_req_header(req, "Latchkey-Trouble")};
    struct edge_kept_list kept_hosts = {0};
    struct err failure = {0};

    if ((unknown && !api_read_unknown(req->mem, unknown, &report, err)) ||
        (kept && !api_read_kept(req->mem, kept, &report, &kept_hosts, err)))
        return false;
    if (!app_edge_report(app, req->mem, edge, &report, &failure) ||
        !app_lost_note(app, req->mem, edge->group, &kept_hosts, &failure))
        LOG(WARN, "web.edge_report", KS("edge", edge->name), KERR(&failure));
    return true;
}

/* It has what this store has never told. */
static bool is_ahead(const struct http_req *req, const struct edge *edge,
                     const struct feed_head *head, struct place at, bool *out, struct err *err)
{
    return app_restore_is_proof(api_call_of(req)->app.db, edge->group, head,
                                &(struct edge_ack){edge->id, at.epoch, at.seq}, out, err);
}

/* Whether the feed can be followed from here: else the edge needs a snapshot first. */
static bool can_follow(const struct feed_head *head, struct place from)
{
    return from.epoch == head->epoch && from.seq <= head->seq && from.seq >= head->tombstone_floor;
}

/* The edge, where it is, and the head of its feed. */
struct poll {
    const struct edge *edge;
    struct place from;
    struct feed_head head;
    int64_t wait_s;
};

static bool read_poll(struct http_req *req, struct poll *out, struct err *err)
{
    enum { CURSOR, WAIT, COUNT };
    static const struct http_field fields[COUNT] = {
        [CURSOR] = {.name = "cursor",
                    .type = FIELD_TEXT,
                    .is_required = true,
                    .min = 1,
                    .max = CURSOR_MAX},
        [WAIT] = {.name = "wait", .type = FIELD_NUMBER, .min = 0, .max = WAIT_MAX_S},
    };
    struct api_call *call = api_call_of(req);
    struct http_value in[COUNT];
    const char *key;

    if (!http_query_fields(req, fields, COUNT, in, err) ||
        !take_place("cursor", in[CURSOR].text, &out->from, err) ||
        !api_edge_of(req, &out->edge, err) ||
        !commit_watch_feed(call->api->watch, out->edge->group, &key, err))
        return false;
    out->wait_s = in[WAIT].number;
    http_watch(req, key);
    if (req->turn == HTTP_FIRST &&
        (!api_acks_add(call->api->acks, out->edge, out->from.epoch, out->from.seq, err) ||
         !take_report(req, out->edge, err)))
        return false;
    return read_head(req, out->edge->group, &out->head, err);
}

static bool reply_nothing(const struct http_req *req, struct http_res *res, const struct poll *poll)
{
    const struct buf nothing = {0};

    if (poll->wait_s > 0 && req->turn != HTTP_DEADLINE)
        return http_park(res, poll->wait_s * 1000);
    return reply_records(res, &nothing, poll->from);
}

/* When so much is stored that each answer finds something, they come so far apart. */
static bool wait_for_pace(struct http_req *req, struct http_res *res, const struct poll *poll)
{
    const struct api_call *call = api_call_of(req);
    int64_t now = clock_boot_ms(), left = feed_pace_left(call->api->pace, poll->edge->id, now);

    if (left == 0 || poll->wait_s == 0 || req->turn == HTTP_DEADLINE)
        return false;
    http_watch(req, PACE_KEY);
    return http_park(res, now - req->started_ms + left);
}

static bool reply_news(struct http_req *req, struct http_res *res, struct poll *poll,
                       struct err *err)
{
    const struct api_call *call = api_call_of(req);
    struct buf page = buf_new(req->mem, PAGE_ROOM);
    struct feed_record_list list;
    size_t n;

    if (!feed_store_page(req->mem, call->app.db, poll->edge->group, poll->from.seq, &list, err))
        return false;
    feed_pace_answered(call->api->pace, poll->edge->id, clock_boot_ms());
    if (list.count == 0) {
        poll->from.seq = poll->head.seq; /* a stretch was left out */
        return reply_records(res, &page, poll->from);
    }
    n = fill_page(&list, &page);
    poll->from.seq = list.items[n - 1].seq;
    CRASH_POINT(FEED_PAGE_REPLY);
    return reply_records(res, &page, poll->from);
}

bool api_edge_feed(struct http_req *req, struct http_res *res, struct err *err)
{
    struct poll poll;
    bool is_foreign;

    if (!read_poll(req, &poll, err) ||
        !is_ahead(req, poll.edge, &poll.head, poll.from, &is_foreign, err))
        return false;
    CRASH_POINT(FEED_PAGE_BEFORE);
    if (is_foreign)
        return reply_nothing(req, res, &poll);
    if (!can_follow(&poll.head, poll.from))
        return err_set(err, ERR_GONE, "the feed cannot be followed from %s: take a snapshot",
                       place_text(req->mem, poll.from));
    if (poll.from.seq == poll.head.seq)
        return reply_nothing(req, res, &poll);
    return wait_for_pace(req, res, &poll) || reply_news(req, res, &poll, err);
}

/* Where the edge was before the snapshot: ahead of this store, it proves what its next poll would,
 * and it is given nothing of a copy. */
static bool check_had(const struct http_req *req, const struct edge *edge,
                      const struct feed_head *head, struct err *err)
{
    const char *text = http_req_header(req, "Latchkey-Had");
    const struct api_call *call = api_call_of(req);
    struct place had;
    bool is_foreign;

    if (!text)
        return true;
    if (!take_place("Latchkey-Had", text, &had, err) ||
        !is_ahead(req, edge, head, had, &is_foreign, err))
        return false;
    if (!is_foreign)
        return true;
    return api_acks_add(call->api->acks, edge, had.epoch, had.seq, err) &&
           err_set(err, ERR_GONE,
                   "the store is an older copy than this edge has seen: it begins "
                   "another epoch first");
}

/* Where the snapshot goes on, and the head that it began at. */
struct pull {
    const struct edge *edge;
    struct slice after;
    struct place head;
};

static bool read_pull(struct http_req *req, struct pull *out, struct err *err)
{
    enum { AFTER, HEAD, COUNT };
    static const struct http_field fields[COUNT] = {
        [AFTER] = {.name = "after", .type = FIELD_TEXT, .min = 1, .max = KEY_TEXT_MAX},
        [HEAD] = {.name = "head", .type = FIELD_TEXT, .min = 1, .max = CURSOR_MAX},
    };
    struct http_value in[COUNT];
    struct feed_head head;

    *out = (struct pull){0};
    if (!http_query_fields(req, fields, COUNT, in, err) || !api_edge_of(req, &out->edge, err) ||
        !take_report(req, out->edge, err) || !read_head(req, out->edge->group, &head, err))
        return false;
    out->head = (struct place){head.epoch, head.seq};
    if (in[AFTER].text && !base64url_decode(req->mem, in[AFTER].text, &out->after, err))
        return err_field(err, "after", "is not base64url");
    if (!check_had(req, out->edge, &head, err))
        return false;
    if (!in[HEAD].text)
        return true;
    if (!take_place("head", in[HEAD].text, &out->head, err))
        return false;
    return out->head.epoch == head.epoch ||
           err_set(err, ERR_GONE, "a new epoch has begun: begin the snapshot again");
}

bool api_edge_snapshot(struct http_req *req, struct http_res *res, struct err *err)
{
    struct buf page = buf_new(req->mem, PAGE_ROOM);
    struct feed_record_list list;
    struct pull pull;
    size_t n;

    if (!read_pull(req, &pull, err) ||
        !feed_store_snapshot(req->mem, api_call_of(req)->app.db, pull.edge->group, pull.after,
                             &list, err))
        return false;
    n = fill_page(&list, &page);
    if (n < list.count || list.count == FEED_PAGE_RECORDS)
        http_res_header(res, "Latchkey-After", base64url_encode(req->mem, list.items[n - 1].key));
    return reply_records(res, &page, pull.head);
}
