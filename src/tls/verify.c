/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/verify.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "tls/chain.h"
#include "tls/handle.h"

#define AUTH_LEVEL 2 /* 112 bits, as browsers ask: RSA 2048, P-256, SHA-256 */

struct verify_roots {
    X509_STORE *store;
};

typedef STACK_OF(X509) certificate_list;

static void free_list(certificate_list **list)
{
    sk_X509_free(*list);
}

static void free_store(void *store)
{
    X509_STORE_free(store);
}

/* The number of roots added; -1 when the text is broken. */
static int add_roots(X509_STORE *store, BIO *text)
{
    for (int count = 0;; count++) {
        AUTO(X509_freep) X509 *root = PEM_read_bio_X509(text, NULL, NULL, NULL);
        bool is_end = !root && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;

        ERR_clear_error();
        if (!root)
            return is_end ? count : -1;
        /* OpenSSL works out what its extensions say when it needs it first: before threads share
         * it, not while they do. */
        (void)X509_check_purpose(root, -1, 0);
        if (X509_STORE_add_cert(store, root) != 1)
            return -1;
    }
}

static bool new_roots(struct arena *mem, struct verify_roots **out, struct err *err)
{
    struct verify_roots *roots = arena_new_of(mem, struct verify_roots);

    roots->store = X509_STORE_new();
    if (!roots->store)
        return tls_err(err, ERR_CRYPTO, "could not make a store of roots");
    arena_defer(mem, free_store, roots->store);
    *out = roots;
    return true;
}

static bool read_roots(struct verify_roots *roots, BIO *text, const char *name, struct err *err)
{
    int count = add_roots(roots->store, text);

    if (count < 0)
        return err_set(err, ERR_CONFIG, "%s has a certificate that cannot be read", name);
    if (count == 0)
        return err_set(err, ERR_CONFIG, "%s has no certificate in PEM", name);
    return true;
}

bool verify_roots_read(struct arena *mem, struct slice pem, struct verify_roots **out,
                       struct err *err)
{
    AUTO(BIO_freep) BIO *text = NULL;
    struct verify_roots *roots;

    if (pem.len > VERIFY_FILE_MAX)
        return err_set(err, ERR_CONFIG, "roots of %zu octets, at most %u are allowed", pem.len,
                       VERIFY_FILE_MAX);
    text = BIO_new_mem_buf(pem.data, (int)pem.len);
    if (!text)
        return tls_err(err, ERR_CRYPTO, "could not read roots");
    if (!new_roots(mem, &roots, err) || !read_roots(roots, text, "the text", err))
        return false;
    *out = roots;
    return true;
}

bool verify_roots_load_all(struct arena *mem, const char *const *paths, size_t count,
                           struct verify_roots **out, struct err *err)
{
    struct verify_roots *roots;

    if (!new_roots(mem, &roots, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        AUTO(BIO_freep) BIO *file = BIO_new_file(paths[i], "r");

        if (!file)
            return tls_err(err, ERR_CONFIG, "could not open %s", paths[i]);
        if (!read_roots(roots, file, paths[i], err))
            return false;
    }
    *out = roots;
    return true;
}

bool verify_roots_load(struct arena *mem, const char *path, struct verify_roots **out,
                       struct err *err)
{
    return verify_roots_load_all(mem, &path, 1, out, err);
}

/* The certificates above the leaf, whose references stay the chain's; NULL: out of memory. */
static certificate_list *above(const struct chain *chain)
{
    certificate_list *list = sk_X509_new_reserve(NULL, CHAIN_CERT_MAX);

    for (size_t i = 1; list && i < chain->count; i++)
        sk_X509_push(list, chain->parsed[i]);
    return list;
}

static enum verify_verdict verdict_of(int code)
{
    switch (code) {
    case X509_V_OK:
        return VERIFY_TRUSTED;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return VERIFY_UNKNOWN_ROOT;
    default:
        return VERIFY_REFUSED;
    }
}

static void describe_root(X509 *root, struct verify_result *result)
{
    AUTO(BIO_freep) BIO *text = BIO_new(BIO_s_mem());
    unsigned len = sizeof(result->fingerprint);
    int got = 0;

    X509_digest(root, EVP_sha256(), result->fingerprint, &len);
    if (text && X509_NAME_print_ex(text, X509_get_subject_name(root), 0, XN_FLAG_RFC2253) > 0)
        got = BIO_read(text, result->root, sizeof(result->root) - 1);
    result->root[got > 0 ? got : 0] = '\0';
}

static struct verify_result result_of(X509_STORE_CTX *ctx)
{
    int code = X509_STORE_CTX_get_error(ctx);
    struct verify_result result = {.verdict = verdict_of(code)};
    certificate_list *chain = X509_STORE_CTX_get0_chain(ctx);

    if (result.verdict == VERIFY_TRUSTED)
        describe_root(sk_X509_value(chain, sk_X509_num(chain) - 1), &result);
    else
        snprintf(result.reason, sizeof(result.reason), "%s", X509_verify_cert_error_string(code));
    return result;
}

static struct verify_result refuse(const char *reason)
{
    struct verify_result result = {.verdict = VERIFY_REFUSED};

    ERR_clear_error();
    snprintf(result.reason, sizeof(result.reason), "%s", reason);
    return result;
}

struct verify_result verify_chain(const struct verify_roots *roots, const struct chain *chain,
                                  int64_t at)
{
    AUTO(X509_STORE_CTX_freep) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    AUTO(free_list) certificate_list *rest = above(chain);
    X509_VERIFY_PARAM *param;
    struct verify_result result;

    if (!ctx || !rest || X509_STORE_CTX_init(ctx, roots->store, chain->parsed[0], rest) != 1)
        return refuse("the crypto library failed");
    param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(param, (time_t)(at / 1000));
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
    X509_verify_cert(ctx);
    result = result_of(ctx);
    ERR_clear_error();
    return result;
}
