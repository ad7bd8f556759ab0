/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/call.h"

#include "base/clock.h"
#include "ca/blocked_key_store.h"
#include "ca/fault_effect.h"
#include "ca/request_limit.h"
#include "ca/routes.h"

#define CONTENT_TYPE "application/jose+json"
#define SECOND_MS    INT64_C(1000)

#define INTERNAL_RETRY_S 60 /* after a serverInternal, as with Boulder */

/* --- taking in ------------------------------------------------------------------------------- */

static bool check_headers(const struct ca_call *call, struct ca_problem *problem)
{
    const char *type = http_req_header(call->req, "Content-Type");

    if (!type)
        return ca_refuse_as(problem, 415, CA_PROBLEM_MALFORMED,
                            "No Content-Type header on POST. Content-Type must be "
                            "\"" CONTENT_TYPE "\"");
    if (strcmp(type, CONTENT_TYPE) != 0)
        return ca_refuse_as(problem, 415, CA_PROBLEM_MALFORMED,
                            "Invalid Content-Type header on POST. Content-Type must be "
                            "\"" CONTENT_TYPE "\"");
    if (http_req_header(call->req, "Replay-Nonce"))
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "HTTP requests should NOT contain Replay-Nonce header. Use JWS nonce "
                         "field");
    return true;
}

static bool account_id_of(const struct ca_call *call, int64_t *out, struct ca_problem *problem)
{
    const char *prefix = ca_url(call->mem, call->ca, CA_ACCOUNT_PATH), *kid = call->jws.kid;
    size_t len = strlen(prefix);

    if (strncmp(kid, prefix, len) != 0)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "KeyID header contained an invalid account URL: \"%s\"", kid);
    if (!slice_i64(slice_str(kid + len), 1, INT64_MAX, out))
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "Malformed account ID in KeyID header URL: \"%s\"", kid);
    return true;
}

static bool take_account(struct ca_call *call, struct ca_problem *problem)
{
    struct err err;
    int64_t id;

    if (!account_id_of(call, &id, problem))
        return false;
    if (!ca_account_get(call->mem, call->ca->db, id, &call->account, &err))
        return ca_fail(problem, &err, "Error retrieving account");
    if (!call->account || call->account->lost_at)
        return ca_refuse(problem, CA_PROBLEM_ACCOUNT_DOES_NOT_EXIST, "Account \"%s\" not found",
                         call->jws.kid);
    call->req->log_who = arena_printf(call->mem, "account %lld", (long long)id);
    if (call->account->status != CA_STATUS_VALID)
        return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED,
                         "Account is not valid, has status \"%s\"",
                         ca_status_name(call->account->status));
    if (!ca_key_cache_get(call->mem, call->ca->keys, call->account, &call->key, &err))
        return ca_fail(problem, &err, "Error retrieving account");
    return true;
}

static bool take_key(struct ca_call *call, enum ca_auth auth, struct ca_problem *problem)
{
    bool has_kid = call->jws.kid != NULL;

    if (!has_kid && !call->jws.jwk && auth == CA_AUTH_EITHER)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "Malformed JWS, no KeyID or embedded JWK");
    if (auth == CA_AUTH_ACCOUNT && !has_kid)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "No Key ID in JWS header");
    if (auth == CA_AUTH_KEY && has_kid)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "No embedded JWK in JWS header");
    if (has_kid)
        return take_account(call, problem);
    if (!call->jws.jwk)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "No embedded JWK in JWS header");
    return ca_jwk_read(call->mem, call->jws.jwk, &call->key, problem);
}

static bool check_nonce(const struct ca_call *call, struct ca_problem *problem)
{
    int64_t wait_s;

    if (!call->jws.nonce || !ca_nonce_use(call->mem, call->ca->nonces, call->jws.nonce) ||
        ca_fault_hits(call->ca->faults, CA_FAULT_BAD_NONCE, &wait_s))
        return ca_refuse(problem, CA_PROBLEM_BAD_NONCE, "JWS has an invalid anti-replay nonce");
    return true;
}

static bool check_url(const struct ca_call *call, struct ca_problem *problem)
{
    const char *expected = ca_url(call->mem, call->ca, "%s", call->req->uri.path);

    if (!call->jws.url || !*call->jws.url)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "JWS header parameter 'url' required");
    if (strcmp(call->jws.url, expected) != 0)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "JWS header parameter 'url' incorrect. Expected \"%s\" got \"%s\"",
                         expected, call->jws.url);
    return true;
}

static bool take_payload(struct ca_call *call, enum ca_payload expected, struct ca_problem *problem)
{
    bool is_empty = call->jws.payload.len == 0;
    json_t *json = NULL;

    if (expected == CA_PAYLOAD_EMPTY && !is_empty)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "POST-as-GET requests must have an empty payload");
    if (is_empty && expected != CA_PAYLOAD_OBJECT)
        return true;
    if (!ca_jws_payload(call->mem, &call->jws, &json, problem))
        return false;
    call->payload = json;
    return true;
}

/* The signature first: only a client that holds the key may use up a nonce. */
static bool take_jws(struct ca_call *call, const struct ca_endpoint *endpoint,
                     struct ca_problem *problem)
{
    return check_headers(call, problem) &&
           ca_jws_parse(call->mem, call->req->body, &call->jws, problem) &&
           take_key(call, endpoint->auth, problem) &&
           ca_jws_verify(&call->jws, &call->key, problem) && check_nonce(call, problem) &&
           check_url(call, problem) && take_payload(call, endpoint->payload, problem);
}

