/* SPDX-License-Identifier: Apache-2.0 */
#include "acme_kit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jose/b64.h>
#include <jose/jwk.h>
#include <jose/jws.h>
#include <jose/openssl.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "acme/authorization.h"
#include "acme/challenge.h"
#include "base/buf.h"
#include "net/http_client.h"
#include "tls/csr.h"
#include "tls/key.h"

#define POLL_FIRST_MS 25
#define POLL_EACH_MS  8 /* more, for each further certificate that the CA has under way */
#define POLL_MAX_MS   200
#define POLL_END_MS   30000

static const struct net_allowed loopback = {.prefix = {{.octets = {127}}, 8}};
static const struct net_policy policy = {.allowed = &loopback, .allowed_count = 1};

bool probe_expect(bool is_so, struct err *err, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    va_list ap;

    if (is_so)
        return true;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return err_set(err, ERR_INTERNAL, "%s", text);
}

/* Keys: a handle is a JWK with its private part -------------------------------------------------
 */

static void drop_json(void *json)
{
    json_decref(json);
}

static struct acme_account account_of(struct arena *mem, json_t *key)
{
    json_auto_t *jwk = json_deep_copy(key);
    char *text;
    struct acme_account account = {.key = key, .alg = "ES256"};

    arena_defer(mem, drop_json, key);
    jose_jwk_pub(NULL, jwk);
    json_object_del(jwk, "alg");
    json_object_del(jwk, "key_ops");
    text = json_dumps(jwk, JSON_COMPACT);
    account.jwk = arena_strdup(mem, text);
    free(text);
    return account;
}

struct acme_account probe_key(struct arena *mem)
{
    json_t *key = json_pack("{s:s}", "alg", "ES256");

    jose_jwk_gen(NULL, key);
    return account_of(mem, key);
}

/* For every purpose: the key is that of the wish, and its alg stands in the header. */
static bool sign(void *arg, struct arena *mem, const struct acme_sign_request *want,
                 const char **out, struct err *err)
{
    json_auto_t *protected_header = json_loads(want->protected_header, 0, NULL);
    json_auto_t *payload = jose_b64_enc(want->payload.data, want->payload.len);
    json_auto_t *jws = json_pack("{s:O}", "payload", payload);
    json_auto_t *template = json_pack("{s:O}", "protected", protected_header);
    char *text;

    (void)arg;
    if (!jose_jws_sig(NULL, jws, template, want->key))
        return err_set(err, ERR_CRYPTO, "cannot sign");
    text = json_dumps(jws, JSON_COMPACT);
    *out = arena_strdup(mem, text);
    free(text);
    return true;
}

/* http-01 ---------------------------------------------------------------------------------------
 */

static void respond(int fd, const char *thumbprint)
{
    static const char path[] = "GET " ACME_HTTP_01_PATH;
    const struct timeval limit = {.tv_sec = 2};
    char request[4096] = "", answer[512];
    ssize_t len;
    int token;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    len = recv(fd, request, sizeof(request) - 1, 0);
    if (len < (ssize_t)sizeof(path) || strncmp(request, path, sizeof(path) - 1) != 0)
        return;
    token = (int)strcspn(request + sizeof(path) - 1, " ");
    snprintf(answer, sizeof(answer),
             "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%.*s.%s",
             (size_t)token + 1 + strlen(thumbprint), token, request + sizeof(path) - 1, thumbprint);
    (void)!send(fd, answer, strlen(answer), MSG_NOSIGNAL);
}

static void *serve(void *arg)
{
    const struct probe *probe = arg;
    int fd;

    while ((fd = accept(probe->listener, NULL, NULL)) >= 0) {
        respond(fd, probe->thumbprint);
        close(fd);
    }
    return NULL;
}

static bool start_responder(struct probe *probe, struct err *err)
{
    const struct sockaddr_in at = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)probe->options.port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;

    probe->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(probe->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(probe->listener, (const struct sockaddr *)&at, sizeof(at)) != 0 ||
        listen(probe->listener, 256) != 0)
        return err_errno(err, ERR_NET, errno, "could not listen on port %d", probe->options.port);
    pthread_create(&probe->responder, NULL, serve, probe);
    return true;
}

/* The account -----------------------------------------------------------------------------------
 */

bool probe_open(struct arena *mem, struct probe *probe, struct err *err)
{
    const struct acme_options options = {
        .name = "CA",
        .directory_url = probe->options.directory,
        .user_agent = "acme_probe/1",
        .timeout_ms = probe->options.timeout_ms,
        .http = {.policy = &policy, .ca_file = probe->options.ca_file},
        .sign = sign};

    probe->account = probe_key(mem);
    return acme_jwk_thumbprint(mem, probe->account.jwk, &probe->thumbprint, err) &&
           http_client_new(&options.http, &probe->http, err) && start_responder(probe, err) &&
           acme_client_new(&options, &probe->client, err);
}

void probe_close(struct probe *probe)
{
    if (probe->responder) {
        shutdown(probe->listener, SHUT_RDWR);
        pthread_join(probe->responder, NULL);
        close(probe->listener);
    }
    http_client_freep(&probe->http);
    acme_client_free(probe->client);
}

