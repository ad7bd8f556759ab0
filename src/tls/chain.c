/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/chain.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <strings.h>

#include "base/buf.h"
#include "tls/cert.h"
#include "tls/handle.h"
#include "tls/issuers.h"

#define NAME_MAX_COUNT 200 /* dNSNames of a leaf that are kept; Let's Encrypt allows 100 */
#define SERIAL_MAX     20  /* octets, RFC 5280 section 4.1.2.2 */
#define ISSUER_MAX     1024

DEFINE_FREEP(GENERAL_NAMES, GENERAL_NAMES_free)

/* One block of PEM. 1: there was one; 0: the text is used up; -1: it is broken. */
static int next_block(struct arena *mem, BIO *text, struct slice *der)
{
    char *name = NULL, *header = NULL;
    unsigned char *data = NULL;
    long len = 0;
    bool is_read = PEM_read_bio(text, &name, &header, &data, &len) == 1;
    bool is_certificate = is_read && strcmp(name, PEM_STRING_X509) == 0 && *header == '\0';
    bool is_end = !is_read && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;

    ERR_clear_error();
    if (is_certificate)
        *der = slice_of(arena_memdup(mem, data, (size_t)len), (size_t)len);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
    return is_certificate ? 1 : is_end ? 0 : -1;
}

static bool read_serial(struct arena *mem, const X509 *leaf, struct chain *out, struct err *err)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(leaf);
    int len = ASN1_STRING_length(serial);

    if (len < 1 || len > SERIAL_MAX || ASN1_STRING_type(serial) != V_ASN1_INTEGER)
        return err_set(err, ERR_BAD_CERT, "the leaf's serial number is not 1 to %d octets",
                       SERIAL_MAX);
    out->serial = hex_encode(mem, slice_of(ASN1_STRING_get0_data(serial), (size_t)len));
    return true;
}

static bool read_time(const ASN1_TIME *time, int64_t *out)
{
    struct tm parts;

    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return false;
    *out = (int64_t)timegm(&parts) * 1000;
    return true;
}

static bool read_issuer(struct arena *mem, const X509 *leaf, struct chain *out, struct err *err)
{
    AUTO(BIO_freep) BIO *text = BIO_new(BIO_s_mem());
    char *data;
    long len;

    if (!text || X509_NAME_print_ex(text, X509_get_issuer_name(leaf), 0,
                                    XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) < 0)
        return tls_err(err, ERR_BAD_CERT, "cannot read the leaf's issuer");
    len = BIO_get_mem_data(text, &data);
    if (len > ISSUER_MAX || !slice_is_utf8(slice_of(data, (size_t)len)))
        return err_set(err, ERR_BAD_CERT, "the leaf's issuer is over %d octets or not UTF-8",
                       ISSUER_MAX);
    out->issuer = arena_strndup(mem, data, (size_t)len);
    return true;
}

/* A dNSName as lower-case text; NULL when it holds what no host name has. */
static const char *dns_text(struct arena *mem, const GENERAL_NAME *name)
{
    const ASN1_STRING *value = name->d.dNSName;
    int len = ASN1_STRING_length(value);
    char *text = arena_strndup(mem, (const char *)ASN1_STRING_get0_data(value), (size_t)len);

    for (int i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~')
            return NULL;
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] | 0x20);
    }
    return len > 0 ? text : NULL;
}

static bool read_names(struct arena *mem, const X509 *leaf, struct chain *out, struct err *err)
{
    AUTO(GENERAL_NAMES_freep)
    GENERAL_NAMES *list = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    const char **names;
    int count = list ? sk_GENERAL_NAME_num(list) : 0;

    ERR_clear_error();
    if (count > NAME_MAX_COUNT)
        return err_set(err, ERR_BAD_CERT, "the leaf has %d names, at most %d are allowed", count,
                       NAME_MAX_COUNT);
    names = arena_array_of(mem, (size_t)count + 1, const char *);
    for (int i = 0; i < count; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(list, i);

        if (name->type != GEN_DNS)
            continue;
        names[out->name_count] = dns_text(mem, name);
        if (!names[out->name_count++])
            return err_set(err, ERR_BAD_CERT, "name %d of the leaf is not a host name", i + 1);
    }
    out->names = names;
    return true;
}

