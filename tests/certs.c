/* SPDX-License-Identifier: Apache-2.0 */
#include "certs.h"

#include <assert.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdarg.h>

#include "base/buf.h"
#include "base/random.h"

#define PEM_MAX (1u << 20)

static void must(bool is_done)
{
    assert(is_done);
}

static void free_cert(void *cert)
{
    X509_free(cert);
}

static void free_key(void *key)
{
    EVP_PKEY_free(key);
}

static void set_serial(X509 *cert, const char *hex)
{
    AUTO(BIGNUM_freep) BIGNUM *number = NULL;
    unsigned char octets[20];

    if (hex) {
        must(BN_hex2bn(&number, hex) > 0);
    } else {
        random_bytes(octets, sizeof(octets));
        octets[0] = (octets[0] & 0x7f) | 0x40;
        number = BN_bin2bn(octets, sizeof(octets), NULL);
    }
    must(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL);
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    must(extension && X509_add_ext(cert, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static void add_names(struct arena *mem, X509 *cert, const char *const *names)
{
    struct buf text = buf_new(mem, PEM_MAX);

    if (!names || !*names)
        return;
    for (size_t i = 0; names[i]; i++)
        buf_printf(&text, "%sDNS:%s", i ? "," : "", names[i]);
    add_extension(cert, cert, NID_subject_alt_name, buf_cstr(&text));
}

static void add_padding(struct arena *mem, X509 *cert, size_t len)
{
    ASN1_OBJECT *kind = OBJ_txt2obj("1.3.6.1.4.1.55555.1", 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension = NULL;

    must(kind && value && ASN1_OCTET_STRING_set(value, arena_alloc(mem, len), (int)len) == 1);
    must(X509_EXTENSION_create_by_OBJ(&extension, kind, 0, value) != NULL);
    must(X509_add_ext(cert, extension, -1) == 1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(kind);
}

static void add_ca(struct arena *mem, X509 *cert, const char *permitted)
{
    add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(cert, cert, NID_subject_key_identifier, "hash");
    if (permitted)
        add_extension(cert, cert, NID_name_constraints,
                      arena_printf(mem, "critical,permitted;DNS:%s", permitted));
}

static void set_subject(X509 *cert, const struct test_cert_wish *wish)
{
    X509_NAME *subject = X509_get_subject_name(cert);

    if (wish->subject_octets.len)
        must(X509_NAME_add_entry_by_NID(subject, NID_organizationName, V_ASN1_T61STRING,
                                        wish->subject_octets.data, (int)wish->subject_octets.len,
                                        -1, 0) == 1);
    if (wish->cn)
        must(X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                                        (const unsigned char *)wish->cn, -1, -1, 0) == 1);
}

static const char *bio_text(struct arena *mem, BIO *bio)
{
    char *data;
    long len = BIO_get_mem_data(bio, &data);
    const char *text = arena_strndup(mem, data, (size_t)len);

    BIO_free(bio);
    return text;
}

static void encode(struct arena *mem, struct test_cert *out)
{
    BIO *pem = BIO_new(BIO_s_mem()), *key_pem = BIO_new(BIO_s_mem());
    unsigned char *der = NULL;
    int len = i2d_X509(out->cert, &der);

    must(len > 0 && PEM_write_bio_X509(pem, out->cert) == 1);
    must(PEM_write_bio_PKCS8PrivateKey(key_pem, out->key, NULL, NULL, 0, NULL, NULL) == 1);
    out->der = slice_of(arena_memdup(mem, der, (size_t)len), (size_t)len);
    out->pem = bio_text(mem, pem);
    out->key_pem = bio_text(mem, key_pem);
    OPENSSL_free(der);
}

struct test_cert *test_cert_make(struct arena *mem, const struct test_cert_wish *wish)
{
    struct test_cert *out = arena_new_of(mem, struct test_cert);
    const struct test_cert *issuer = wish->issuer ? wish->issuer : out;

    out->cert = X509_new();
    out->key = wish->key ? wish->key : EVP_EC_gen("P-256");
    arena_defer(mem, free_cert, out->cert);
    arena_defer(mem, free_key, out->key);
    must(X509_set_version(out->cert, X509_VERSION_3) == 1);
    set_serial(out->cert, wish->serial);
    set_subject(out->cert, wish);
    must(X509_set_issuer_name(out->cert, X509_get_subject_name(issuer->cert)) == 1);
    must(ASN1_TIME_set(X509_getm_notBefore(out->cert), (time_t)(wish->not_before / 1000)) != NULL);
    must(ASN1_TIME_set(X509_getm_notAfter(out->cert), (time_t)(wish->not_after / 1000)) != NULL);
    must(X509_set_pubkey(out->cert, out->key) == 1);
    add_names(mem, out->cert, wish->names);
    if (wish->is_ca)
        add_ca(mem, out->cert, wish->permitted);
    if (wish->is_ca && wish->issuer)
        add_extension(out->cert, issuer->cert, NID_authority_key_identifier, "keyid");
    if (wish->padding)
        add_padding(mem, out->cert, wish->padding);
    must(X509_sign(out->cert, issuer->key, EVP_sha256()) > 0);
    encode(mem, out);
    return out;
}

const char *test_pem_join(struct arena *mem, ...)
{
    struct buf all = buf_new(mem, PEM_MAX);
    const char *text;
    va_list ap;

    va_start(ap, mem);
    while ((text = va_arg(ap, const char *)))
        buf_str(&all, text);
    va_end(ap);
    return buf_cstr(&all);
}
