/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acme-issue: gets a certificate by http-01, with keys that stay in another process.
 *
 *     acme-issue DIRECTORY-URL CA-FILE NAME WEBROOT
 *
 * A child process makes the account's key and the certificate's, and answers over a socket: what is
 * the public key, sign this, make a certificate request. libacme asks it through the sign callback;
 * the process that talks to the CA never has a key. What is written:
 * WEBROOT/.well-known/acme-challenge/..., NAME.pem (the chain), NAME.key (by the child). CA-FILE
 * verifies the CA's https; "" = the system's roots.
 *
 *     cc acme-issue.c $(pkg-config --cflags --libs libacme)
 */
#include <acme.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <jose/b64.h>
#include <jose/jwk.h>
#include <jose/jws.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_MAX 65536

/* --- the process with the keys: one JSON object in, one out -------------------------------------
 */

static json_t *public_jwk(const json_t *key)
{
    json_t *jwk = json_deep_copy(key);

    jose_jwk_pub(NULL, jwk);
    json_object_del(jwk, "alg");
    json_object_del(jwk, "key_ops");
    return jwk;
}

static json_t *sign_jws(const json_t *key, const json_t *wish)
{
    json_t *jws = json_pack("{s:O}", "payload", json_object_get(wish, "payload"));
    json_auto_t *header = json_pack("{s:O}", "protected", json_object_get(wish, "header"));

    if (!jose_jws_sig(NULL, jws, header, key)) {
        json_decref(jws);
        return json_pack("{s:s}", "error", "cannot sign");
    }
    return jws;
}