static bool read_spki(struct arena *mem, const X509 *leaf, struct chain *out, struct err *err)
{
    unsigned char *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &der);

    if (len <= 0)
        return tls_err(err, ERR_BAD_CERT, "cannot read the leaf's public key");
    out->spki = slice_of(arena_memdup(mem, der, (size_t)len), (size_t)len);
    OPENSSL_free(der);
    return true;
}

static bool read_leaf(struct arena *mem, const X509 *leaf, struct chain *out, struct err *err)
{
    unsigned char digest[SHA256_SIZE];

    hash_sha256(out->certs[0], digest);
    out->fingerprint = hex_encode(mem, slice_of(digest, sizeof(digest)));
    if (!read_time(X509_get0_notBefore(leaf), &out->not_before) ||
        !read_time(X509_get0_notAfter(leaf), &out->not_after))
        return tls_err(err, ERR_BAD_CERT, "cannot read the leaf's validity");
    return read_serial(mem, leaf, out, err) && read_issuer(mem, leaf, out, err) &&
           read_names(mem, leaf, out, err) && read_spki(mem, leaf, out, err) &&
           chain_point_offset(out->certs[0], &out->point_offset, err);
}

static bool check_count(size_t count, struct err *err)
{
    return (count >= 1 && count <= CHAIN_CERT_MAX) ||
           err_set(err, ERR_BAD_CERT, "%zu certificates, 1 to %d are allowed", count,
                   CHAIN_CERT_MAX);
}

static void free_parsed(void *cert)
{
    X509_free(cert);
}

/* The arena holds it from now on. */
static void keep(struct arena *mem, struct chain *chain, size_t i, X509 *cert)
{
    arena_defer(mem, free_parsed, cert);
    chain->parsed[i] = cert;
}

static X509 *parse_issuer(struct slice der, struct issuers *issuers)
{
    X509 *cert = issuers_find(issuers, der);

    if (cert)
        return cert;
    cert = cert_parse(der);
    if (cert)
        issuers_keep(issuers, der, cert);
    return cert;
}

static bool read_all(struct arena *mem, const struct slice *certs, size_t count,
                     struct issuers *issuers, struct chain *out, struct err *err)
{
    struct chain found = {.count = count};

    if (!check_count(count, err))
        return false;
    for (size_t i = count; i-- > 0;) {
        X509 *cert = issuers && i > 0 ? parse_issuer(certs[i], issuers) : cert_parse(certs[i]);

        found.certs[i] = certs[i];
        if (!cert)
            return err_set(err, ERR_BAD_CERT, "certificate %zu cannot be read", i + 1);
        keep(mem, &found, i, cert);
    }
    if (!read_leaf(mem, found.parsed[0], &found, err))
        return false;
    *out = found;
    return true;
}

bool chain_from_der(struct arena *mem, const struct slice *certs, size_t count, struct chain *out,
                    struct err *err)
{
    return read_all(mem, certs, count, NULL, out, err);
}

static bool encode(struct arena *mem, const X509 *cert, struct slice *out)
{
    unsigned char *der = NULL;
    int len = i2d_X509(cert, &der);

    if (len <= 0)
        return false;
    *out = slice_of(arena_memdup(mem, der, (size_t)len), (size_t)len);
    OPENSSL_free(der);
    return true;
}

bool chain_from_parsed(struct arena *mem, X509 *const *certs, size_t count, struct chain *out,
                       struct err *err)
{
    struct chain found = {.count = count};

    if (!check_count(count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!encode(mem, certs[i], &found.certs[i]))
            return tls_err(err, ERR_BAD_CERT, "certificate %zu cannot be encoded", i + 1);
        X509_up_ref(certs[i]);
        keep(mem, &found, i, certs[i]);
    }
    if (!read_leaf(mem, found.parsed[0], &found, err))
        return false;
    *out = found;
    return true;
}

