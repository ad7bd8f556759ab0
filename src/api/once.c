/* SPDX-License-Identifier: Apache-2.0 */
#include "api/call.h"
#include "api/json.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/crash.h"
#include "store/idempotency_store.h"

#define REQUEST_MAX (1 << 20)

static bool check_key(const char *key, struct err *err)
{
    size_t len = strlen(key);

    if (len == 0 || len > API_KEY_MAX)
        return err_field(err, "Idempotency-Key", "has %zu octets, 1 to %d are allowed", len,
                         API_KEY_MAX);
    for (size_t i = 0; i < len; i++)
        if (key[i] < 0x20 || key[i] > 0x7e)
            return err_field(err, "Idempotency-Key", "is not printable ASCII");
    return true;
}

/* Method, path and body make a request the same one again; a NUL keeps them apart. */
static struct slice hash_request(const struct http_req *req)
{
    struct buf b = buf_new(req->mem, REQUEST_MAX);
    unsigned char *hash = arena_alloc(req->mem, SHA256_SIZE);

    buf_str(&b, http_method_name(req->method));
    buf_u8(&b, 0);
    buf_str(&b, req->uri.path);
    buf_u8(&b, 0);
    buf_slice(&b, req->body);
    hash_sha256(buf_view(&b), hash);
    return slice_of(hash, SHA256_SIZE);
}

/* What is stored is the body and the one header that a repeated answer must not lack. */
static const char *pack_answer(const struct http_res *res)
{
    const char *location = http_res_get(res, "Location");
    json_t *body = json_loadb((const char *)res->body.data, res->body.len, JSON_DECODE_ANY, NULL);
    json_t *whole = json_pack("{s:s?, s:o*}", "location", location, "body", body);
    char *text = json_dumps(whole, JSON_COMPACT);
    const char *packed = arena_strdup(res->mem, text);

    free(text);
    json_decref(whole);
    return packed;
}

static bool repeat(struct http_res *res, const struct idempotent_answer *answer, struct err *err)
{
    json_auto_t *whole = json_loads(answer->body, 0, NULL);
    const char *location = json_string_value(json_object_get(whole, "location"));
    json_t *body = json_object_get(whole, "body");

    if (!whole)
        return err_set(err, ERR_STORE, "the stored answer to an Idempotency-Key is not JSON");
    http_res_header(res, "Idempotent-Replayed", "true");
    if (location)
        http_res_header(res, "Location", arena_strdup(res->mem, location));
    if (!body)
        return http_reply_empty(res, (int)answer->status);
    return http_reply_json(res, (int)answer->status, json_incref(body));
}

static bool run_and_store(struct http_req *req, struct http_res *res, const char *key,
                          struct slice hash, struct err *err)
{
    struct api_call *call = api_call_of(req);
    struct idempotent_answer answer = {
        .token_id = call->token->id, .key = key, .request_hash = hash, .created_at = clock_now()};

    if (!req->match.route->run(req, res, err))
        return false;
    answer.status = res->status;
    answer.body = pack_answer(res);
    return idempotency_store_add(call->app.db, &answer, err);
}

bool api_run_once(struct http_req *req, struct http_res *res, const char *key, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct api_call *call = api_call_of(req);
    struct slice hash = hash_request(req);
    const struct idempotent_answer *before;

    if (!check_key(key, err) || !db_tx_begin(call->app.db, &tx, err) ||
        !idempotency_store_find(req->mem, tx, call->token->id, key, &before, err))
        return false;
    if (before && !slice_eq(before->request_hash, hash)) {
        (void)err_field(err, "Idempotency-Key", "the key was used for another request");
        err->code = ERR_CONFLICT;
        return false;
    }
    if (before)
        return repeat(res, before, err);
    call->app.db = tx;
    if (!run_and_store(req, res, key, hash, err))
        return false;
    CRASH_POINT(ONCE_BEFORE);
    if (!db_tx_commit(&tx, err))
        return false;
    CRASH_POINT(ONCE_COMMIT);
    return true;
}
