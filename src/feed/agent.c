/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/agent.h"

#include "base/clock.h"
#include "base/crash.h"
#include "base/hash.h"
#include "feed/kept_report.h"
#include "feed/wipe.h"

#define UNKNOWN_TEXT_MAX 1500 /* octets of the names in Latchkey-Unknown */

#define QUICK_MS 200 /* an answer with nothing new that came sooner was not a long poll */

struct cursor {
    uint64_t epoch, seq;
};

struct agent {
    const struct agent_options *options;
    struct edge_db *db;
    struct keyring *keys;
    struct feed_client *client;
    struct edge_db_state state;
    struct arena *doubts_mem;
    struct doubts doubts;
    struct kept_report kept;
    struct cursor had;   /* how far this edge was when the last snapshot began; epoch 0: nowhere */
    int64_t reviewed_at; /* what is kept, on clock_boot_ms() */
    size_t refused;      /* hosts with an unknown origin since the last snapshot began */
    bool is_unsure;      /* a snapshot began and did not end */
    bool is_missing;     /* an end record of the feed spoke of other records than those here */
    bool is_snapshot_due;
    int64_t snapshot_at;      /* when the last one ended, on clock_boot_ms() */
    int64_t resnapshot_at;    /* on clock_boot_ms(); 0: not due by time */
    int64_t resnapshot_after; /* the span that led there */
    int64_t readers_at;
    char trouble[ERR_TEXT_MAX]; /* of the last turn that could not store; "" after one that could */
};

int64_t agent_pause_ms(unsigned failures, unsigned chance)
{
    int64_t pause = AGENT_PAUSE_MIN_MS;

    for (unsigned i = 1; i < failures && pause < AGENT_PAUSE_MAX_MS; i++)
        pause *= 2;
    if (pause > AGENT_PAUSE_MAX_MS)
        pause = AGENT_PAUSE_MAX_MS;
    return pause / 2 + pause * (int64_t)(chance % 1000) / 2000;
}

static void forget_doubts(struct agent *agent)
{
    if (agent->doubts_mem)
        arena_free(agent->doubts_mem);
    agent->doubts_mem = arena_new();
    agent->doubts = doubts_new(agent->doubts_mem);
}

bool agent_new(const struct agent_options *options, struct agent **out, struct err *err)
{
    AUTO(agent_freep) struct agent *agent = calloc(1, sizeof(*agent));

    if (!agent)
        return err_set(err, ERR_INTERNAL, "out of memory");
    agent->options = options;
    forget_doubts(agent);
    if (!edge_db_open(options->lmdb_dir, options->map_max, &agent->db, err) ||
        !edge_db_state(agent->db, &agent->state, err) ||
        !keyring_load(options->keys_dir, &agent->keys, err) ||
        !feed_client_new(&options->feed, &agent->client, err))
        return false;
    agent->is_snapshot_due = agent->state.epoch == 0 || agent->state.is_incomplete;
    agent->readers_at = clock_boot_ms();
    *out = agent;
    agent = NULL;
    return true;
}

void agent_free(struct agent *agent)
{
    feed_client_freep(&agent->client);
    keyring_freep(&agent->keys);
    edge_db_freep(&agent->db);
    kept_report_end(&agent->kept);
    if (agent->doubts_mem)
        arena_free(agent->doubts_mem);
    free(agent);
}

struct edge_db *agent_db(struct agent *agent)
{
    return agent->db;
}

static bool parse_cursor(const char *text, struct cursor *out, struct err *err)
{
    const char *dash = text ? strchr(text, '-') : NULL;
    int64_t epoch, seq;

    if (!dash || !slice_i64(slice_of(text, (size_t)(dash - text)), 1, INT64_MAX, &epoch) ||
        !slice_i64(slice_str(dash + 1), 0, INT64_MAX, &seq))
        return err_set(err, ERR_BAD_INPUT, "the feed's cursor \"%.64s\" is none", text ? text : "");
    *out = (struct cursor){(uint64_t)epoch, (uint64_t)seq};
    return true;
}

/* "<count> <host> <host>..." of the hosts in doubt; NULL when there are none. */
static const char *unknown_hosts(struct arena *mem, const struct agent *agent)
{
    struct buf names = buf_new(mem, UNKNOWN_TEXT_MAX);
    size_t count = 0;

    for (size_t i = 0; !agent->is_unsure && i < agent->doubts.count; i++) {
        struct slice key = agent->doubts.keys[i];

        if (key.data[0] != EDGE_HOST)
            continue;
        if (names.len + key.len < UNKNOWN_TEXT_MAX) {
            buf_u8(&names, ' ');
            buf_add(&names, key.data + 1, key.len - 1);
        }
        count++;
    }
    return count ? arena_printf(mem, "%zu%.*s", count, (int)names.len, (const char *)names.data)
                 : NULL;
}

