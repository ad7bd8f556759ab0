/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/csr.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tls/key.h"

#define VERSION_1 0L /* RFC 2986 section 4.1 counts from 0 */

DEFINE_FREEP(GENERAL_NAME, GENERAL_NAME_free)
DEFINE_FREEP(GENERAL_NAMES, GENERAL_NAMES_free)
DEFINE_FREEP(X509_EXTENSION, X509_EXTENSION_free)

typedef STACK_OF(X509_EXTENSION) extension_list;

static void free_extensions(extension_list **list)
{
    sk_X509_EXTENSION_pop_free(*list, X509_EXTENSION_free);
}

static bool is_name_octet(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

static bool check_name(const char *name, struct err *err)
{
    struct slice wildcard = slice_str(CSR_WILDCARD_TEXT);
    size_t len = strlen(name);
    const char *rest = slice_starts(slice_str(name), wildcard) ? name + wildcard.len : name;

    if (len > CSR_DNS_NAME_MAX)
        return err_field(err, "names", "name of %zu octets, at most %d are allowed", len,
                         CSR_DNS_NAME_MAX);
    if (*rest == '\0' || *rest == '.' || rest[strlen(rest) - 1] == '.')
        return err_field(err, "names", "\"%s\" is not a host name", name);
    for (const char *p = rest; *p; p++)
        if (!is_name_octet(*p))
            return err_field(err, "names", "octet 0x%02x is not allowed in a host name",
                             (unsigned char)*p);
    return true;
}

static bool check_names(const struct csr_wish *wish, struct err *err)
{
    if (wish->name_count < 1 || wish->name_count > CSR_NAME_MAX)
        return err_field(err, "names", "%zu names, 1 to %d are allowed", wish->name_count,
                         CSR_NAME_MAX);
    for (size_t i = 0; i < wish->name_count; i++) {
        if (!check_name(wish->names[i], err))
            return false;
        for (size_t j = 0; j < i; j++)
            if (strcmp(wish->names[i], wish->names[j]) == 0)
                return err_field(err, "names", "\"%s\" is listed twice", wish->names[i]);
    }
    return true;
}

static bool is_given(const char *text)
{
    return text && *text;
}

static bool check_country(const char *country, struct err *err)
{
    if (!is_given(country))
        return true;
    if (strlen(country) == 2 && country[0] >= 'A' && country[0] <= 'Z' && country[1] >= 'A' &&
        country[1] <= 'Z')
        return true;
    return err_field(err, "country", "\"%.16s\" is not two capital letters", country);
}

static bool check_place(const char *field, const char *text, struct err *err)
{
    size_t count = 0;

    if (!is_given(text))
        return true;
    if (!slice_is_utf8(slice_str(text)))
        return err_field(err, field, "not UTF-8");
    for (const char *p = text; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return err_field(err, field, "control character 0x%02x", (unsigned char)*p);
        count += ((unsigned char)*p & 0xc0) != 0x80;
    }
    if (count > CSR_STATE_MAX)
        return err_field(err, field, "%zu characters, at most %d are allowed", count,
                         CSR_STATE_MAX);
    return true;
}

bool csr_check(const struct csr_wish *wish, struct err *err)
{
    return check_names(wish, err) && check_country(wish->country, err) &&
           check_place("state_or_province", wish->state_or_province, err) &&
           check_place("city", wish->city, err);
}

static int cn_rank(const char *name)
{
    struct slice text = slice_str(name);

    return slice_starts(text, SLICE_LIT("www.")) || slice_starts(text, SLICE_LIT("*.")) ? 1 : 2;
}

/* NULL when every name is too long. */
static const char *common_name(const struct csr_wish *wish)
{
    const char *best = NULL;

    for (size_t i = 0; i < wish->name_count; i++) {
        const char *name = wish->names[i];

        if (strlen(name) <= CSR_CN_MAX && (!best || cn_rank(name) > cn_rank(best)))
            best = name;
    }
    return best;
}

static bool add_subject(X509_REQ *request, const struct csr_wish *wish)
{
    X509_NAME *subject = X509_REQ_get_subject_name(request);
    const struct {
        int nid;
        const char *text;
    } parts[] = {
        {NID_countryName, wish->country},
        {NID_stateOrProvinceName, wish->state_or_province},
        {NID_localityName, wish->city},
        {NID_commonName, common_name(wish)},
    };

    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (is_given(parts[i].text) &&
            X509_NAME_add_entry_by_NID(subject, parts[i].nid, MBSTRING_UTF8,
                                       (const unsigned char *)parts[i].text, -1, -1, 0) != 1)
            return false;
    return true;
}

static bool add_dns_name(GENERAL_NAMES *list, const char *name)
{
    AUTO(GENERAL_NAME_freep) GENERAL_NAME *entry = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();

    if (!entry || !text || ASN1_STRING_set(text, name, -1) != 1) {
        ASN1_IA5STRING_free(text);
        return false;
    }
    GENERAL_NAME_set0_value(entry, GEN_DNS, text);
    if (sk_GENERAL_NAME_push(list, entry) <= 0)
        return false;
    entry = NULL;
    return true;
}

static bool add_alternative_names(X509_REQ *request, const struct csr_wish *wish)
{
    AUTO(GENERAL_NAMES_freep) GENERAL_NAMES *names = GENERAL_NAMES_new();
    AUTO(X509_EXTENSION_freep) X509_EXTENSION *extension = NULL;
    AUTO(free_extensions) extension_list *list = sk_X509_EXTENSION_new_null();

    for (size_t i = 0; i < wish->name_count; i++)
        if (!names || !add_dns_name(names, wish->names[i]))
            return false;
    extension = X509V3_EXT_i2d(NID_subject_alt_name, 0, names);
    if (!extension || !list || sk_X509_EXTENSION_push(list, extension) <= 0)
        return false;
    extension = NULL; /* the list's now */
    return X509_REQ_add_extensions(request, list) == 1;
}

/* X509_REQ_set_pubkey() would decode again what it encodes, with decoders that it looks for anew.
 */
static bool set_key(X509_REQ *request, const EVP_PKEY *key, struct err *err)
{
    unsigned char *point = OPENSSL_malloc(KEY_POINT_SIZE);

    if (!point || !key_point(key, point, err) ||
        X509_PUBKEY_set0_param(X509_REQ_get_X509_PUBKEY(request),
                               OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT,
                               OBJ_nid2obj(NID_X9_62_prime256v1), point, KEY_POINT_SIZE) != 1) {
        OPENSSL_free(point);
        return false;
    }
    return true;
}

bool csr_make(struct arena *mem, EVP_PKEY *key, const struct csr_wish *wish, struct slice *out,
              struct err *err)
{
    AUTO(X509_REQ_freep) X509_REQ *request = X509_REQ_new();
    unsigned char *der = NULL;
    int len;

    if (!csr_check(wish, err))
        return false;
    if (!request || X509_REQ_set_version(request, VERSION_1) != 1 || !add_subject(request, wish) ||
        !add_alternative_names(request, wish) || !set_key(request, key, err) ||
        X509_REQ_sign(request, key, EVP_sha256()) <= 0)
        return tls_err(err, ERR_CRYPTO, "could not make a certificate request");
    len = i2d_X509_REQ(request, &der);
    if (len <= 0)
        return tls_err(err, ERR_CRYPTO, "could not encode a certificate request");
    *out = slice_of(arena_memdup(mem, der, (size_t)len), (size_t)len);
    OPENSSL_free(der);
    return true;
}

const char *csr_pem(struct arena *mem, struct slice der)
{
    return tls_pem(mem, PEM_STRING_X509_REQ, &der, 1);
}
