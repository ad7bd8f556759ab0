/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/exchange.h"

#include <assert.h>
#include <string.h>

#include "acme/client_state.h"
#include "acme/directory.h"
#include "acme/retry_after.h"
#include "acme/text.h"
#include "base/clock.h"

#define ERROR_BODY_MAX (64 * 1024) /* a longer one is not looked into */

/* Failures without an answer: what they are to the caller. */
static const struct {
    enum acme_problem_type type;
    enum err_code code; /* ERR_NONE: the code that the transport gave */
} transport[HTTP_FAILURE_COUNT] = {
    [HTTP_FAILED_NONE] = {ACME_PROBLEM_NONE, ERR_NONE},
    [HTTP_FAILED_NO_ADDRESS] = {ACME_PROBLEM_UNREACHABLE, ERR_NET},
    [HTTP_FAILED_FORBIDDEN] = {ACME_PROBLEM_UNREACHABLE, ERR_CONFIG},
    [HTTP_FAILED_REFUSED] = {ACME_PROBLEM_UNREACHABLE, ERR_NET},
    [HTTP_FAILED_UNREACHABLE] = {ACME_PROBLEM_UNREACHABLE, ERR_NET},
    [HTTP_FAILED_NO_CONNECT] = {ACME_PROBLEM_UNREACHABLE, ERR_TIMEOUT},
    [HTTP_FAILED_TLS] = {ACME_PROBLEM_UNREACHABLE, ERR_NET},
    [HTTP_FAILED_CUT] = {ACME_PROBLEM_UNREACHABLE, ERR_NET},
    [HTTP_FAILED_SLOW] = {ACME_PROBLEM_UNREACHABLE, ERR_TIMEOUT},
    [HTTP_FAILED_TOO_LARGE] = {ACME_PROBLEM_NOT_ACME, ERR_CA_PROTOCOL},
    [HTTP_FAILED_PROTOCOL] = {ACME_PROBLEM_NOT_ACME, ERR_CA_PROTOCOL},
    [HTTP_FAILED_LOCAL] = {ACME_PROBLEM_NONE, ERR_NONE},
};

static struct slice header(const struct http_response *response, const char *name)
{
    const char *value = http_header(response, name);

    return slice_str(value ? value : "");
}

/* Fills call->problem for a failure that has no problem document. */
static bool fail_as(const struct acme_call *call, enum acme_problem_type type, struct err *err)
{
    struct acme_problem problem = {
        .type = type, .type_text = "", .detail = "", .retry_at = err->retry_at};

    acme_problem_classify(&problem, ACME_IN_ANSWER);
    problem.code = err->code;
    err->retry_at = problem.retry_at;
    if (call->problem)
        *call->problem = problem;
    return false;
}

bool acme_exchange_bad(const struct acme_call *call, const char *what, struct err *err)
{
    err_wrap(err, "%s, %s", call->client->options.name, what);
    return fail_as(call, ACME_PROBLEM_NOT_ACME, err);
}

/* One request and any answer to it. The Replay-Nonce of the answer is left to the caller. */
static bool send_once(struct arena *mem, const struct acme_call *call, const char *what,
                      const struct http_request *request, struct http_response *out,
                      struct err *err)
{
    struct acme_client *client = call->client;
    struct http_exchange exchange = {.request = *request};
    struct http_client *http;

    if (!acme_client_borrow(client, &http, err))
        return fail_as(call, ACME_PROBLEM_NONE, err);
    http_do_all(mem, http, &exchange, 1);
    acme_client_give_back(client, http);
    if (exchange.is_ok) {
        *out = exchange.response;
        return true;
    }
    *err = exchange.err;
    if (transport[exchange.failure].code != ERR_NONE)
        err->code = transport[exchange.failure].code;
    err_wrap(err, "%s, %s", client->options.name, what);
    return fail_as(call, transport[exchange.failure].type, err);
}

/* 0 when there is none, or none that can be read. */
static int64_t retry_at(const struct http_response *response)
{
    int64_t at;

    return acme_retry_after(header(response, "Retry-After"), header(response, "Date"), clock_now(),
                            &at)
               ? at
               : 0;
}

/* What an answer other than 2xx says. */
static void read_problem(struct arena *mem, const struct http_response *response,
                         enum acme_problem_place place, struct acme_problem *out)
{
    const char *body = (const char *)response->body.data;
    json_auto_t *json = response->body.len <= ERROR_BODY_MAX
                            ? json_loadb(body, response->body.len, JSON_REJECT_DUPLICATES, NULL)
                            : NULL;
    int64_t at = retry_at(response);

    if (json_is_string(json_object_get(json, "type"))) {
        acme_problem_parse(mem, json, response->status, place, out);
    } else {
        *out = (struct acme_problem){.type = ACME_PROBLEM_NOT_ACME,
                                     .status = response->status,
                                     .type_text = "",
                                     .detail = ""};
        acme_problem_classify(out, place);
    }
    if (at > 0)
        out->retry_at = at;
}

static bool is_2xx(const struct http_response *response)
{
    return response->status >= 200 && response->status <= 299;
}

static bool refuse(const struct acme_call *call, const char *what,
                   const struct acme_problem *problem, struct err *err)
{
    if (call->problem)
        *call->problem = *problem;
    return acme_problem_err(problem, call->client->options.name, what, err);
}

static void keep_nonce(const struct acme_call *call, const struct http_response *response)
{
    acme_nonces_put(call->client->nonces, header(response, "Replay-Nonce"), clock_boot_ms());
}

static bool take_answer(const struct acme_call *call, const char *what,
                        const struct http_response *response, struct acme_answer *out,
                        struct err *err)
{
    const char *location = http_header(response, "Location");

