/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/csr.h"

#include <openssl/x509v3.h>

#include "base/hash.h"
#include "ca/public_key.h"
#include "net/address.h"
#include "tls/cert.h"

#define IPV4_OCTETS 4

DEFINE_FREEP(GENERAL_NAMES, GENERAL_NAMES_free)

static const int good_signatures[] = {
    NID_sha256WithRSAEncryption, NID_sha384WithRSAEncryption, NID_sha512WithRSAEncryption,
    NID_ecdsa_with_SHA256,       NID_ecdsa_with_SHA384,       NID_ecdsa_with_SHA512,
};

static void release_request(void *request)
{
    X509_REQ_free(request);
}

static void release_key(void *key)
{
    EVP_PKEY_free(key);
}

static bool bad_csr(struct ca_problem *problem, const char *reason)
{
    return ca_refuse(problem, CA_PROBLEM_BAD_CSR, "Error finalizing order :: %s", reason);
}

static bool check_key(struct arena *mem, EVP_PKEY *key, struct ca_problem *problem)
{
    const char *refusal;

    if (!key)
        return bad_csr(problem, "invalid public key in CSR");
    refusal = ca_key_refusal(mem, key);
    if (*refusal)
        return bad_csr(problem, arena_printf(mem, "invalid public key in CSR: %s", refusal));
    return true;
}

