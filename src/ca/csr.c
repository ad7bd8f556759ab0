/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/csr.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/hash.h"
#include "ca/public_key.h"

DEFINE_FREEP(GENERAL_NAMES, GENERAL_NAMES_free)

static const int good_signatures[] = {
    NID_sha256WithRSAEncryption, NID_sha384WithRSAEncryption, NID_sha512WithRSAEncryption,
    NID_ecdsa_with_SHA256,       NID_ecdsa_with_SHA384,       NID_ecdsa_with_SHA512,
};

static void release_request(void *request)
{
    X509_REQ_free(request);
}

static bool bad_csr(struct ca_problem *problem, const char *reason)
{
    return ca_refuse(problem, CA_PROBLEM_BAD_CSR, "Error finalizing order :: %s", reason);
}

static bool check_key(struct arena *mem, X509_REQ *request, struct ca_problem *problem)
{
    EVP_PKEY *key = X509_REQ_get0_pubkey(request);
    const char *refusal;

    if (!key)
        return bad_csr(problem, "invalid public key in CSR");
    refusal = ca_key_refusal(mem, key);
    if (*refusal)
        return bad_csr(problem, arena_printf(mem, "invalid public key in CSR: %s", refusal));
    return true;
}

static bool check_signature(X509_REQ *request, struct ca_problem *problem)
{
    int nid = X509_REQ_get_signature_nid(request);
    bool is_good = false;

    for (size_t i = 0; i < ARRAY_LEN(good_signatures); i++)
        is_good = is_good || nid == good_signatures[i];
    if (!is_good)
        return bad_csr(problem, "signature algorithm not supported");
    if (X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) != 1)
        return bad_csr(problem, "invalid signature on CSR");
    return true;
}

/* The text of a string that has no NUL inside; NULL otherwise. */
static const char *plain_text(struct arena *mem, const ASN1_STRING *string)
{
    const char *data = (const char *)ASN1_STRING_get0_data(string);
    size_t len = (size_t)ASN1_STRING_length(string);

    return memchr(data, 0, len) ? NULL : arena_strndup(mem, data, len);
}

static bool take_san(struct arena *mem, const GENERAL_NAMES *san, const char **names, size_t *count,
                     struct ca_problem *problem)
{
    for (int i = 0; i < sk_GENERAL_NAME_num(san); i++) {
        const GENERAL_NAME *entry = sk_GENERAL_NAME_value(san, i);

        if (entry->type == GEN_EMAIL)
            return bad_csr(problem, "CSR contains one or more email address fields");
        if (entry->type == GEN_IPADD)
            return bad_csr(problem, "CSR contains one or more IP address fields");
        if (entry->type != GEN_DNS)
            return bad_csr(problem, "CSR contains a name that is not a DNS name");
        if (*count == CA_NAMES_MAX)
            return bad_csr(
                problem, arena_printf(mem, "CSR contains more than %d identifiers", CA_NAMES_MAX));
        names[*count] = plain_text(mem, entry->d.dNSName);
        if (!names[*count])
            return bad_csr(problem, "CSR contains a name that is not a DNS name");
        (*count)++;
    }
    return true;
}

static bool take_common_name(struct arena *mem, X509_REQ *request, const char **names,
                             size_t *count, struct ca_problem *problem)
{
    X509_NAME *subject = X509_REQ_get_subject_name(request);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    const char *text;

    if (at < 0)
        return true;
    text = plain_text(mem, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (!text)
        return bad_csr(problem, "CSR contains a common name that is not a DNS name");
    if (*text)
        names[(*count)++] = text;
    return true;
}

static bool take_names(struct arena *mem, X509_REQ *request, struct ca_names *out,
                       struct ca_problem *problem)
{
    const char *names[CA_NAMES_MAX + 1];
    STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(request);
    AUTO(GENERAL_NAMES_freep)
    GENERAL_NAMES *san = X509V3_get_d2i(extensions, NID_subject_alt_name, NULL, NULL);
    size_t count = 0;

    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    if (!take_san(mem, san, names, &count, problem) ||
        !take_common_name(mem, request, names, &count, problem))
        return false;
    if (count == 0)
        return bad_csr(problem, "at least one identifier is required");
    *out = ca_names_make(mem, names, count);
    return true;
}

/* NULL: none. *len: octets of the DER that it took. */
static X509_REQ *decode(struct arena *mem, struct slice der, size_t *len)
{
    const unsigned char *end = der.data;
    X509_REQ *request = d2i_X509_REQ(NULL, &end, (long)der.len);

    ERR_clear_error();
    if (!request)
        return NULL;
    arena_defer(mem, release_request, request);
    *len = (size_t)(end - der.data);
    return request;
}

bool ca_csr_parse(struct arena *mem, struct slice der, struct ca_csr *out,
                  struct ca_problem *problem)
{
    struct ca_csr csr = {.der = der};
    size_t len;

    csr.request = decode(mem, der, &len);
    if (!csr.request)
        return ca_refuse(problem, CA_PROBLEM_BAD_CSR, "Error parsing certificate request");
    if (len != der.len)
        return ca_refuse(problem, CA_PROBLEM_BAD_CSR,
                         "Error parsing certificate request: trailing data");
    if (!check_key(mem, csr.request, problem) || !check_signature(csr.request, problem) ||
        !take_names(mem, csr.request, &csr.names, problem))
        return false;
    csr.key_hash = ca_key_hash(mem, X509_REQ_get0_pubkey(csr.request));
    if (!csr.key_hash)
        return bad_csr(problem, "invalid public key in CSR");
    *out = csr;
    return true;
}

bool ca_csr_read(struct arena *mem, const char *text, struct ca_csr *out,
                 struct ca_problem *problem)
{
    struct slice der;
    struct err err;

    if (!base64url_decode(mem, text, &der, &err) || der.len > CA_CSR_MAX)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "Error unmarshaling finalize order request");
    return ca_csr_parse(mem, der, out, problem);
}

static struct ca_subject_key *subject_key(X509_REQ *request, const char *hash)
{
    struct ca_subject_key *out = calloc(1, sizeof(*out));

    if (!out)
        abort();
    out->key = X509_PUBKEY_dup(X509_REQ_get_X509_PUBKEY(request));
    if (!out->key)
        abort();
    snprintf(out->hash, sizeof(out->hash), "%s", hash);
    return out;
}

struct ca_subject_key *ca_csr_subject_key(const struct ca_csr *csr)
{
    return subject_key(csr->request, csr->key_hash);
}

bool ca_csr_reload(struct arena *mem, struct slice der, struct ca_subject_key **out,
                   struct err *err)
{
    size_t len;
    X509_REQ *request = decode(mem, der, &len);
    const EVP_PKEY *key = request ? X509_REQ_get0_pubkey(request) : NULL;
    const char *hash = key ? ca_key_hash(mem, key) : NULL;

    if (!hash)
        return err_set(err, ERR_STORE, "the stored request is none");
    *out = subject_key(request, hash);
    return true;
}

void ca_subject_key_free(void *key)
{
    struct ca_subject_key *subject = key;

    if (!subject)
        return;
    X509_PUBKEY_free(subject->key);
    free(subject);
}