/* What the agent says of itself. */
static bool add_words(struct arena *mem, struct agent *agent, struct feed_request *request,
                      struct http_header *headers, struct err *err)
{
    const char *had = NULL;

    if (!kept_report_make(&agent->kept, agent->db, err))
        return false;
    if (agent->is_unsure && agent->had.epoch != 0)
        had = arena_printf(mem, "%llu-%llu", (unsigned long long)agent->had.epoch,
                           (unsigned long long)agent->had.seq);
    const struct http_header words[] = {{"Latchkey-Trouble", agent->trouble},
                                        {"Latchkey-Unknown", unknown_hosts(mem, agent)},
                                        {"Latchkey-Kept", agent->kept.text},
                                        {"Latchkey-Had", had}};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (words[i].value && *words[i].value)
            headers[request->header_count++] = words[i];
    return true;
}

static bool get(struct arena *mem, struct agent *agent, const char *path, struct http_response *out,
                struct err *err)
{
    struct http_header headers[FEED_HEADERS_MAX];
    struct feed_request request = {
        .path = path,
        .headers = headers,
        .body_max = AGENT_PAGE_MAX,
        .total_ms = AGENT_WAIT_S * 1000 + HTTP_TOTAL_MS,
    };

    return add_words(mem, agent, &request, headers, err) &&
           feed_client_do(mem, agent->client, &request, out, err) &&
           (out->status == 200 || out->status == 410 ||
            err_set(err, ERR_NET, "the feed answers %d", out->status));
}

/* A key that is not here may have been added since the agent started. */
static bool read_page(struct arena *mem, struct agent *agent, struct slice body,
                      struct feed_page *out, struct err *err)
{
    struct feed_page_keys keys = {agent->keys, agent->options->group};
    struct keyring *newer;

    if (feed_page_read(mem, &keys, body, out, err))
        return true;
    if (err->code != ERR_FORBIDDEN)
        return false;
    if (!keyring_load(agent->options->keys_dir, &newer, err))
        return false;
    keyring_free(agent->keys);
    agent->keys = newer;
    keys.ring = newer;
    return feed_page_read(mem, &keys, body, out, err);
}

/* One page on its way into the LMDB. */
struct storing {
    struct agent *agent;
    const struct feed_page *page;
    const struct feed_page_range *range; /* NULL: a page of the feed */
    bool is_last;
    struct cursor cursor;
    struct feed_page_result result;
    struct edge_db_state state; /* after it */
};

static bool store(struct edge_tx *tx, void *arg, struct err *err)
{
    struct storing *storing = arg;
    struct agent *agent = storing->agent;
    struct feed_page_result *result = &storing->result;
    struct edge_db_state *state = &storing->state;
    bool is_whole = !storing->range || storing->is_last, is_missing;

    if (!feed_page_apply(tx, storing->page, &agent->doubts, result, err))
        return false;
    if (storing->range && !feed_page_doubt(tx, storing->page, storing->range, &agent->doubts, err))
        return false;
    if (storing->range && is_whole &&
        !feed_page_settle(tx, storing->page, &agent->doubts, result, err))
        return false;
    is_missing = agent->is_missing || (!storing->range && result->is_missing);
    *state = agent->state;
    if (result->epoch > state->seen_epoch)
        state->seen_epoch = result->epoch;
    if (is_whole) {
        state->epoch = storing->cursor.epoch;
        state->seq = storing->cursor.seq;
    }
    state->is_incomplete = !is_whole || (!storing->range && agent->is_unsure) ||
                           !doubts_are_none(&agent->doubts) || is_missing ||
                           agent->refused + result->unknown_origin > 0;
    if (!edge_tx_put_state(tx, state, err))
        return false;
    CRASH_POINT(STORE_PAGE_BEFORE);
    return true;
}

/* Something was held back, or changed while this edge was behind: a snapshot tells. */
static void note_missing(struct agent *agent)
{
    agent->is_missing = true;
    agent->resnapshot_at = agent->snapshot_at + AGENT_SNAPSHOT_MS;
}

static bool store_page(struct agent *agent, struct storing *storing, struct agent_report *report,
                       struct err *err)
{
    struct feed_page_result *sum = &report->pages;
    const struct feed_page_result *result = &storing->result;

