/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acme_probe: uses src/acme against a real CA, with an account key of its own and an http-01
 * responder on loopback.
 *
 *     acme_probe issue DIRECTORY CA_FILE RESPONDER_PORT PREFIX COUNT THREADS
 *         COUNT certificates for <PREFIX><i>.example, THREADS at a time
 *     acme_probe tour DIRECTORY CA_FILE RESPONDER_PORT PREFIX
 *         every other call once, each with what it must answer
 *     acme_probe renew DIRECTORY CA_FILE RESPONDER_PORT PREFIX
 *         at a CA that has ARI and the profile "minutes": a certificate, its window, an order that
 *         replaces it, a second one that is refused; the end of the account
 *
 * Prints one JSON object; exits 0 when all went as it must.
 */
#include <errno.h>
#include <jose/b64.h>
#include <jose/jwk.h>
#include <jose/jws.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "acme/account.h"
#include "acme/ari.h"
#include "acme/authorization.h"
#include "acme/certificate.h"
#include "acme/challenge.h"
#include "acme/order.h"
#include "acme/problem.h"
#include "base/clock.h"
#include "tiny_server.h"
#include "tls/csr.h"
#include "tls/key.h"

#define THREADS_MAX   8 /* more make Pebble 2.4.0 stop for ever */
#define POLL_FIRST_MS 25
#define POLL_MAX_MS   200
#define POLL_END_MS   30000

struct probe {
    struct acme_client *client;
    struct acme_account account;
    const char *thumbprint;
    const char *prefix;
    struct tiny_server responder;
    int count;
    _Atomic int next, issued;
    pthread_mutex_t lock; /* of failures, which the threads add to */
    json_t *failures;
};

/* Signing with a key of this process */

static json_t *public_part(const json_t *key)
{
    json_t *jwk = json_deep_copy(key);

    jose_jwk_pub(NULL, jwk);
    json_object_del(jwk, "alg");
    json_object_del(jwk, "key_ops");
    return jwk;
}

static bool sign(void *arg, struct arena *mem, const struct acme_sign_request *want,
                 const char **out, struct err *err)
{
    json_auto_t *protected_header = json_loads(want->protected_header, 0, NULL);
    json_auto_t *payload = jose_b64_enc(want->payload.data, want->payload.len);
    json_auto_t *jws = json_pack("{s:O}", "payload", payload);
    json_auto_t *template = json_pack("{s:O}", "protected", protected_header);
    char *text;

    (void)arg;
    if (!jose_jws_sig(NULL, jws, template, want->account->key))
        return err_set(err, ERR_CRYPTO, "cannot sign");
    text = json_dumps(jws, JSON_COMPACT);
    *out = arena_strdup(mem, text);
    free(text);
    return true;
}

/* http-01 */

static bool respond(struct tiny_conn *conn, const char *request)
{
    static const char path[] = "GET /.well-known/acme-challenge/";
    const struct probe *probe = conn->server->arg;
    char token[ACME_TOKEN_MAX + 1], answer[512];
    size_t len;

    if (strncmp(request, path, strlen(path)) != 0)
        return false;
    len = strcspn(request + strlen(path), " ");
    snprintf(token, sizeof(token), "%.*s", (int)len, request + strlen(path));
    snprintf(answer, sizeof(answer),
             "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s.%s",
             strlen(token) + 1 + strlen(probe->thumbprint), token, probe->thumbprint);
    tiny_text(conn, answer);
    return false;
}

/* One certificate */

static bool answer_all(struct arena *mem, const struct acme_call *call,
                       const struct acme_order *order, struct err *err)
{
    for (size_t i = 0; i < order->authorization_count; i++) {
        const struct acme_challenge *http;
        struct acme_authorization *authorization;
        struct acme_challenge *answered;

        if (!acme_authorization_get(mem, call, order->authorizations[i], &authorization, err))
            return false;
        if (authorization->status != ACME_AUTHORIZATION_PENDING)
            continue;
        http = acme_authorization_find(authorization, ACME_CHALLENGE_HTTP_01);
        if (!http)
            return err_set(err, ERR_CA_PROTOCOL, "no http-01 for %s", authorization->identifier);
        if (!acme_challenge_answer(mem, call, http->url, &answered, err))
            return false;
    }
    return true;
}

