/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/vantage_point.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "feed/agent.h"
#include "feed/vantage_gate.h"

#define WAIT_S   10 /* how long the feed may keep a poll */
#define QUICK_MS 200
#define WAITING  (2 * VANTAGE_AT_ONCE)

/* A question that was taken up, with the memory that it lives in. */
struct work {
    struct arena *mem;
    struct vantage_taken taken;
};

struct vantage_point {
    const struct vantage_point_options *options;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    struct keyring *ring; /* replaced by the thread that asks for questions */
    struct work waiting[WAITING];
    size_t count;
    bool has_key;
    unsigned char check_key[EDGE_CHECK_KEY_SIZE];
};

/* ---- looking ---- */

static struct work next_work(struct vantage_point *point)
{
    struct work work;

    pthread_mutex_lock(&point->lock);
    while (point->count == 0)
        pthread_cond_wait(&point->changed, &point->lock);
    work = point->waiting[0];
    point->count--;
    memmove(&point->waiting[0], &point->waiting[1], point->count * sizeof(work));
    pthread_mutex_unlock(&point->lock);
    return work;
}

static bool frame_answer(struct vantage_point *point, struct arena *mem, uint8_t kid,
                         const struct vantage_view *said, struct slice *out, struct err *err)
{
    struct vantage_keys keys = {.group = point->options->group};
    bool is_framed;

    pthread_mutex_lock(&point->lock);
    keys.ring = point->ring;
    is_framed = vantage_gate_answer(mem, &keys, kid, said, out, err);
    pthread_mutex_unlock(&point->lock);
    return is_framed;
}

static bool copy_key(struct vantage_point *point, struct arena *mem, struct slice *out)
{
    bool has_key;

    pthread_mutex_lock(&point->lock);
    has_key = point->has_key;
    if (has_key)
        *out =
            slice_of(arena_memdup(mem, point->check_key, EDGE_CHECK_KEY_SIZE), EDGE_CHECK_KEY_SIZE);
    pthread_mutex_unlock(&point->lock);
    return has_key;
}

static bool answer(struct vantage_point *point, struct feed_client *client, const struct work *work,
                   struct err *err)
{
    struct feed_request request = {
        .path = "/v1/edge/answers", .body_max = VANTAGE_TEXT_MAX, .total_ms = VANTAGE_MS};
    struct http_response response;
    struct vantage_view said;
    struct slice check_key;

    if (!copy_key(point, work->mem, &check_key))
        return err_set(err, ERR_BUSY, "there is no check key here yet");
    return vantage_look(work->mem, &point->options->place, check_key, &work->taken.question, &said,
                        err) &&
           frame_answer(point, work->mem, work->taken.kid, &said, &request.body, err) &&
           feed_client_do(work->mem, client, &request, &response, err) &&
           (response.status == 204 || response.status == 404 || /* too late */
            err_set(err, ERR_NET, "the answer to %s is refused: %d", said.id, response.status));
}

static void *keep_answering(void *arg)
{
    struct vantage_point *point = arg;
    struct feed_client *client = NULL;

    for (;;) {
        struct work work = next_work(point);
        struct err err = {0};

        if ((!client && !feed_client_new(&point->options->feed, &client, &err)) ||
            !answer(point, client, &work, &err))
            LOG(WARN, "edge.question_unanswered", KS("id", work.taken.question.id), KERR(&err));
        arena_free(work.mem);
    }
    return NULL;
}

/* ---- asking for questions ---- */

/* False, and the question is dropped: too many wait already. */
static bool hand_over(struct vantage_point *point, const struct work *work, struct err *err)
{
    bool is_room;

    pthread_mutex_lock(&point->lock);
    is_room = point->count < WAITING;
    if (is_room)
        point->waiting[point->count++] = *work;
    pthread_cond_signal(&point->changed);
    pthread_mutex_unlock(&point->lock);
    return is_room || err_set(err, ERR_BUSY, "%d questions wait already", WAITING);
}

/* A key that is not here may have been added since. */
static bool load_ring(struct vantage_point *point, struct err *err)
{
    struct keyring *ring, *old;

    if (!keyring_load(point->options->keys_dir, &ring, err))
        return false;
    pthread_mutex_lock(&point->lock);
    old = point->ring;
    point->ring = ring;
    pthread_mutex_unlock(&point->lock);
    keyring_free(old);
    return true;
}

