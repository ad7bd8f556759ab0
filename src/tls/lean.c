/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/lean.h"

#include <openssl/core_dispatch.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <string.h>

#include "base/slice.h"

#define NAME     "latchkey-lean"
#define KEPT_MAX 16 /* of an operation */

/* Of these operations nothing else is kept; of all others, everything. An algorithm is known by the
 * first of its names. */
static struct operation {
    int id;
    const char *property; /* that is kept; NULL: whatever it has */
    const char *names[KEPT_MAX];
    OSSL_ALGORITHM kept[KEPT_MAX + 1];
} operations[] = {
    {.id = OSSL_OP_DIGEST, .names = {"SHA1", "SHA2-224", "SHA2-256", "SHA2-384", "SHA2-512"}},
    {.id = OSSL_OP_CIPHER,
     .names = {"AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305", "AES-128-CBC", "AES-256-CBC"}},
    {.id = OSSL_OP_KEYEXCH, .names = {"ECDH", "X25519", "X448", "TLS1-PRF", "HKDF"}},
    {.id = OSSL_OP_KEYMGMT,
     .names = {"RSA", "RSA-PSS", "EC", "ED25519", "ED448", "X25519", "X448", "TLS1-PRF", "HKDF",
               "HMAC"}},
    /* "DER" tells which of the others it is. */
    {.id = OSSL_OP_DECODER,
     .property = "structure=SubjectPublicKeyInfo",
     .names = {"DER", "RSA", "RSA-PSS", "EC", "ED25519", "ED448"}},
};

static OSSL_PROVIDER *all; /* OpenSSL's default one, in a context of its own */
static OSSL_LIB_CTX *lean;

static bool is_called(const OSSL_ALGORITHM *algorithm, const char *name)
{
    size_t len = strlen(name);

    return strncmp(algorithm->algorithm_names, name, len) == 0 &&
           (algorithm->algorithm_names[len] == '\0' || algorithm->algorithm_names[len] == ':');
}

static bool is_kept(const struct operation *operation, const OSSL_ALGORITHM *algorithm)
{
    if (operation->property && !strstr(algorithm->property_definition, operation->property))
        return false;
    for (size_t i = 0; i < KEPT_MAX && operation->names[i]; i++)
        if (is_called(algorithm, operation->names[i]))
            return true;
    return false;
}

/* False: OpenSSL has none of them. */
static bool choose(struct operation *operation)
{
    int no_cache = 0;
    const OSSL_ALGORITHM *at = OSSL_PROVIDER_query_operation(all, operation->id, &no_cache);
    size_t count = 0;

    for (; at && at->algorithm_names && count < KEPT_MAX; at++)
        if (is_kept(operation, at))
            operation->kept[count++] = *at;
    return count > 0;
}

static const OSSL_ALGORITHM *query(void *provider, int id, int *no_cache)
{
    (void)provider;
    *no_cache = 0;
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        if (operations[i].id == id)
            return operations[i].kept;
    return OSSL_PROVIDER_query_operation(all, id, no_cache);
}

static int tell_capabilities(void *provider, const char *capability, OSSL_CALLBACK *tell, void *arg)
{
    (void)provider;
    return OSSL_PROVIDER_get_capabilities(all, capability, tell, arg);
}

/* What is kept works with the state of the provider that it is from. */
static int begin(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                 void **provider)
{
    static const OSSL_DISPATCH functions[] = {
        {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
        {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))tell_capabilities},
        {0, NULL},
    };

    (void)handle;
    (void)in;
    *out = functions;
    *provider = OSSL_PROVIDER_get0_provider_ctx(all);
    return 1;
}

static bool choose_all(void)
{
    OSSL_LIB_CTX *own = OSSL_LIB_CTX_new();

    all = own ? OSSL_PROVIDER_load(own, "default") : NULL;
    for (size_t i = 0; all && i < ARRAY_LEN(operations); i++)
        if (!choose(&operations[i]))
            return false;
    return all;
}

static void make(void)
{
    OSSL_LIB_CTX *made = NULL;

    ERR_set_mark();
    if (choose_all() && (made = OSSL_LIB_CTX_new()) &&
        OSSL_PROVIDER_add_builtin(made, NAME, begin) == 1 && OSSL_PROVIDER_load(made, NAME))
        lean = made;
    ERR_pop_to_mark();
}

OSSL_LIB_CTX *tls_lean(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, make);
    return lean;
}
