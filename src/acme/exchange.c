/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/exchange.h"

#include "acme/client_state.h"
#include "acme/directory.h"
#include "acme/problem_parse.h"
#include "acme/text.h"
#include "base/clock.h"

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

void acme_exchange_begin(const struct acme_call *call)
{
    if (call->problem)
        *call->problem = (struct acme_problem){0};
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

bool acme_exchange_failed_here(const struct acme_call *call, struct err *err)
{
    return fail_as(call, ACME_PROBLEM_NONE, err);
}

bool acme_exchange_missing(const struct acme_call *call, const char *member, struct err *err)
{
    err_set(err, ERR_CA_PROTOCOL, "\"%s\" is missing", member);
    return acme_exchange_bad(call, "directory", err);
}

bool acme_exchange_no_location(const struct acme_call *call, const char *what, struct err *err)
{
    err_set(err, ERR_CA_PROTOCOL, "Location is missing");
    return acme_exchange_bad(call, what, err);
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

    acme_exchange_begin(call);
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

/* Of an answer other than 2xx. */
static bool refuse(const struct acme_call *call, const char *what,
                   const struct acme_problem *problem, struct err *err)
{
    if (call->problem)
        *call->problem = *problem;
    return acme_problem_err(problem, call->client->options.name, what, err);
}

static struct slice nonce_of(const struct http_response *response)
{
    return acme_answer_header(response, "Replay-Nonce");
}

static void keep_nonce(const struct acme_call *call, const struct http_response *response)
{
    acme_nonces_put(call->client->nonces, nonce_of(response), clock_boot_ms());
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
    *out = (struct acme_answer){*response, location, acme_answer_retry_at(response)};
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
    if (acme_answer_is_2xx(&response))
        return take_answer(call, what, &response, out, err);
    acme_answer_problem(mem, call->client->origin, &response, ACME_IN_ANSWER, &problem);
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
    if (!acme_answer_is_2xx(&response)) {
        acme_answer_problem(mem, call->client->origin, &response, ACME_IN_ANSWER, &problem);
        return refuse(call, "newNonce", &problem, err);
    }
    if (acme_nonce_read(nonce_of(&response), nonce))
        return true;
    err_set(err, ERR_CA_PROTOCOL, "no usable Replay-Nonce");
    return acme_exchange_bad(call, "newNonce", err);
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

    const struct acme_request signing = {post->key_form, post->url, nonce, post->payload};
    const char *jws;

    if (!acme_sign(mem, call, &signing, &jws, err))
        return acme_exchange_failed_here(call, err);
    request.body = slice_str(jws);
    return send_once(mem, call, post->what, &request, response, err);
}

/* After a badNonce, that answer's own nonce: the pool may be full of others that are as stale. */
static bool next_nonce(struct arena *mem, const struct acme_call *call,
                       const struct http_response *previous, char nonce[ACME_NONCE_SIZE],
                       struct err *err)
{
    if (previous && acme_nonce_read(nonce_of(previous), nonce))
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
        if (acme_answer_is_2xx(&response)) {
            keep_nonce(call, &response);
            return take_answer(call, post->what, &response, out, err);
        }
        acme_answer_problem(mem, call->client->origin, &response,
                            post->place ? post->place : ACME_IN_ANSWER, &problem);
        if (problem.type != ACME_PROBLEM_BAD_NONCE || tries == ACME_NONCE_TRIES) {
            keep_nonce(call, &response);
            return refuse(call, post->what, &problem, err);
        }
        previous = &response;
    }
}
