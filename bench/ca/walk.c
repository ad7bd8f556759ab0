/* SPDX-License-Identifier: Apache-2.0 */
#include "walk.h"

#include <time.h>

#define TERMS_AGREED "{\"termsOfServiceAgreed\":true}"
#define EXISTING     "{\"onlyReturnExisting\":true}"

enum status { UNKNOWN, PENDING, READY, PROCESSING, VALID, INVALID };

static const char *const status_names[] = {
    [PENDING] = "pending", [READY] = "ready",     [PROCESSING] = "processing",
    [VALID] = "valid",     [INVALID] = "invalid",
};

/* An order under way; `mem` is freed with it. */
struct errand {
    const struct walk *walk;
    struct walk_account *account;
    const char *name;
    struct arena *mem;
    struct walk_promise *promise;
    enum status reached; /* the furthest that the CA has told of */
    const char *challenge, *finalize;
    struct err err;
};

static enum status status_of(const json_t *json)
{
    const char *text = json_string_value(json_object_get(json, "status"));

    for (size_t i = PENDING; text && i < ARRAY_LEN(status_names); i++) {
        if (strcmp(text, status_names[i]) == 0)
            return (enum status)i;
    }
    return UNKNOWN;
}

static void release_json(void *json)
{
    json_decref(json);
}

static const json_t *json_of(struct arena *mem, const struct wire_answer *answer)
{
    json_t *json = json_loadb((const char *)answer->body.data, answer->body.len, 0, NULL);

    if (json)
        arena_defer(mem, release_json, json);
    return json;
}

/* NULL when there is none. */
static const char *kept_text(const struct errand *e, const json_t *json)
{
    const char *text = json_string_value(json);

    return text ? arena_strdup(e->walk->mem, text) : NULL;
}

static const char *text_of(const struct errand *e, const json_t *json, const char *name)
{
    return kept_text(e, json_object_get(json, name));
}

static bool post(struct errand *e, enum meter_step step, const char *url, const char *payload,
                 struct wire_answer *out, bool *is_repeated)
{
    const struct client_request request = {step, &e->account->key, e->account->kid, url, payload};

    return client_post(e->walk->client, e->mem, &request, out, is_repeated, &e->err);
}

static bool refuse(struct errand *e, const char *what, const struct wire_answer *answer)
{
    return err_set(&e->err, ERR_CA_REFUSED, "%s of %s: %d %.300s", what, e->name, answer->status,
                   (const char *)answer->body.data);
}

/* POST-as-GET of something promised; 404 and the like break the promise. */
static bool get(struct errand *e, enum meter_step step, const char *url, struct wire_answer *out)
{
    bool is_repeated;

    if (!post(e, step, url, "", out, &is_repeated))
        return false;
    if (out->status >= 400 && out->status < 500)
        meter_blame(&e->walk->client->meter, "%s is gone: %d %.300s", url, out->status,
                    (const char *)out->body.data);
    return out->status == 200 || refuse(e, "reading", out);
}

/* --- the account ----------------------------------------------------------------------------- */

static bool make_account(struct errand *e)
{
    struct wire_answer answer;
    bool is_repeated;

    if (!post(e, METER_ACCOUNT, e->walk->client->site->new_account, TERMS_AGREED, &answer,
              &is_repeated))
        return false;
    if ((answer.status != 201 && answer.status != 200) || !answer.location)
        return refuse(e, "newAccount", &answer);
    e->account->kid = arena_strdup(e->walk->mem, answer.location);
    return true;
}

static bool need_account(struct errand *e)
{
    bool is_there;

    pthread_mutex_lock(&e->account->lock);
    is_there = e->account->kid || make_account(e);
    pthread_mutex_unlock(&e->account->lock);
    return is_there;
}

/* --- the steps of an order ------------------------------------------------------------------- */

static bool place(struct errand *e)
{
    const char *payload =
        arena_printf(e->mem, "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"%s\"}]}", e->name);
    struct wire_answer answer;
    bool is_repeated;
    const json_t *order;

    if (!post(e, METER_ORDER, e->walk->client->site->new_order, payload, &answer, &is_repeated))
        return false;
    if (answer.status != 201 || !answer.location)
        return refuse(e, "newOrder", &answer);
    order = json_of(e->mem, &answer);
    e->reached = status_of(order);
    e->promise->account = e->account;
    e->promise->order = arena_strdup(e->walk->mem, answer.location);
    e->finalize = text_of(e, order, "finalize");
    e->promise->authorization =
        kept_text(e, json_array_get(json_object_get(order, "authorizations"), 0));
    return (e->finalize && e->promise->authorization) || refuse(e, "newOrder", &answer);
}

static bool find_challenge(struct errand *e)
{
    const json_t *authorization, *challenge;
    struct wire_answer answer;
    size_t i;

    if (!get(e, METER_AUTHORIZATION, e->promise->authorization, &answer))
        return false;
    authorization = json_of(e->mem, &answer);
    json_array_foreach(json_object_get(authorization, "challenges"), i, challenge)
    {
        const char *type = json_string_value(json_object_get(challenge, "type"));

        if (type && strcmp(type, "http-01") == 0)
            e->challenge = text_of(e, challenge, "url");
    }
    return e->challenge || refuse(e, "authorization", &answer);
}

static bool start_challenge(struct errand *e)
{
    struct wire_answer answer;
    bool is_repeated;

    return post(e, METER_CHALLENGE, e->challenge, "{}", &answer, &is_repeated) &&
           (answer.status == 200 || is_repeated || refuse(e, "challenge", &answer));
}