static void write_key(const char *name, EVP_PKEY *key)
{
    char path[300];
    int fd;
    FILE *file;

    snprintf(path, sizeof(path), "%s.key", name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file || !PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

static json_t *make_request(const char *name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509_REQ *request = X509_REQ_new();
    STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
    unsigned char *der = NULL;
    char names[300];
    json_t *reply;
    int len;

    snprintf(names, sizeof(names), "DNS:%s", name);
    sk_X509_EXTENSION_push(list, X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names));
    X509_REQ_add_extensions(request, list);
    X509_REQ_set_pubkey(request, key);
    X509_REQ_sign(request, key, EVP_sha256());
    len = i2d_X509_REQ(request, &der);
    write_key(name, key);
    reply = json_pack("{s:o}", "csr", jose_b64_enc(der, (size_t)len));
    OPENSSL_free(der);
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    X509_REQ_free(request);
    EVP_PKEY_free(key);
    return reply;
}

static json_t *answer(const json_t *key, const json_t *wish)
{
    const char *name = json_string_value(json_object_get(wish, "name"));

    if (json_object_get(wish, "header"))
        return sign_jws(key, wish);
    return name ? make_request(name) : public_jwk(key);
}

static void keep_keys(int fd)
{
    json_auto_t *key = json_pack("{s:s}", "alg", "ES256");
    static char message[MESSAGE_MAX];
    ssize_t len;

    jose_jwk_gen(NULL, key);
    while ((len = recv(fd, message, sizeof(message), 0)) > 0) {
        json_auto_t *wish = json_loadb(message, (size_t)len, 0, NULL);
        json_auto_t *reply = answer(key, wish);
        size_t size = json_dumpb(reply, message, sizeof(message), JSON_COMPACT);

        if (send(fd, message, size, MSG_NOSIGNAL) < 0)
            break;
    }
}

/* --- asking it -----------------------------------------------------------------------------------
 */

/* The reply as text in the arena. `wish` is taken over. */
static bool ask(int fd, struct arena *mem, json_t *wish, const char **out, struct err *err)
{
    char *text = json_dumps(wish, JSON_COMPACT), *reply = arena_alloc(mem, MESSAGE_MAX);
    bool is_sent = send(fd, text, strlen(text), MSG_NOSIGNAL) > 0;

    json_decref(wish);
    free(text);
    if (!is_sent || recv(fd, reply, MESSAGE_MAX - 1, 0) <= 0)
        return err_set(err, ERR_SIGNER, "the process with the keys does not answer");
    *out = reply;
    return true;
}

static bool sign(void *arg, struct arena *mem, const struct acme_sign_request *want,
                 const char **jws, struct err *err)
{
    return ask(*(int *)arg, mem,
               json_pack("{s:o, s:o}", "header", json_loads(want->protected_header, 0, NULL),
                         "payload", jose_b64_enc(want->payload.data, want->payload.len)),
               jws, err);
}

static bool get_csr(int fd, struct arena *mem, const char *name, struct slice *out, struct err *err)
{
    const char *text;
    json_auto_t *reply = NULL;
    unsigned char *der = arena_alloc(mem, MESSAGE_MAX);

    if (!ask(fd, mem, json_pack("{s:s}", "name", name), &text, err))
        return false;
    reply = json_loads(text, 0, NULL);
    *out = slice_of(der, jose_b64_dec(json_object_get(reply, "csr"), der, MESSAGE_MAX));
    return true;
}

/* --- the certificate -----------------------------------------------------------------------------
 */

static bool write_file(const char *path, const char *text, size_t len, struct err *err)
{
    FILE *file = fopen(path, "w");

    if (!file || fwrite(text, 1, len, file) != len || fclose(file) != 0)
        return err_errno(err, ERR_INTERNAL, errno, "could not write %s", path);
    return true;
}

static bool prove(struct arena *mem, const struct acme_call *call, const char *url,
                  const char *webroot, struct err *err)
{
    const struct acme_challenge *challenge;
    struct acme_authorization *authorization;
    const char *thumbprint, *text, *path;
    struct acme_challenge *told;

    if (!acme_authorization_get(mem, call, url, &authorization, err))
        return false;
    challenge = acme_authorization_find(authorization, ACME_CHALLENGE_HTTP_01);
    if (authorization->status == ACME_AUTHORIZATION_VALID)
        return true;
    if (!challenge)
        return err_set(err, ERR_CA_REFUSED, "the CA offers no http-01");
    mkdir(arena_printf(mem, "%s/.well-known", webroot), 0755);
    mkdir(arena_printf(mem, "%s" ACME_HTTP_01_PATH, webroot), 0755);
    path = arena_printf(mem, "%s" ACME_HTTP_01_PATH "%s", webroot, challenge->token);
    return acme_jwk_thumbprint(mem, call->account->jwk, &thumbprint, err) &&
           acme_key_authorization(mem, challenge->token, thumbprint, &text, err) &&
           write_file(path, text, strlen(text), err) &&
           acme_challenge_answer(mem, call, challenge->url, &told, err);
}

/* Looks again, when the CA says or in a fifth of a second, until the order is not as it was. */
static bool wait_while(struct arena *mem, const struct acme_call *call,
                       enum acme_order_status status, struct acme_order **order, struct err *err)
{
    for (int i = 0; i < 300 && (*order)->status == status; i++) {
        int64_t wait_ms =
            (*order)->retry_at ? (*order)->retry_at - (int64_t)time(NULL) * 1000 : 200;
        const struct timespec pause = {.tv_sec = wait_ms > 0 ? wait_ms / 1000 : 0,
                                       .tv_nsec = wait_ms > 0 ? wait_ms % 1000 * 1000000 : 0};

        nanosleep(&pause, NULL);
        if (!acme_order_get(mem, call, (*order)->url, order, err))
            return false;
    }
    if ((*order)->status == ACME_ORDER_INVALID)
        return err_set(err, ERR_CA_REFUSED, "the CA could not validate the name");
    return true;
}

static bool issue(struct arena *mem, const struct acme_call *call, int keys, char **args,
                  struct err *err)
{
    const char *names[] = {args[2]};
    const struct acme_order_request want = {.names = names, .name_count = 1};
    struct acme_finalize_request finalize = {0};
    struct acme_certificate *certificate;
    struct acme_order *order;

    if (!acme_order_new(mem, call, &want, &order, err))
        return false;
    for (size_t i = 0; i < order->authorization_count; i++)
        if (!prove(mem, call, order->authorizations[i], args[3], err))
            return false;
    finalize.order_url = order->url;
    finalize.finalize_url = order->finalize;
    return wait_while(mem, call, ACME_ORDER_PENDING, &order, err) &&
           get_csr(keys, mem, args[2], &finalize.csr, err) &&
           acme_order_finalize(mem, call, &finalize, &order, err) &&
           wait_while(mem, call, ACME_ORDER_PROCESSING, &order, err) &&
           acme_certificate_get(mem, call, order->certificate, &certificate, err) &&
           write_file(arena_printf(mem, "%s.pem", args[2]), (const char *)certificate->pem.data,
                      certificate->pem.len, err);
}

static bool run(struct arena *mem, int keys, char **args, struct acme_problem *problem,
                struct err *err)
{
    static const struct net_allowed loopback = {.prefix = {{.octets = {127}}, 8}};
    static const struct net_policy policy = {NET_PUBLIC_ANY, &loopback, 1}; /* test CAs too */
    const struct acme_options options = {
        .name = "the CA",
        .directory_url = args[0],
        .user_agent = "acme-issue/1",
        .http = {.policy = &policy, .resolve = acme_resolve_by_system, .ca_file = args[1]},
        .sign = sign,
        .sign_arg = &keys};
    const struct acme_account_request terms = {.is_terms_agreed = true};
    struct acme_account account = {.alg = "ES256"};
    struct acme_call call = {.account = &account, .problem = problem};
    struct acme_account_info *info;
    bool is_done;

    if (!ask(keys, mem, json_object(), &account.jwk, err) ||
        !acme_client_new(&options, &call.client, err))
        return false;
    is_done = acme_account_new(mem, &call, &terms, &info, err);
    if (is_done) {
        account.url = info->url;
        is_done = issue(mem, &call, keys, args, err);
    }
    acme_client_free(call.client);
    return is_done;
}

int main(int argc, char **argv)
{
    struct arena *mem = arena_new();
    struct acme_problem problem = {0};
    struct err err;
    int ends[2];
    bool is_done;

    if (argc != 5) {
        fputs("usage: acme-issue DIRECTORY-URL CA-FILE NAME WEBROOT\n", stderr);
        return 64;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return 1;
    if (fork() == 0) {
        close(ends[0]);
        keep_keys(ends[1]);
        _exit(0);
    }
    close(ends[1]);
    is_done = run(mem, ends[0], argv + 1, &problem, &err);
    if (!is_done)
        fprintf(stderr, "acme-issue: %s\n", err.text);
    if (!is_done && problem.type != ACME_PROBLEM_NONE)
        fprintf(stderr, "%s; who must act: %s\n", problem.meaning, err_actor_name(problem.actor));
    arena_free(mem);
    close(ends[0]);
    wait(NULL);
    return is_done ? 0 : 1;
}