static bool take_up(struct vantage_point *point, struct vantage_gate *gate, struct slice octets,
                    char *after, struct err *err)
{
    struct work work = {.mem = arena_new()};
    const struct vantage_keys keys = {point->ring, point->options->group};
    bool is_taken = vantage_gate_take(gate, work.mem, &keys, octets, &work.taken, err);

    if (is_taken)
        snprintf(after, ID_SIZE, "%s", work.taken.question.id);
    is_taken = is_taken && hand_over(point, &work, err);
    if (!is_taken)
        arena_free(work.mem);
    return is_taken;
}

static void pause_ms(int64_t ms)
{
    const struct timespec span = {ms / 1000, ms % 1000 * 1000000};

    nanosleep(&span, NULL);
}

static bool poll_once(struct vantage_point *point, struct feed_client *client,
                      struct vantage_gate *gate, char *after, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct feed_request request = {
        .path = arena_printf(mem, "/v1/edge/questions?region=%s&after=%s&wait=%d",
                             point->options->region, after, WAIT_S),
        .body_max = EDGE_FRAME_MAX,
        .total_ms = WAIT_S * 1000 + HTTP_TOTAL_MS,
    };
    const int64_t start = clock_boot_ms();
    struct http_response response;

    if (!feed_client_do(mem, client, &request, &response, err))
        return false;
    if (response.status == 204) {
        if (clock_boot_ms() - start < QUICK_MS) /* that was no long poll */
            pause_ms(QUICK_MS);
        return true;
    }
    if (response.status != 200)
        return err_set(err, ERR_NET, "the feed answers %d", response.status);
    return take_up(point, gate, response.body, after, err);
}

static void *keep_polling(void *arg)
{
    struct vantage_point *point = arg;
    struct vantage_gate *gate = calloc(1, sizeof(*gate));
    struct feed_client *client = NULL;
    char after[ID_SIZE] = "";
    unsigned failures = 0;

    if (!gate)
        abort();
    for (;;) {
        struct err err = {0};

        if ((client || feed_client_new(&point->options->feed, &client, &err)) &&
            poll_once(point, client, gate, after, &err)) {
            failures = 0;
            continue;
        }
        LOG(WARN, "edge.question_refused", KERR(&err));
        if (err.code == ERR_FORBIDDEN && !load_ring(point, &err))
            LOG(ERROR, "edge.keys", KERR(&err));
        pause_ms(agent_pause_ms(++failures, (unsigned)random_below(1000)));
    }
    return NULL;
}

/* ---- beginning ---- */

static bool start_thread(void *(*run)(void *arg), struct vantage_point *point, struct err *err)
{
    pthread_attr_t attr;
    pthread_t thread;
    int rc;

    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    rc = pthread_create(&thread, &attr, run, point);
    pthread_attr_destroy(&attr);
    return rc == 0 || err_errno(err, ERR_INTERNAL, rc, "could not start a vantage point's thread");
}

bool vantage_point_start(const struct vantage_point_options *options, struct vantage_point **out,
                         struct err *err)
{
    struct vantage_point *point = calloc(1, sizeof(*point));

    if (!point)
        abort();
    point->options = options;
    pthread_mutex_init(&point->lock, NULL);
    pthread_cond_init(&point->changed, NULL);
    if (!load_ring(point, err)) {
        free(point);
        return false;
    }
    for (int i = 0; i < VANTAGE_AT_ONCE; i++)
        if (!start_thread(keep_answering, point, err))
            return false; /* who began already waits for ever */
    *out = point;
    return start_thread(keep_polling, point, err);
}

static bool read_key(struct edge_tx *tx, void *arg, struct err *err)
{
    struct vantage_point *point = arg;
    struct edge_settings settings;
    struct edge_record record;
    struct edge_db_key key;
    struct slice value;

    if (!edge_db_key(EDGE_SETTINGS, SLICE_LIT(EDGE_SETTINGS_KEY), &key) ||
        !edge_tx_get(tx, edge_db_key_view(&key), &value, err))
        return false;
    if (!value.data || !edge_live_record(value, EDGE_SETTINGS, &record) ||
        edge_settings_read(record.body, &settings) != EDGE_FAULT_NONE)
        return true;
    pthread_mutex_lock(&point->lock);
    memcpy(point->check_key, settings.check_key.data, EDGE_CHECK_KEY_SIZE);
    point->has_key = true;
    pthread_mutex_unlock(&point->lock);
    return true;
}

bool vantage_point_take_key(struct vantage_point *point, struct edge_db *db, struct err *err)
{
    return edge_db_read(db, read_key, point, err);
}