    if (location && !acme_url_is_allowed(location, call->client->origin)) {
        err_set(err, ERR_CA_PROTOCOL, "Location is no https URL of at most %d characters",
                ACME_URL_MAX);
        return acme_exchange_bad(call, what, err);
    }
    *out = (struct acme_answer){*response, location, retry_at(response)};
    return true;
}

bool acme_exchange_get(struct arena *mem, const struct acme_call *call, const char *what,
                       const char *url, struct acme_answer *out, struct err *err)
{
    const struct http_request request = {.url = url,
                                         .user_agent = call->client->options.user_agent,
                                         .total_ms = call->client->options.timeout_ms,
                                         .body_max = ACME_JSON_SIZE_MAX};
    struct http_response response;
    struct acme_problem problem;

    if (!send_once(mem, call, what, &request, &response, err))
        return false;
    keep_nonce(call, &response);
    if (is_2xx(&response))
        return take_answer(call, what, &response, out, err);
    read_problem(mem, &response, ACME_IN_ANSWER, &problem);
    return refuse(call, what, &problem, err);
}

static bool fetch_nonce(struct arena *mem, const struct acme_call *call,
                        char nonce[ACME_NONCE_SIZE], struct err *err)
{
    struct acme_client *client = call->client;
    struct http_request request = {.method = "HEAD",
                                   .user_agent = client->options.user_agent,
                                   .total_ms = client->options.timeout_ms,
                                   .body_max = ACME_JSON_SIZE_MAX};
    struct acme_directory *directory;
    struct http_response response;
    struct acme_problem problem;

    if (!acme_directory(mem, call, &directory, err))
        return false;
    request.url = directory->new_nonce;
    if (!send_once(mem, call, "newNonce", &request, &response, err))
        return false;
    if (!is_2xx(&response)) {
        read_problem(mem, &response, ACME_IN_ANSWER, &problem);
        return refuse(call, "newNonce", &problem, err);
    }
    if (acme_nonce_read(header(&response, "Replay-Nonce"), nonce))
        return true;
    err_set(err, ERR_CA_PROTOCOL, "no usable Replay-Nonce");
    return acme_exchange_bad(call, "newNonce", err);
}

static const char *json_text(struct arena *mem, const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    const char *copy = arena_strdup(mem, text);

    free(text);
    return copy;
}

static bool sign(struct arena *mem, const struct acme_call *call, const struct acme_post *post,
                 const char *nonce, struct slice *body, struct err *err)
{
    const struct acme_options *options = &call->client->options;
    const struct acme_account *account = call->account;
    json_auto_t *protected_header =
        json_pack("{s:s, s:s, s:s}", "alg", account->alg, "nonce", nonce, "url", post->url);
    struct acme_sign_request want = {.account = account};
    const char *jws;

    assert(post->key_form == ACME_BY_JWK ? account->jwk : account->url);
    if (post->key_form == ACME_BY_JWK)
        json_object_set_new(protected_header, "jwk", json_loads(account->jwk, 0, NULL));
    else
        json_object_set_new(protected_header, "kid", json_string(account->url));
    want.protected_header = json_text(mem, protected_header);
    want.payload = slice_str(post->payload ? json_text(mem, post->payload) : "");
    if (!options->sign(options->sign_arg, mem, &want, &jws, err))
        return fail_as(call, ACME_PROBLEM_NONE, err);
    *body = slice_str(jws);
    return true;
}

static bool post_once(struct arena *mem, const struct acme_call *call, const struct acme_post *post,
                      const char *nonce, struct http_response *response, struct err *err)
{
    const struct acme_options *options = &call->client->options;
    const struct http_header headers[] = {
        {"Content-Type", "application/jose+json"},
        {"Accept-Language", "en"},
        {"Accept", post->accept ? post->accept : "*/*"},
    };
    struct http_request request = {.method = "POST",
                                   .url = post->url,
                                   .headers = headers,
                                   .header_count = ARRAY_LEN(headers),
                                   .user_agent = options->user_agent,
                                   .total_ms = options->timeout_ms,
                                   .body_max =
                                       post->body_max ? post->body_max : ACME_JSON_SIZE_MAX};

    return sign(mem, call, post, nonce, &request.body, err) &&
           send_once(mem, call, post->what, &request, response, err);
}

/* After a badNonce, that answer's own nonce: the pool may be full of others that are as stale. */
static bool next_nonce(struct arena *mem, const struct acme_call *call,
                       const struct http_response *previous, char nonce[ACME_NONCE_SIZE],
                       struct err *err)
{
    if (previous && acme_nonce_read(header(previous, "Replay-Nonce"), nonce))
        return true;
    return acme_nonces_take(call->client->nonces, clock_boot_ms(), nonce) ||
           fetch_nonce(mem, call, nonce, err);
}

bool acme_exchange_post(struct arena *mem, const struct acme_call *call,
                        const struct acme_post *post, struct acme_answer *out, struct err *err)
{
    struct http_response response, *previous = NULL;
    struct acme_problem problem;
    char nonce[ACME_NONCE_SIZE];

    for (int tries = 1;; tries++) {
        if (!next_nonce(mem, call, previous, nonce, err) ||
            !post_once(mem, call, post, nonce, &response, err))
            return false;
        if (is_2xx(&response)) {
            keep_nonce(call, &response);
            return take_answer(call, post->what, &response, out, err);
        }
        read_problem(mem, &response, post->place ? post->place : ACME_IN_ANSWER, &problem);
        if (problem.type != ACME_PROBLEM_BAD_NONCE || tries == ACME_NONCE_TRIES) {
            keep_nonce(call, &response);
            return refuse(call, post->what, &problem, err);
        }
        previous = &response;
    }
}