    storing->agent = agent;
    if (!edge_db_write(agent->db, store, storing, err)) {
        /* what is in doubt may have been changed on the way: find it out anew */
        agent->is_snapshot_due |= storing->range || !doubts_are_none(&agent->doubts);
        return false;
    }
    CRASH_POINT(STORE_PAGE_COMMIT);
    agent->state = storing->state;
    if (!storing->range && result->is_missing)
        note_missing(agent);
    agent->refused += result->unknown_origin;
    sum->stored += result->stored;
    sum->older += result->older;
    sum->unknown_origin += result->unknown_origin;
    sum->dropped += result->dropped;
    sum->is_settled = result->is_settled;
    return true;
}

/* A poll does not keep a snapshot waiting that is planned meanwhile, nor what is still to tell. */
static int wait_s(const struct agent *agent)
{
    int64_t left = (agent->resnapshot_at - clock_boot_ms() + 999) / 1000;

    if (agent->kept.is_more)
        return 1;
    if (agent->resnapshot_at == 0 || left > AGENT_WAIT_S)
        return AGENT_WAIT_S;
    return left > 0 ? (int)left : 0;
}

static bool poll_feed(struct arena *mem, struct agent *agent, struct agent_report *report,
                      struct err *err)
{
    const struct edge_db_state *state = &agent->state;
    const int64_t start = clock_boot_ms();
    struct http_response response;
    struct feed_page page;
    struct storing storing = {.page = &page};
    bool is_quick;

    CRASH_POINT(POLL_BEFORE);
    if (!get(mem, agent,
             arena_printf(mem, "/v1/edge/feed?cursor=%llu-%llu&wait=%d",
                          (unsigned long long)state->epoch, (unsigned long long)state->seq,
                          wait_s(agent)),
             &response, err))
        return false;
    CRASH_POINT(POLL_REPLY);
    if (response.status == 410 && agent->snapshot_at != 0 &&
        clock_boot_ms() - agent->snapshot_at < AGENT_SNAPSHOT_MS)
        return err_set(err, ERR_NET, "the feed refuses the cursor that its snapshot gave");
    if (response.status == 410) {
        agent->is_snapshot_due = true;
        return true;
    }
    if (!parse_cursor(http_header(&response, "Latchkey-Cursor"), &storing.cursor, err) ||
        !read_page(mem, agent, response.body, &page, err))
        return false;
    page.epoch = storing.cursor.epoch;
    if (storing.cursor.epoch != state->epoch)
        return err_set(err, ERR_BAD_INPUT, "the feed went from epoch %llu to %llu without telling",
                       (unsigned long long)state->epoch, (unsigned long long)storing.cursor.epoch);
    is_quick = clock_boot_ms() - start < QUICK_MS;
    if ((page.count > 0 || storing.cursor.seq != state->seq) &&
        !store_page(agent, &storing, report, err))
        return false;
    if (is_quick && report->pages.stored == 0)
        report->pause_ms = QUICK_MS;
    return true;
}

/* Where the next page of a snapshot begins; a slice without data when this was the last. */
static bool next_key(struct arena *mem, const struct http_response *response, struct slice after,
                     struct slice *out, struct err *err)
{
    const char *text = http_header(response, "Latchkey-After");

    *out = slice_of(NULL, 0);
    if (!text)
        return true;
    if (!base64url_decode(mem, text, out, err) || out->len == 0 || out->len > EDGE_DB_KEY_MAX ||
        slice_order(after, *out) >= 0)
        return err_set(err, ERR_BAD_INPUT, "the snapshot does not go on after \"%.64s\"", text);
    return true;
}

static bool check_head(const struct agent *agent, const struct cursor *head,
                       const struct cursor *first, struct err *err)
{
    if (first->epoch != 0 && (head->epoch != first->epoch || head->seq != first->seq))
        return err_set(err, ERR_BAD_INPUT, "the head of the snapshot has changed on the way");
    if (head->epoch < agent->state.seen_epoch)
        return err_set(
            err, ERR_FORBIDDEN, "the snapshot is of epoch %llu, records here are of %llu",
            (unsigned long long)head->epoch, (unsigned long long)agent->state.seen_epoch);
    return true;
}

/* One page; *after moves on. `head` is of epoch 0 before the first. */
static bool take_snapshot_page(struct arena *mem, struct agent *agent, struct cursor *head,
                               struct slice *after, struct agent_report *report, struct err *err)
{
    const char *path = "/v1/edge/snapshot";
    struct http_response response;
    struct feed_page page;
    struct feed_page_range range = {.after = *after};
    struct storing storing = {.page = &page, .range = &range};