bool chain_split(struct arena *mem, struct slice pem, struct slice certs[CHAIN_CERT_MAX],
                 size_t *count, struct err *err)
{
    AUTO(BIO_freep) BIO *text = NULL;
    struct slice found[CHAIN_CERT_MAX + 1];
    size_t n = 0;
    int got;

    if (pem.len > CHAIN_PEM_MAX)
        return err_set(err, ERR_BAD_CERT, "chain of %zu octets, at most %d are allowed", pem.len,
                       CHAIN_PEM_MAX);
    text = BIO_new_mem_buf(pem.data, (int)pem.len);
    if (!text)
        return tls_err(err, ERR_CRYPTO, "could not read a chain");
    while ((got = next_block(mem, text, &found[n])) > 0)
        if (++n > CHAIN_CERT_MAX)
            return err_set(err, ERR_BAD_CERT, "more than %d certificates", CHAIN_CERT_MAX);
    if (got < 0)
        return err_set(err, ERR_BAD_CERT, "block %zu is not a certificate in PEM", n + 1);
    if (n == 0)
        return err_set(err, ERR_BAD_CERT, "no certificate in %zu octets", pem.len);
    memcpy(certs, found, n * sizeof(found[0]));
    *count = n;
    return true;
}

bool chain_read_with(struct arena *mem, struct slice pem, struct issuers *issuers,
                     struct chain *out, struct err *err)
{
    struct slice certs[CHAIN_CERT_MAX];
    size_t count;

    return chain_split(mem, pem, certs, &count, err) &&
           read_all(mem, certs, count, issuers, out, err);
}

bool chain_read(struct arena *mem, struct slice pem, struct chain *out, struct err *err)
{
    return chain_read_with(mem, pem, NULL, out, err);
}

/* One of several that say the same is the first. */
static const X509_NAME_ENTRY *common_name(const X509_NAME *name)
{
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);

    return at < 0 ? NULL : X509_NAME_get_entry(name, at);
}

static bool is_shown(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < ' ' || text.data[i] == 0x7f)
            return false;
    return slice_is_utf8(text);
}

const char *chain_root_name(struct arena *mem, const struct chain *chain)
{
    const X509 *last = chain->parsed[chain->count - 1];
    const X509_NAME_ENTRY *entry = common_name(X509_get_issuer_name(last));
    unsigned char *text = NULL;
    const char *name = "";
    int len;

    len = entry ? ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry)) : 0;
    ERR_clear_error();
    if (len > 0 && is_shown(slice_of(text, (size_t)len)))
        name = arena_strndup(mem, (const char *)text, (size_t)len);
    OPENSSL_free(text);
    return name;
}

const char *chain_pem(struct arena *mem, const struct chain *chain)
{
    return tls_pem(mem, PEM_STRING_X509, chain->certs, chain->count);
}

/* "*.example.com" covers "www.example.com", not "example.com" or "a.b.example.com". */
static bool covers(const char *pattern, const char *name)
{
    const char *dot;

    if (strcasecmp(pattern, name) == 0)
        return true;
    if (strncmp(pattern, "*.", 2) != 0 || *name == '*')
        return false;
    dot = strchr(name, '.');
    return dot && dot != name && strcasecmp(pattern + 1, dot) == 0;
}

bool chain_covers(const struct chain *chain, const char *const *names, size_t count,
                  struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        bool is_covered = false;

        for (size_t j = 0; j < chain->name_count && !is_covered; j++)
            is_covered = covers(chain->names[j], names[i]);
        if (!is_covered)
            return err_set(err, ERR_BAD_CERT, "the certificate does not cover %s", names[i]);
    }
    return true;
}

bool chain_has_key(const struct chain *chain, struct slice spki, struct err *err)
{
    if (slice_eq(chain->spki, spki))
        return true;
    return err_set(err, ERR_BAD_CERT, "the certificate is for another key");
}