static bool poll_order(struct arena *mem, const struct acme_call *call,
                       enum acme_order_status until, struct acme_order **order, struct err *err)
{
    int64_t end_at = clock_boot_ms() + POLL_END_MS;
    long wait_ms = POLL_FIRST_MS;

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

static bool issue(struct arena *mem, const struct acme_call *call,
                  const struct acme_order_request *want, struct acme_certificate **out,
                  struct err *err)
{
    const struct csr_wish wish = {.names = want->names, .name_count = want->name_count};
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
    struct acme_finalize_request finalize;
    struct acme_order *order;
    struct slice spki;

    if (!acme_order_new(mem, call, want, &order, err) || !answer_all(mem, call, order, err) ||
        !poll_order(mem, call, ACME_ORDER_READY, &order, err))
        return false;
    finalize = (struct acme_finalize_request){order->url, order->finalize, {0}};
    return key_make(&key, err) && csr_make(mem, key, &wish, &finalize.csr, err) &&
           acme_order_finalize(mem, call, &finalize, &order, err) &&
           poll_order(mem, call, ACME_ORDER_VALID, &order, err) &&
           acme_certificate_get(mem, call, order->certificate, out, err) &&
           chain_covers(&(*out)->chain, want->names, want->name_count, err) &&
           key_spki(mem, key, &spki, err) && chain_has_key(&(*out)->chain, spki, err);
}

static void *issue_some(void *arg)
{
    struct probe *probe = arg;
    const struct acme_call call = {probe->client, &probe->account, NULL};
    int i;

    while ((i = atomic_fetch_add(&probe->next, 1)) < probe->count) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        const char *name = arena_printf(mem, "%s%d.example", probe->prefix, i);
        const struct acme_order_request want = {.names = &name, .name_count = 1};
        struct acme_certificate *certificate;
        struct err err;

        if (issue(mem, &call, &want, &certificate, &err)) {
            atomic_fetch_add(&probe->issued, 1);
            continue;
        }
        pthread_mutex_lock(&probe->lock);
        json_array_append_new(probe->failures, json_sprintf("%s: %s", name, err.text));
        pthread_mutex_unlock(&probe->lock);
    }
    return NULL;
}

