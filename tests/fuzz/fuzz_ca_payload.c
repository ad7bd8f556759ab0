/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ca/authorization_store.h"
#include "ca/certificate_store.h"
#include "ca/challenge_store.h"
#include "ca/database.h"
#include "ca/limit_file.h"
#include "ca/routes.h"
#include "http/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * What a client may say inside of a signed request: the first line is the path, what follows the
 * payload (JSON; nothing is a POST-as-GET). The handlers themselves answer it, for an account that
 * has a pending and a ready order, on a database that forgets it again. Whatever it is, it is
 * answered, or refused in words that can be sent, and nothing fails inside.
 */

#define AT        INT64_C(1800000000000)
#define SECOND_MS INT64_C(1000)
#define DAY_MS    (INT64_C(86400) * SECOND_MS)
#define ISSUER    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define PLACES    64

static char dir[] = "/tmp/latchkey-fuzz-XXXXXX";
static struct ca ca;
static struct db *db;
static const struct ca_account *account;
static struct ca_jwk account_key, new_key;

static struct err err;

static void need(bool is_done)
{
    if (is_done)
        return;
    fprintf(stderr, "%s\n", err.text);
    abort();
}

static bool forget(void *arg, struct arena *mem, int64_t id, const void *hint)
{
    (void)arg;
    (void)mem;
    (void)id;
    (void)hint;
    return true;
}

static void clean_up(void)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    static const char *const ends[] = {"", "-wal", "-shm", "-turn"};

    ca_pool_free(ca.validation);
    ca_pool_free(ca.issuing);
    db_close(db);
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        (void)!unlink(arena_printf(mem, "%s/ca.db%s", dir, ends[i]));
    (void)!rmdir(dir);
    ca_nonces_free(ca.nonces);
    ca_key_cache_free(ca.keys);
    ca_faults_free(ca.faults);
    ca_request_limits_free(ca.requests);
    psl_free(ca.public_suffixes);
    arena_free(ca.mem);
}

static void read_key(const char *text, struct ca_jwk *out)
{
    const json_t *jwk = ca_json_keep(ca.mem, json_loads(text, 0, NULL));
    struct ca_problem problem;

    if (!ca_jwk_read(ca.mem, jwk, out, &problem))
        abort();
}

/* Of RFC 7517 appendix A.1 and RFC 7518 appendix C. */
static void read_keys(void)
{
    read_key("{\"kty\":\"EC\",\"crv\":\"P-256\","
             "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
             "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
             &account_key);
    read_key("{\"kty\":\"EC\",\"crv\":\"P-256\","
             "\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\","
             "\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps\"}",
             &new_key);
}

static void add_order(const char *name, bool is_ready)
{
    struct ca_authorization authorization = {.account_id = account->id,
                                             .name = name,
                                             .profile = "classic",
                                             .token = "token",
                                             .created_at = AT,
                                             .expires_at = AT + DAY_MS};
    struct ca_order order = {.account_id = account->id,
                             .status = is_ready ? CA_STATUS_READY : CA_STATUS_PENDING,
                             .names = {.items = &name, .count = 1},
                             .profile = "classic",
                             .created_at = AT,
                             .expires_at = AT + DAY_MS};
    int64_t id, challenge;

    need(ca_authorization_add(ca.mem, db, &authorization, &id, &err) &&
         ca_order_add(ca.mem, db, &order, &order.id, &err) &&
         ca_order_need(db, order.id, id, &err));
    if (is_ready)
        need(ca_challenge_start(ca.mem, db, id, CA_CHALLENGE_HTTP_01, &challenge, &err) &&
             ca_challenge_finish(db, challenge, NULL, "[]", AT, &err) &&
             ca_authorization_validate(db, id, AT + DAY_MS, &err));
}

static void add_certificate(void)
{
    static const char *const name = "old.example";
    struct ca_order order = {.account_id = account->id,
                             .status = CA_STATUS_PENDING,
                             .names = {.items = &name, .count = 1},
                             .profile = "classic",
                             .created_at = AT,
                             .expires_at = AT + DAY_MS};
    struct ca_issued issued = {.serial = "05aa",
                               .account_id = account->id,
                               .issuer_id = ISSUER,
                               .names = order.names,
                               .der = SLICE_LIT("DER"),
                               .key_hash = "key",
                               .not_before = AT,
                               .not_after = AT + 90 * DAY_MS,
                               .created_at = AT};

    need(ca_issuer_add(db, &(struct ca_issuer){ISSUER, "PEM", NULL, AT}, &err) &&
         ca_order_add(ca.mem, db, &order, &issued.order_id, &err) &&
         ca_issued_add(ca.mem, db, &issued, &err));
}