bool probe_register(struct arena *mem, struct probe *probe, struct acme_problem *problem,
                    struct err *err)
{
    const char *eab = probe->options.eab;
    const char *colon = eab ? strchr(eab, ':') : NULL;
    json_auto_t *mac =
        json_pack("{s:s, s:s, s:s}", "kty", "oct", "alg", "HS256", "k", colon ? colon + 1 : "");
    const struct acme_binding binding = {
        mac, "HS256", colon ? arena_strndup(mem, eab, (size_t)(colon - eab)) : ""};
    const struct acme_account_request want = {.is_terms_agreed = true,
                                              .binding = colon ? &binding : NULL};
    const struct acme_call call = {probe->client, &probe->account, problem};
    struct acme_account_info *info;

    if (!acme_account_new(mem, &call, &want, &info, err))
        return false;
    probe->account.url = info->url;
    return true;
}

/* One certificate -------------------------------------------------------------------------------
 */

static bool set_txt(struct arena *mem, struct probe *probe, const char *identifier,
                    const char *key_authorization, struct err *err)
{
    const char *body =
        arena_printf(mem, "{\"host\":\"%s.\",\"value\":\"%s\"}", acme_dns_01_name(mem, identifier),
                     acme_dns_01_value(mem, key_authorization));
    const struct http_request request = {.url = arena_printf(mem, "%s/set-txt", probe->options.dns),
                                         .body = slice_str(body)};
    struct http_response response;

    return http_do(mem, probe->http, &request, &response, err) &&
           probe_expect(response.status == 200, err, "set-txt: status %d", response.status);
}

static bool prove(struct arena *mem, struct probe *probe, const struct acme_call *call,
                  const char *url, struct err *err)
{
    enum acme_challenge_type type =
        probe->options.dns ? ACME_CHALLENGE_DNS_01 : ACME_CHALLENGE_HTTP_01;
    const struct acme_challenge *challenge;
    struct acme_authorization *authorization;
    struct acme_challenge *answered;
    const char *answer;

    if (!acme_authorization_get(mem, call, url, &authorization, err))
        return false;
    if (authorization->status != ACME_AUTHORIZATION_PENDING)
        return true;
    challenge = acme_authorization_find(authorization, type);
    if (!challenge)
        return err_set(err, ERR_CA_PROTOCOL, "no %s for %s", acme_challenge_type_name(type),
                       authorization->identifier);
    return acme_key_authorization(mem, challenge->token, probe->thumbprint, &answer, err) &&
           (!probe->options.dns || set_txt(mem, probe, authorization->identifier, answer, err)) &&
           acme_challenge_answer(mem, call, challenge->url, &answered, err);
}

/* Until the order is in this state or valid. */
static bool poll_order(struct arena *mem, const struct probe *probe, const struct acme_call *call,
                       enum acme_order_status until, struct acme_order **order, struct err *err)
{
    int64_t end_at = clock_boot_ms() + POLL_END_MS;
    long wait_ms = POLL_FIRST_MS + POLL_EACH_MS * (probe->options.threads - 1);

    while ((*order)->status != until && (*order)->status != ACME_ORDER_VALID) {
        const struct timespec pause = {.tv_nsec = wait_ms * 1000000};

        if ((*order)->status == ACME_ORDER_INVALID)
            return err_set(err, ERR_CA_REFUSED, "the order is invalid: %s",
                           (*order)->error ? (*order)->error->detail : "no reason given");
        if (clock_boot_ms() > end_at)
            return err_set(err, ERR_TIMEOUT, "the order stays %s",
                           acme_order_status_name((*order)->status));
        nanosleep(&pause, NULL);
        wait_ms = wait_ms * 2 > POLL_MAX_MS ? POLL_MAX_MS : wait_ms * 2;
        if (!acme_order_get(mem, call, (*order)->url, order, err))
            return false;
    }
    return true;
}

bool probe_complete(struct arena *mem, struct probe *probe, const struct acme_call *call,
                    const struct acme_order_request *want, struct probe_issued *out,
                    struct err *err)
{
    const struct csr_wish wish = {.names = want->names, .name_count = want->name_count};
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
    struct acme_finalize_request finalize;
    struct slice spki;

    for (size_t i = 0; i < out->order->authorization_count; i++)
        if (!prove(mem, probe, call, out->order->authorizations[i], err))
            return false;
    if (!poll_order(mem, probe, call, ACME_ORDER_READY, &out->order, err) || !key_make(&key, err))
        return false;
    out->key = account_of(mem, jose_openssl_jwk_from_EVP_PKEY(NULL, key));
    finalize = (struct acme_finalize_request){out->order->url, out->order->finalize, {0}};
    return csr_make(mem, key, &wish, &finalize.csr, err) &&
           acme_order_finalize(mem, call, &finalize, &out->order, err) &&
           poll_order(mem, probe, call, ACME_ORDER_VALID, &out->order, err) &&
           acme_certificate_get(mem, call, out->order->certificate, &out->certificate, err) &&
           chain_covers(&out->certificate->chain, want->names, want->name_count, err) &&
           key_spki(mem, key, &spki, err) && chain_has_key(&out->certificate->chain, spki, err);
}

bool probe_issue(struct arena *mem, struct probe *probe, const struct acme_call *call,
                 const struct acme_order_request *want, struct probe_issued *out, struct err *err)
{
    return acme_order_new(mem, call, want, &out->order, err) &&
           probe_complete(mem, probe, call, want, out, err);
}