static bool check_signature(const struct ca_csr *csr, struct ca_problem *problem)
{
    int nid = X509_REQ_get_signature_nid(csr->request);
    bool is_good = false;

    for (size_t i = 0; i < ARRAY_LEN(good_signatures); i++)
        is_good = is_good || nid == good_signatures[i];
    if (!is_good)
        return bad_csr(problem, "signature algorithm not supported");
    if (X509_REQ_verify(csr->request, csr->key) != 1)
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

/* An address is a name that no order has. */
static const char *address_name(struct arena *mem, const ASN1_STRING *octets)
{
    size_t len = (size_t)ASN1_STRING_length(octets);
    struct address address = {.is_v6 = len == sizeof(address.octets)};
    char text[ADDRESS_TEXT_SIZE];

    if (!address.is_v6 && len != IPV4_OCTETS)
        return NULL;
    memcpy(address.octets, ASN1_STRING_get0_data(octets), len);
    return arena_strdup(mem, address_text(&address, text));
}

/* *out = NULL: a kind of name that is passed over. */
static bool read_entry(struct arena *mem, const GENERAL_NAME *entry, const char **out,
                       struct ca_problem *problem)
{
    *out = NULL;
    if (entry->type == GEN_EMAIL)
        return bad_csr(problem, "CSR contains one or more email address fields");
    if (entry->type == GEN_URI)
        return bad_csr(problem, "CSR contains one or more URI fields");
    if (entry->type != GEN_DNS && entry->type != GEN_IPADD)
        return true;
    *out = entry->type == GEN_DNS ? plain_text(mem, entry->d.dNSName)
                                  : address_name(mem, entry->d.iPAddress);
    return *out || bad_csr(problem, "CSR contains a name that cannot be read");
}

static bool take_san(struct arena *mem, const GENERAL_NAMES *san, const char **names, size_t *count,
                     struct ca_problem *problem)
{
    for (int i = 0; i < sk_GENERAL_NAME_num(san); i++) {
        if (!read_entry(mem, sk_GENERAL_NAME_value(san, i), &names[*count], problem))
            return false;
        *count += names[*count] != NULL;
    }
    return true;
}

/* "": there is none; NULL: it has a NUL inside. */
static const char *common_name_of(struct arena *mem, const X509_REQ *request)
{
    X509_NAME *subject = X509_REQ_get_subject_name(request);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

    return at < 0 ? ""
                  : plain_text(mem, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

static bool take_common_name(struct arena *mem, const X509_REQ *request, const char **names,
                             size_t *count, struct ca_problem *problem)
{
    const char *text = common_name_of(mem, request);
    struct address address;
    struct err err;

    if (!text)
        return bad_csr(problem, "CSR contains a name that cannot be read");
    if (address_parse(text, &address, &err))
        return bad_csr(problem, "CSR contains IP address in Common Name");
    if (*text)
        names[(*count)++] = text;
    return true;
}

static GENERAL_NAMES *san_of(X509_REQ *request)
{
    STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(request);
    GENERAL_NAMES *san = X509V3_get_d2i(extensions, NID_subject_alt_name, NULL, NULL);

    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    return san;
}

static bool take_names(struct arena *mem, X509_REQ *request, struct ca_names *out,
                       struct ca_problem *problem)
{
    AUTO(GENERAL_NAMES_freep) GENERAL_NAMES *san = san_of(request);
    size_t most = san ? (size_t)sk_GENERAL_NAME_num(san) : 0, count = 0;
    const char **names = arena_array_of(mem, most + 2, const char *);

    if (!take_san(mem, san, names, &count, problem) ||
        !take_common_name(mem, request, names, &count, problem))
        return false;
    if (count == 0)
        return bad_csr(problem, "at least one identifier is required");
    *out = ca_names_make(mem, names, count);
    return true;
}

/* The extension by which a certificate asks for OCSP stapling (RFC 7633). */
static bool check_features(X509_REQ *request, struct ca_problem *problem)
{
    STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(request);
    bool has_feature = X509v3_get_ext_by_NID(extensions, NID_tlsfeature, -1) >= 0;

    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    return !has_feature ||
           ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED,
                     "Error finalizing order :: OCSP must-staple extension is no longer available: "
                     "see https://letsencrypt.org/2024/12/05/ending-ocsp");
}

static const char *common_name_for(struct arena *mem, X509_REQ *request)
{
    AUTO(GENERAL_NAMES_freep) GENERAL_NAMES *san = NULL;
    const char *text = common_name_of(mem, request);

    if (text && *text)
        return strlen(text) <= CA_COMMON_NAME_MAX ? text : "";
    san = san_of(request);
    for (int i = 0; i < sk_GENERAL_NAME_num(san); i++) {
        const GENERAL_NAME *entry = sk_GENERAL_NAME_value(san, i);
        const char *name = entry->type == GEN_DNS ? plain_text(mem, entry->d.dNSName) : NULL;

        if (name && strlen(name) <= CA_COMMON_NAME_MAX)
            return name;
    }
    return "";
}

/* Request and key; false: the octets begin with no request. *rest: what follows it. */
static bool decode(struct arena *mem, struct slice der, struct ca_csr *out, struct slice *rest)
{
    struct ca_csr csr = {.der = der};

    *rest = der;
    csr.request = cert_request_take(rest, &csr.key);
    if (!csr.request)
        return false;
    arena_defer(mem, release_request, csr.request);
    if (csr.key)
        arena_defer(mem, release_key, csr.key);
    *out = csr;
    return true;
}

bool ca_csr_parse(struct arena *mem, struct slice der, struct ca_csr *out,
                  struct ca_problem *problem)
{
    struct ca_csr csr;
    struct slice rest;

    if (!decode(mem, der, &csr, &rest))
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "Error parsing certificate request");
    if (rest.len)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "Error parsing certificate request: trailing data");
    if (!check_features(csr.request, problem) || !check_key(mem, csr.key, problem) ||
        !check_signature(&csr, problem) || !take_names(mem, csr.request, &csr.names, problem))
        return false;
    csr.key_hash = ca_key_hash(mem, csr.key);
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

static struct ca_subject_key *subject_key(struct arena *mem, X509_REQ *request, const char *hash)
{
    const char *common_name = common_name_for(mem, request);
    struct ca_subject_key *out = calloc(1, sizeof(*out));

    if (!out)
        abort();
    out->key = X509_PUBKEY_dup(X509_REQ_get_X509_PUBKEY(request));
    if (!out->key)
        abort();
    snprintf(out->hash, sizeof(out->hash), "%s", hash);
    snprintf(out->common_name, sizeof(out->common_name), "%s",
             ca_names_make(mem, &common_name, 1).items[0]);
    return out;
}

struct ca_subject_key *ca_csr_subject_key(struct arena *mem, const struct ca_csr *csr)
{
    return subject_key(mem, csr->request, csr->key_hash);
}

bool ca_csr_reload(struct arena *mem, struct slice der, struct ca_subject_key **out,
                   struct err *err)
{
    struct ca_csr csr;
    struct slice rest;
    const char *hash = decode(mem, der, &csr, &rest) && csr.key ? ca_key_hash(mem, csr.key) : NULL;

    if (!hash)
        return err_set(err, ERR_STORE, "the stored request is none");
    *out = subject_key(mem, csr.request, hash);
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