static bool take_in(struct ca_call *call, const struct ca_endpoint *endpoint,
                    struct ca_problem *problem)
{
    return endpoint->auth == CA_AUTH_NONE || take_jws(call, endpoint, problem) ||
           ca_refuse_within(call->mem, problem, CA_JWS_REFUSED);
}

bool ca_call_id(const struct ca_call *call, const char *param, const char *what, int64_t *out,
                struct ca_problem *problem)
{
    if (slice_i64(slice_str(http_param(call->req, param)), 1, INT64_MAX, out))
        return true;
    return ca_refuse_as(problem, 404, CA_PROBLEM_MALFORMED, "%s", what);
}

bool ca_call_admit_key(const struct ca_call *call, const char *key_hash, enum ca_problem_type type,
                       const char *what, struct ca_problem *problem)
{
    bool is_blocked;
    struct err err;

    if (!ca_blocked_key_has(call->mem, call->ca->db, key_hash, &is_blocked, &err))
        return ca_fail(problem, &err, "error checking key validity");
    return !is_blocked || ca_refuse(problem, type, "%s: public key is forbidden", what);
}

/* --- answering ------------------------------------------------------------------------------- */

static void note_for_log(struct http_res *res, const struct ca_problem *problem)
{
    const char *text = problem->cause.code ? problem->cause.text : problem->detail;
    enum err_code code = problem->cause.code ? problem->cause.code : ERR_BAD_REQUEST;

    (void)err_set(&res->err, code, "%s: %s", ca_problem_name(problem->type), text);
}

/* Seconds; 0: no header. */
static int64_t retry_after(const struct ca_problem *problem)
{
    int64_t left_ms = problem->retry_at - clock_now();

    if (problem->status == 500)
        return INTERNAL_RETRY_S;
    if (!problem->retry_at && problem->status != 503)
        return 0;
    return left_ms > SECOND_MS ? (left_ms + SECOND_MS - 1) / SECOND_MS : 1;
}

static void add_problem_headers(struct http_res *res, const struct ca_problem *problem)
{
    int64_t wait_s = retry_after(problem);

    if (wait_s)
        http_res_header(res, "Retry-After", arena_printf(res->mem, "%lld", (long long)wait_s));
    if (problem->help)
        http_res_header(res, "Link", arena_printf(res->mem, "<%s>;rel=\"help\"", problem->help));
}

static bool reply_problem(struct http_res *res, const struct ca_problem *problem)
{
    note_for_log(res, problem);
    add_problem_headers(res, problem);
    return http_reply_json_as(res, problem->status, "application/problem+json",
                              ca_problem_json(problem));
}

/* Replay-Nonce on every answer to a POST (RFC 8555 section 6.5), the index on all but itself. */
static void add_headers(struct ca *ca, const struct http_req *req, struct http_res *res)
{
    const char *index = ca_url(req->mem, ca, "/directory");

    if (req->method == HTTP_POST)
        http_res_header(res, "Replay-Nonce", ca_nonce_new(req->mem, ca->nonces));
    if (req->match.route != &ca_routes[CA_ENDPOINT_DIRECTORY])
        http_res_header(res, "Link", arena_printf(req->mem, "<%s>;rel=\"index\"", index));
}

static bool serve(struct ca_call *call, const struct ca_endpoint *endpoint)
{
    struct ca_problem problem;

    if (ca_fault_admit(call, endpoint, &problem) &&
        ca_request_admit(call, endpoint->requests, &problem) && take_in(call, endpoint, &problem) &&
        (!endpoint->needs_terms || ca_terms_admit(call, &problem)) && endpoint->run(call, &problem))
        return true;
    return reply_problem(call->res, &problem);
}

bool ca_handle(struct http_req *req, struct http_res *res, struct err *err)
{
    struct ca_call call = {
        .ca = req->context, .mem = req->mem, .req = req, .res = res, .now = clock_now()};
    int64_t wait_s;
    bool is_served;

    (void)err;
    if (ca_fault_hits(call.ca->faults, CA_FAULT_OUTAGE, &wait_s))
        return http_cut(res, HTTP_CUT_BEFORE);
    add_headers(call.ca, req, res);
    is_served = serve(&call, &ca_endpoints[req->match.route->needs]);
    ca_fault_spoil(&call);
    return is_served;
}

/* What the server refuses before a handler runs, in the words of Boulder where it has any. */
static const struct {
    enum err_code code;
    int status;
    const char *detail;
} server_errors[] = {
    {ERR_NOT_FOUND, 404, "Page not found"},
    {ERR_BAD_METHOD, 405, "Method not allowed"},
    {ERR_TOO_LARGE, 413, "request body too large"},
};

bool ca_handle_error(struct http_res *res, const struct err *err)
{
    struct ca_problem problem;
    int status = err_http(err->code);

    if (status >= 500)
        (void)ca_fail(&problem, err, "Service busy; retry later.");
    else
        (void)ca_refuse_as(&problem, status, CA_PROBLEM_MALFORMED, "%s", err->text);
    problem.status = status;
    for (size_t i = 0; i < ARRAY_LEN(server_errors); i++) {
        if (server_errors[i].code == err->code)
            (void)ca_refuse_as(&problem, status, CA_PROBLEM_MALFORMED, "%s",
                               server_errors[i].detail);
    }
    if (err->code == ERR_BAD_METHOD)
        http_res_header(res, "Allow", http_allow(res->mem, res->req->match.allowed));
    if (!http_res_get(res, "Link"))
        add_headers(res->req->context, res->req, res);
    return reply_problem(res, &problem);
}