    if (head->epoch != 0)
        path =
            arena_printf(mem, "%s?head=%llu-%llu&after=%s", path, (unsigned long long)head->epoch,
                         (unsigned long long)head->seq, base64url_encode(mem, *after));
    CRASH_POINT(SNAPSHOT_BEFORE);
    if (!get(mem, agent, path, &response, err))
        return false;
    CRASH_POINT(SNAPSHOT_REPLY);
    if (response.status == 410)
        return err_set(err, ERR_NET, "the snapshot has been given up by the feed");
    if (!parse_cursor(http_header(&response, "Latchkey-Cursor"), &storing.cursor, err) ||
        !check_head(agent, &storing.cursor, head, err) ||
        !next_key(mem, &response, *after, &range.last, err) ||
        !read_page(mem, agent, response.body, &page, err) ||
        !feed_page_check_range(&page, &range, err))
        return false;
    page.epoch = storing.cursor.epoch;
    storing.is_last = !range.last.data;
    *head = storing.cursor;
    if (!store_page(agent, &storing, report, err))
        return false;
    *after = range.last;
    return true;
}

/* A snapshot that was cut has left records of its epoch: they are after all of the cursor's. */
static struct cursor furthest(const struct edge_db_state *state)
{
    if (state->seen_epoch > state->epoch)
        return (struct cursor){state->seen_epoch, 0};
    return (struct cursor){state->epoch, state->seq};
}

static bool take_snapshot(struct agent *agent, struct agent_report *report, struct err *err)
{
    unsigned char room[2][EDGE_DB_KEY_MAX];
    struct slice after = {NULL, 0};
    struct cursor head = {0};

    forget_doubts(agent);
    agent->had = furthest(&agent->state);
    agent->refused = 0;
    agent->is_missing = false;
    agent->is_unsure = true;
    report->is_snapshot = true;
    for (int i = 0;; i = !i) {
        AUTO(arena_freep) struct arena *page_mem = arena_new();

        if (!take_snapshot_page(page_mem, agent, &head, &after, report, err))
            return err_wrap(err, "snapshot");
        if (!after.data)
            break;
        memcpy(room[i], after.data, after.len); /* it lives in the page's arena */
        after.data = room[i];
    }
    agent->is_snapshot_due = false;
    agent->is_unsure = false;
    agent->snapshot_at = clock_boot_ms();
    return true;
}

/* After a snapshot that left something open, or failed, another one; ever later. */
static void plan_snapshot(struct agent *agent, bool is_snapshot)
{
    int64_t span = agent->resnapshot_after;

    if (!agent->state.is_incomplete) {
        agent->resnapshot_at = agent->resnapshot_after = 0;
        return;
    }
    if (agent->resnapshot_at != 0 && !is_snapshot)
        return;
    span = span == 0 ? AGENT_RESNAPSHOT_MS : 2 * span;
    agent->resnapshot_after = span < AGENT_RESNAPSHOT_MAX ? span : AGENT_RESNAPSHOT_MAX;
    agent->resnapshot_at = clock_boot_ms() + agent->resnapshot_after;
}

static bool review(struct edge_tx *tx, void *arg, struct err *err)
{
    (void)arg;
    return kept_review(tx, clock_now(), NULL, err);
}

static bool review_kept(struct agent *agent, struct err *err)
{
    if (!agent->kept.text || clock_boot_ms() - agent->reviewed_at < AGENT_REVIEW_MS)
        return true;
    agent->reviewed_at = clock_boot_ms();
    return edge_db_write(agent->db, review, NULL, err);
}

static bool check_readers(struct agent *agent, struct agent_report *report, struct err *err)
{
    if (clock_boot_ms() - agent->readers_at < AGENT_READERS_MS)
        return true;
    agent->readers_at = clock_boot_ms();
    return edge_db_check_readers(agent->db, &report->freed_readers, err);
}

/* What goes into a header is printable. `err` NULL: the turn was well. */
static void note_trouble(struct agent *agent, const struct err *err)
{
    if (err && err->code != ERR_STORE && err->code != ERR_FULL)
        return;
    snprintf(agent->trouble, sizeof(agent->trouble), "%s", err ? err->text : "");
    for (char *c = agent->trouble; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
}

bool agent_turn(struct agent *agent, struct agent_report *out, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct agent_report report = {0};
    struct err unwiped = {0};
    bool is_planned = agent->resnapshot_at != 0 && clock_boot_ms() >= agent->resnapshot_at;
    bool is_done;

    if (!check_readers(agent, &report, err) || !review_kept(agent, err))
        return false;
    if (is_planned || agent->is_snapshot_due)
        is_done = take_snapshot(agent, &report, err);
    else
        is_done = poll_feed(mem, agent, &report, err);
    report.is_unwiped = is_done && !wipe_pages(agent->db, &unwiped);
    plan_snapshot(agent, report.is_snapshot);
    note_trouble(agent, is_done ? NULL : err);
    if (!is_done)
        return false;
    report.state = agent->state;
    report.in_doubt = agent->doubts.count;
    *out = report;
    return true;
}