static bool run_issue(struct probe *probe, int threads, json_t *report)
{
    pthread_t ids[THREADS_MAX];
    int64_t begun_at = clock_boot_ms();
    struct rusage usage;

    for (int i = 0; i < threads; i++)
        pthread_create(&ids[i], NULL, issue_some, probe);
    for (int i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    getrusage(RUSAGE_SELF, &usage);
    json_object_set_new(report, "issued", json_integer(probe->issued));
    json_object_set_new(report, "ms", json_integer(clock_boot_ms() - begun_at));
    json_object_set_new(report, "max_rss_kib", json_integer(usage.ru_maxrss));
    return probe->issued == probe->count;
}

/* All other calls */

static bool tour_account(struct arena *mem, const struct acme_call *call, struct err *err)
{
    const struct acme_account_request want = {.is_terms_agreed = true};
    struct acme_account_info *first, *again, *found, none_yet, *unknown = &none_yet;
    json_auto_t *key = json_pack("{s:s}", "alg", "ES256");
    json_auto_t *public = NULL;
    struct acme_account stranger = {.key = key, .alg = "ES256"};
    const struct acme_call other = {call->client, &stranger, NULL};
    char *text;

    if (!acme_account_new(mem, call, &want, &first, err) ||
        !acme_account_new(mem, call, &want, &again, err) ||
        !acme_account_find(mem, call, &found, err))
        return false;
    if (!found || strcmp(first->url, again->url) != 0 || strcmp(first->url, found->url) != 0)
        return err_set(err, ERR_INTERNAL, "one key has several accounts");
    jose_jwk_gen(NULL, key);
    public = public_part(key);
    text = json_dumps(public, JSON_COMPACT);
    stranger.jwk = arena_strdup(mem, text);
    free(text);
    if (!acme_account_find(mem, &other, &unknown, err))
        return false;
    return !unknown || err_set(err, ERR_INTERNAL, "found an account of an unknown key");
}

static bool tour_finalize_early(struct arena *mem, const struct acme_call *call,
                                const struct acme_order *order, struct err *err)
{
    const struct acme_finalize_request early = {order->url, order->finalize, SLICE_LIT("\x30\x00")};
    struct acme_order *never;
    struct err refused;

    if (acme_order_finalize(mem, call, &early, &never, &refused))
        return err_set(err, ERR_INTERNAL, "a pending order was finalized");
    if (call->problem->type != ACME_PROBLEM_ORDER_NOT_READY ||
        call->problem->reaction != ACME_REREAD)
        return err_set(err, ERR_INTERNAL, "finalize too early: %s", refused.text);
    return true;
}

static bool tour_deactivate(struct arena *mem, const struct acme_call *call, const char *name,
                            struct err *err)
{
    const struct acme_order_request want = {.names = &name, .name_count = 1};
    struct acme_authorization *authorization;
    struct acme_order *order;

    if (!acme_order_new(mem, call, &want, &order, err) ||
        !tour_finalize_early(mem, call, order, err) ||
        !acme_authorization_deactivate(mem, call, order->authorizations[0], &authorization, err))
        return false;
    if (authorization->status != ACME_AUTHORIZATION_DEACTIVATED)
        return err_set(err, ERR_INTERNAL, "deactivated authorization is %s",
                       acme_authorization_status_name(authorization->status));
    return true;
}

static bool tour_gone(struct arena *mem, const struct acme_call *call,
                      const struct acme_order *order, struct err *err)
{
    struct acme_order *never;
    struct err refused;

    if (acme_order_get(mem, call, arena_printf(mem, "%sX", order->url), &never, &refused))
        return err_set(err, ERR_INTERNAL, "an order of nobody was found");
    if (call->problem->status != 404 || call->problem->reaction != ACME_NEW_ORDER)
        return err_set(err, ERR_INTERNAL, "order of nobody: %s", refused.text);
    return true;
}

static bool run_tour(struct probe *probe, json_t *report, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct acme_problem problem = {0};
    const struct acme_call call = {probe->client, &probe->account, &problem};
    const char *names[] = {arena_printf(mem, "%s.example", probe->prefix),
                           arena_printf(mem, "www.%s.example", probe->prefix)};
    const struct acme_order_request want = {.names = names, .name_count = 1};
    const struct acme_order_request both = {.names = names, .name_count = ARRAY_LEN(names)};
    struct acme_certificate *certificate, *alternate;
    struct acme_order *order;

    if (!tour_account(mem, &call, err) || !tour_deactivate(mem, &call, names[0], err) ||
        !acme_order_new(mem, &call, &want, &order, err) || !tour_gone(mem, &call, order, err) ||
        !issue(mem, &call, &both, &certificate, err))
        return false;
    json_object_set_new(report, "alternates",
                        json_integer((json_int_t)certificate->alternate_count));
    for (size_t i = 0; i < certificate->alternate_count; i++)
        if (!acme_certificate_get(mem, &call, certificate->alternates[i], &alternate, err))
            return false;
    json_object_set_new(report, "serial", json_string(certificate->chain.serial));
    return acme_revoke(mem, &call, certificate->chain.certs[0], ACME_REVOKED_SUPERSEDED, err) &&
           acme_revoke(mem, &call, certificate->chain.certs[0], ACME_REVOKED_SUPERSEDED, err);
}

/* RFC 9773 */

/* A second order with "replaces" is refused as what it is; without, the first one is found again.
 */
static bool renew_twice(struct arena *mem, const struct acme_call *call,
                        struct acme_order_request want, const struct acme_order *first,
                        struct err *err)
{
    struct acme_order *again;
    struct err refused;

    if (!first->replaces || strcmp(first->replaces, want.replaces) != 0 ||
        strcmp(first->profile, want.profile) != 0)
        return err_set(err, ERR_INTERNAL, "the order does not say what it is");
    if (acme_order_new(mem, call, &want, &again, &refused))
        return err_set(err, ERR_INTERNAL, "two orders replace one certificate");
    if (call->problem->type != ACME_PROBLEM_ALREADY_REPLACED ||
        call->problem->reaction != ACME_DROP_REPLACES)
        return err_set(err, ERR_INTERNAL, "second replacement: %s", refused.text);
    want.replaces = NULL;
    return acme_order_new(mem, call, &want, &again, err) &&
           (strcmp(again->url, first->url) == 0 ||
            err_set(err, ERR_INTERNAL, "without replaces it is another order"));
}

static bool end_account(struct arena *mem, const struct acme_call *call,
                        const struct acme_order *order, struct err *err)
{
    struct acme_order *never;
    struct err refused;

    if (!acme_account_deactivate(mem, call, err))
        return false;
    if (acme_order_get(mem, call, order->url, &never, &refused))
        return err_set(err, ERR_INTERNAL, "a deactivated account is served");
    return (call->problem->type == ACME_PROBLEM_UNAUTHORIZED &&
            call->problem->reaction == ACME_STOP) ||
           err_set(err, ERR_INTERNAL, "deactivated account: %s", refused.text);
}

static bool run_renew(struct probe *probe, json_t *report, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct acme_problem problem = {0};
    const struct acme_call call = {probe->client, &probe->account, &problem};
    const char *name = arena_printf(mem, "%s.example", probe->prefix);
    struct acme_order_request want = {.names = &name, .name_count = 1, .profile = "minutes"};
    struct acme_certificate *certificate;
    struct acme_renewal_info *info;
    struct acme_order *order;

    if (!issue(mem, &call, &want, &certificate, err) ||
        !acme_certificate_id(mem, certificate->chain.certs[0], &want.replaces, err) ||
        !acme_renewal_info_get(mem, &call, want.replaces, &info, err))
        return false;
    if (!info)
        return err_set(err, ERR_INTERNAL, "the CA has no renewalInfo");
    json_object_set_new(report, "window_ms", json_integer(info->end_at - info->start_at));
    if (!acme_order_new(mem, &call, &want, &order, err) ||
        !renew_twice(mem, &call, want, order, err))
        return false;
    json_object_set_new(report, "replaced", json_true());
    return end_account(mem, &call, order, err);
}

static bool open_account(struct arena *mem, struct probe *probe, const char *const *args,
                         struct err *err)
{
    static const struct net_allowed loopback = {.prefix = {{.octets = {127}}, 8}};
    static const struct net_policy policy = {.allowed = &loopback, .allowed_count = 1};
    const struct acme_options options = {.name = "CA",
                                         .directory_url = args[0],
                                         .user_agent = "acme_probe/1",
                                         .http = {.policy = &policy, .ca_file = args[1]},
                                         .sign = sign};
    const struct acme_account_request want = {.is_terms_agreed = true};
    struct acme_call call = {.account = &probe->account};
    struct acme_account_info *info;

    if (!acme_client_new(&options, &probe->client, err) ||
        !acme_jwk_thumbprint(mem, probe->account.jwk, &probe->thumbprint, err))
        return false;
    call.client = probe->client;
    if (!acme_account_new(mem, &call, &want, &info, err))
        return false;
    probe->account.url = info->url;
    return true;
}

static bool run(struct probe *probe, int argc, char **argv, json_t *report, struct err *err)
{
    bool is_tour = strcmp(argv[1], "tour") == 0, is_renew = strcmp(argv[1], "renew") == 0;
    int64_t count = 0, threads = 1, port;

    if (!slice_i64(slice_str(argv[4]), 1, 65535, &port) ||
        (!is_tour && !is_renew &&
         (argc != 8 || !slice_i64(slice_str(argv[6]), 1, 10000, &count) ||
          !slice_i64(slice_str(argv[7]), 1, THREADS_MAX, &threads))))
        return err_set(err, ERR_BAD_INPUT, "wrong usage");
    probe->prefix = argv[5];
    probe->count = (int)count;
    if (!tiny_start(&probe->responder, "127.0.0.1", (uint16_t)port))
        return err_errno(err, ERR_NET, errno, "could not listen on port %s", argv[4]);
    if (is_tour)
        return run_tour(probe, report, err);
    if (is_renew)
        return run_renew(probe, report, err);
    return run_issue(probe, (int)threads, report) ||
           err_set(err, ERR_INTERNAL, "not all were issued");
}

int main(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    json_auto_t *key = json_pack("{s:s}", "alg", "ES256"), *public = NULL;
    json_auto_t *report = json_object();
    static struct probe probe = {.lock = PTHREAD_MUTEX_INITIALIZER};
    const char *args[2];
    struct err err = {.text = ""};
    bool is_done;

    if (argc < 6) {
        fputs("usage: acme_probe issue|tour|renew DIRECTORY CA_FILE PORT PREFIX [COUNT THREADS]\n",
              stderr);
        return 64;
    }
    args[0] = argv[2];
    args[1] = argv[3];
    jose_jwk_gen(NULL, key);
    public = public_part(key);
    probe.account =
        (struct acme_account){.key = key, .alg = "ES256", .jwk = json_dumps(public, JSON_COMPACT)};
    probe.failures = json_array();
    probe.responder.answer = respond;
    probe.responder.arg = &probe;
    json_object_set_new(report, "failures", probe.failures);
    is_done = open_account(mem, &probe, args, &err) && run(&probe, argc, argv, report, &err);
    json_object_set_new(report, "error", json_string(err.text));
    json_dumpf(report, stdout, JSON_COMPACT);
    putchar('\n');
    if (probe.responder.port)
        tiny_stop(&probe.responder);
    acme_client_free(probe.client);
    return is_done ? 0 : 1;
}