/* The CSR is not sent again when the answer was lost: the order tells whether it arrived. */
static bool finalize(struct errand *e)
{
    struct wire_answer answer;
    const char *csr;
    bool is_repeated;

    if (!signing_csr_make(e->mem, e->walk->csr, e->name, &csr, &e->err) ||
        !post(e, METER_FINALIZE, e->finalize, arena_printf(e->mem, "{\"csr\":\"%s\"}", csr),
              &answer, &is_repeated))
        return false;
    if (answer.status == 200)
        e->reached = status_of(json_of(e->mem, &answer));
    return answer.status == 200 || is_repeated || refuse(e, "finalize", &answer);
}

/* No status before one that was told already, and never invalid: the name is answered for. */
static bool note_status(struct errand *e, const struct wire_answer *answer)
{
    enum status status = status_of(json_of(e->mem, answer));

    if (status == UNKNOWN || status == INVALID)
        return refuse(e, "order", answer);
    if (status < e->reached)
        meter_blame(&e->walk->client->meter, "order %s of %s is %s after it was %s",
                    e->promise->order, e->name, status_names[status], status_names[e->reached]);
    e->reached = status;
    return true;
}

static void pause_for(int64_t ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&pause, NULL);
}

/* The last answer is in *out. */
static bool wait_for(struct errand *e, enum status wanted, struct wire_answer *out)
{
    int64_t until = meter_now_us() + e->walk->patience_ms * 1000, wait_ms = e->walk->poll_ms;

    do {
        pause_for(wait_ms);
        wait_ms = 2 * wait_ms < WALK_POLL_MAX_MS ? 2 * wait_ms : WALK_POLL_MAX_MS;
        if (!get(e, METER_POLL, e->promise->order, out) || !note_status(e, out))
            return false;
        if (e->reached >= wanted)
            return true;
    } while (meter_now_us() < until);
    meter_count(&e->walk->client->meter, METER_LOST);
    return err_set(&e->err, ERR_TIMEOUT, "order %s of %s is still %s", e->promise->order, e->name,
                   status_names[e->reached]);
}

static bool fetch(struct errand *e, const struct wire_answer *order)
{
    struct wire_answer answer;
    const char *url = text_of(e, json_of(e->mem, order), "certificate");

    if (!url)
        return refuse(e, "order", order);
    e->promise->certificate = url;
    if (!get(e, METER_CERTIFICATE, url, &answer))
        return false;
    hash_sha256(answer.body, e->promise->digest);
    return strncmp((const char *)answer.body.data, "-----BEGIN CERTIFICATE-----", 27) == 0 ||
           refuse(e, "certificate", &answer);
}

/* An answer to newOrder or finalize that was lost may leave the order further on than it seemed. */
static bool prove(struct errand *e, struct wire_answer *order)
{
    return e->reached > PENDING ||
           (find_challenge(e) && start_challenge(e) && wait_for(e, READY, order));
}

static bool complete(struct errand *e, struct wire_answer *order)
{
    return (e->reached > READY || finalize(e)) && wait_for(e, VALID, order) && fetch(e, order);
}

bool walk_order(const struct walk *walk, struct walk_account *account, const char *name,
                struct walk_promise *out)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct errand e = {.walk = walk, .account = account, .name = name, .mem = mem, .promise = out};
    int64_t began = meter_now_us();
    struct wire_answer order;

    if (!need_account(&e) || !place(&e) ||
        (!walk->is_placed_only && (!prove(&e, &order) || !complete(&e, &order)))) {
        meter_fail(&walk->client->meter, "%s", e.err.text);
        return false;
    }
    meter_took(&walk->client->meter, METER_WHOLE, began);
    meter_count(&walk->client->meter, METER_DONE);
    return true;
}

/* --- afterwards ------------------------------------------------------------------------------ */

static bool verify_account(struct errand *e)
{
    const struct client_request request = {METER_ACCOUNT, &e->account->key, NULL,
                                           e->walk->client->site->new_account, EXISTING};
    struct wire_answer answer;
    bool is_repeated;

    return client_post(e->walk->client, e->mem, &request, &answer, &is_repeated, &e->err) &&
           ((answer.status == 200 && answer.location &&
             strcmp(answer.location, e->account->kid) == 0) ||
            refuse(e, "account", &answer));
}

static bool verify_status(struct errand *e, const char *url, const json_t **out)
{
    struct wire_answer answer;

    if (!get(e, METER_POLL, url, &answer))
        return false;
    *out = json_of(e->mem, &answer);
    return !e->promise->certificate || status_of(*out) == VALID || refuse(e, "promise", &answer);
}

static bool verify_certificate(struct errand *e, const json_t *order)
{
    const char *url = json_string_value(json_object_get(order, "certificate"));
    unsigned char digest[SHA256_SIZE];
    struct wire_answer answer;

    if (!url || strcmp(url, e->promise->certificate) != 0)
        return err_set(&e->err, ERR_CA_REFUSED, "the certificate of %s is another one",
                       e->promise->order);
    if (!get(e, METER_CERTIFICATE, url, &answer))
        return false;
    hash_sha256(answer.body, digest);
    return memcmp(digest, e->promise->digest, sizeof(digest)) == 0 ||
           refuse(e, "another certificate", &answer);
}

void walk_verify(const struct walk *walk, const struct walk_promise *promise)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct walk_promise copy = *promise;
    struct errand e = {.walk = walk,
                       .account = promise->account,
                       .name = promise->order,
                       .mem = mem,
                       .promise = &copy};
    const json_t *authorization, *order;

    if (!promise->order)
        return;
    if (verify_account(&e) && verify_status(&e, promise->authorization, &authorization) &&
        verify_status(&e, promise->order, &order) &&
        (!promise->certificate || verify_certificate(&e, order))) {
        meter_count(&walk->client->meter, METER_KEPT);
        return;
    }
    meter_blame(&walk->client->meter, "%s", e.err.text);
}