static void add_account(void)
{
    struct ca_account *one = arena_new_of(ca.mem, struct ca_account);

    read_keys();
    *one = (struct ca_account){.key_hash = account_key.key_hash,
                               .jwk = ca_jwk_text(ca.mem, &account_key),
                               .status = CA_STATUS_VALID,
                               .contact = "[]",
                               .terms_version = 1,
                               .created_at = AT};
    need(ca_account_add(ca.mem, db, one, &one->id, &err));
    account = one;
}

static void set_up(void)
{
    ca = (struct ca){.mem = arena_new(),
                     .options = {.public_url = "https://ca.test",
                                 .caa_identity = "ca.test",
                                 .binding = CA_BINDING_OPTIONAL,
                                 .reuses_authorizations = true},
                     .plain_url = "http://ca.test",
                     .nonces = ca_nonces_new(),
                     .keys = ca_key_cache_new(),
                     .faults = ca_faults_new(),
                     .requests = ca_request_limits_new(),
                     .public_suffixes = psl_latest(NULL),
                     .terms_version = 1};
    ca.profiles = ca_profiles_make(ca.mem, NULL, 0);
    ca.validation = ca_pool_new(1, PLACES, forget, NULL);
    ca.issuing = ca_pool_new(1, PLACES, forget, NULL);
    if (!mkdtemp(dir))
        abort();
    need(ca_suffixes_make(ca.mem, NULL, 0, &ca.suffixes, &err) &&
         ca_limits_load("letsencrypt", &ca.limits, &err) &&
         ca_database_open(ca.mem, dir, &db, &err));
    add_account();
    add_order("pending.example", false);
    add_order("ready.example", true);
    add_certificate();
    atexit(clean_up);
}

/* The route of a POST to this path; NULL: there is none. */
static const struct ca_endpoint *find_route(struct http_req *req, const char *path)
{
    const struct http_table table = {.routes = ca_routes, .count = CA_ENDPOINT_COUNT};

    if (!uri_parse(req->mem, path, &req->uri, &err) ||
        !http_route_match(req->mem, &table, HTTP_POST, &req->uri, &req->match, &err))
        return NULL;
    return &ca_endpoints[req->match.route->needs];
}

static void check_answer(const struct ca_call *call, bool is_answered,
                         const struct ca_problem *problem)
{
    const char *text;

    if (is_answered) {
        assert(call->res->status >= 200 && call->res->status < 300);
        return;
    }
    text = ca_problem_text(call->mem, problem);
    assert(problem->type < CA_PROBLEM_COUNT && problem->status >= 400);
    assert(strncmp(text, "{\"type\":\"urn:ietf:params:acme:error:", 36) == 0);
    if (problem->type == CA_PROBLEM_SERVER_INTERNAL)
        fprintf(stderr, "%s\n", problem->cause.text);
    assert(problem->type != CA_PROBLEM_SERVER_INTERNAL);
}

static void answer(struct ca_call *call, const struct ca_endpoint *endpoint)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct ca_problem problem;

    need(db_tx_begin(db, &tx, &err));
    ca.db = tx;
    check_answer(call, endpoint->run(call, &problem), &problem);
}

/* As ca_handle() takes it in, but for the signature. */
static bool take_in(struct ca_call *call, const struct ca_endpoint *endpoint, const char *text)
{
    struct ca_problem problem;
    json_t *payload = NULL;

    call->jws = (struct ca_jws){
        .url = arena_printf(call->mem, "https://ca.test%s", call->req->uri.path),
        .kid = arena_printf(call->mem, "https://ca.test/acme/acct/%lld", (long long)account->id),
        .payload = slice_str(text)};
    call->key = endpoint->auth == CA_AUTH_KEY ? new_key : account_key;
    call->account = endpoint->auth == CA_AUTH_KEY ? NULL : account;
    if (*text ? endpoint->payload == CA_PAYLOAD_EMPTY ||
                    !ca_jws_payload(call->mem, &call->jws, &payload, &problem)
              : endpoint->payload == CA_PAYLOAD_OBJECT)
        return false;
    call->payload = payload;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    char *path = arena_strndup(mem, (const char *)data, size), *text = strchr(path, '\n');
    struct http_req req = {.mem = mem, .method = HTTP_POST, .client = "192.0.2.1"};
    struct http_res res = {.mem = mem, .req = &req};
    struct ca_call call = {.ca = &ca, .mem = mem, .req = &req, .res = &res, .now = AT + SECOND_MS};
    const struct ca_endpoint *endpoint;

    if (!db)
        set_up();
    if (!text)
        return 0;
    *text++ = '\0';
    endpoint = find_route(&req, path);
    if (endpoint && endpoint->auth != CA_AUTH_NONE && take_in(&call, endpoint, text))
        answer(&call, endpoint);
    return 0;
}
