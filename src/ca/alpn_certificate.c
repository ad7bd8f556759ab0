/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/alpn_certificate.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "ca/identifier.h"
#include "ca/quote.h"
#include "net/address.h"
#include "tls/handle.h"

DEFINE_FREEP(GENERAL_NAMES, GENERAL_NAMES_free)
DEFINE_FREEP(ASN1_OBJECT, ASN1_OBJECT_free)

#define ID_ACME_IDENTIFIER  "1.3.6.1.5.5.7.1.31"
#define ID_SUBJECT_ALT_NAME "2.5.29.17"
#define NAMES_TEXT_MAX      4096
#define OCTET_STRING        4 /* the tag */

/* --- extensions ------------------------------------------------------------------------------ */

static X509_EXTENSION *find_extension(const X509 *certificate, const char *id)
{
    AUTO(ASN1_OBJECT_freep) ASN1_OBJECT *object = OBJ_txt2obj(id, 1);
    int at = X509_get_ext_by_OBJ(certificate, object, -1);

    return at < 0 ? NULL : X509_get_ext(certificate, at);
}

static struct slice value_of(X509_EXTENSION *extension)
{
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(extension);

    return slice_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
}

static bool has_double(const X509 *certificate)
{
    for (int i = 0; i < X509_get_ext_count(certificate); i++) {
        ASN1_OBJECT *id = X509_EXTENSION_get_object(X509_get_ext(certificate, i));

        if (X509_get_ext_by_OBJ(certificate, id, i) >= 0)
            return true;
    }
    return false;
}

bool ca_alpn_certificate_is_readable(X509 *certificate)
{
    int place = -1;
    AUTO(GENERAL_NAMES_freep)
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, &place, NULL);

    ERR_clear_error();
    return (names || place == -1) && !has_double(certificate) && X509_get0_pubkey(certificate);
}

/* --- self-signed ----------------------------------------------------------------------------- */

static bool is_self_signed(X509 *certificate)
{
    int digest = NID_undef;
    bool is_signed;

    if (X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) != 0 ||
        X509_get_signature_info(certificate, &digest, NULL, NULL, NULL) != 1 || digest == NID_md5)
        return false;
    is_signed = X509_verify(certificate, X509_get0_pubkey(certificate)) == 1;
    ERR_clear_error();
    return is_signed;
}

/* --- names ----------------------------------------------------------------------------------- */

static struct slice text_of(const ASN1_STRING *string)
{
    return slice_of(ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string));
}

/* As in a list of names; "": of a kind that is not listed. */
static const char *shown_name(struct arena *mem, const GENERAL_NAME *name)
{
    struct address address;
    char text[ADDRESS_TEXT_SIZE];
    struct slice octets;

    if (name->type == GEN_DNS || name->type == GEN_EMAIL || name->type == GEN_URI) {
        octets = text_of(name->d.ia5);
        return arena_strndup(mem, (const char *)octets.data, octets.len);
    }
    if (name->type != GEN_IPADD)
        return "";
    octets = text_of(name->d.iPAddress);
    if (octets.len != 4 && octets.len != 16)
        return "";
    address = address_from_octets(octets);
    return arena_strdup(mem, address_text(&address, text));
}

static const char *common_name(struct arena *mem, const X509 *certificate)
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    struct slice text;

    if (at < 0)
        return "";
    text = text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    return arena_strndup(mem, (const char *)text.data, text.len);
}

static int compare(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}

/* Sorted, in lower case, each once, with ", " between. */
static const char *joined(struct arena *mem, const char **names, size_t count)
{
    struct buf out = buf_new(mem, NAMES_TEXT_MAX);

    qsort(names, count, sizeof(*names), compare);
    for (size_t i = 0; i < count && buf_ok(&out); i++) {
        if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
            buf_printf(&out, "%s%s", out.len ? ", " : "", names[i]);
    }
    return buf_ok(&out) ? buf_cstr(&out) : "too many to be shown";
}

/* All names that it has, for people. */
static const char *names_text(struct arena *mem, const X509 *certificate,
                              const GENERAL_NAMES *names)
{
    int count = sk_GENERAL_NAME_num(names);
    const char **list = arena_array_of(mem, (size_t)count + 1, const char *);
    size_t n = 0;

    list[n++] = common_name(mem, certificate);
    for (int i = 0; i < count; i++)
        list[n++] = shown_name(mem, sk_GENERAL_NAME_value(names, i));
    for (size_t i = 0; i < n; i++)
        list[i] = ca_lower_case(mem, list[i]);
    return joined(mem, list, n);
}

/* The DER that the extension must be for this name. */
static struct slice expected_names(struct arena *mem, const char *name)
{
    AUTO(GENERAL_NAMES_freep) GENERAL_NAMES *names = GENERAL_NAMES_new();
    GENERAL_NAME *entry = GENERAL_NAME_new();
    ASN1_IA5STRING *string = ASN1_IA5STRING_new();
    unsigned char *der = NULL;
    struct slice out;
    int len;

    if (!names || !entry || !string || !ASN1_STRING_set(string, name, -1) ||
        !sk_GENERAL_NAME_push(names, entry))
        abort(); /* out of memory */
    GENERAL_NAME_set0_value(entry, GEN_DNS, string);
    len = i2d_GENERAL_NAMES(names, &der);
    if (len < 0)
        abort();
    out = slice_of(arena_memdup(mem, der, (size_t)len), (size_t)len);
    OPENSSL_free(der);
    return out;
}

/* NULL: the name is the only one. */
static const char *names_refusal(struct arena *mem, const X509 *certificate,
                                 const GENERAL_NAMES *names, const char *name)
{
    struct slice value = value_of(find_extension(certificate, ID_SUBJECT_ALT_NAME));
    const GENERAL_NAME *found = NULL;
    int dns = 0, addresses = 0;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *entry = sk_GENERAL_NAME_value(names, i);

        if (entry->type == GEN_DNS && dns++ == 0)
            found = entry;
        addresses += entry->type == GEN_IPADD;
    }
    if (dns != 1 || addresses != 0)
        return "wrong number of identifiers";
    if (strcmp(ca_lower_case(mem, shown_name(mem, found)), name) != 0)
        return "identifier does not match expected identifier";
    return slice_eq(value, expected_names(mem, name))
               ? NULL
               : "SAN extension does not match expected bytes";
}

/* --- the digest ------------------------------------------------------------------------------ */

static const char *digest_refusal(struct arena *mem, X509_EXTENSION *extension,
                                  const unsigned char digest[SHA256_SIZE])
{
    struct slice value = value_of(extension);
    uint8_t tag = 0, len = 0;

    if (!X509_EXTENSION_get_critical(extension))
        return "Received certificate with acmeValidationV1 extension that is not Critical.";
    if (!slice_u8(&value, &tag) || !slice_u8(&value, &len) || tag != OCTET_STRING ||
        len != SHA256_SIZE || value.len != SHA256_SIZE)
        return "Received certificate with malformed acmeValidationV1 extension value.";
    if (memcmp(value.data, digest, SHA256_SIZE) == 0)
        return NULL;
    return arena_printf(
        mem, "Received certificate with acmeValidationV1 extension value %s but expected %s.",
        hex_encode(mem, value), hex_encode(mem, slice_of(digest, SHA256_SIZE)));
}

/* --- the whole ------------------------------------------------------------------------------- */

static const char *missing_refusal(struct arena *mem, const X509 *certificate)
{
    static const char *const required[] = {ID_ACME_IDENTIFIER, ID_SUBJECT_ALT_NAME};

    for (size_t i = 0; i < ARRAY_LEN(required); i++) {
        if (!find_extension(certificate, required[i]))
            return arena_printf(mem,
                                "Received certificate with unexpected extensions: \"Required "
                                "extension OID %s is not present\"",
                                required[i]);
    }
    return NULL;
}

const char *ca_alpn_certificate_refusal(struct arena *mem, X509 *certificate, const char *name,
                                        const unsigned char digest[SHA256_SIZE])
{
    AUTO(GENERAL_NAMES_freep)
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    const char *refusal;

    if (!is_self_signed(certificate))
        return "Received certificate which is not self-signed.";
    refusal = missing_refusal(mem, certificate);
    if (refusal)
        return refusal;
    refusal = names_refusal(mem, certificate, names, name);
    if (refusal)
        return arena_printf(mem, "Received certificate with unexpected identifiers (%s): \"%s\"",
                            ca_quoted(mem, slice_str(names_text(mem, certificate, names))),
                            refusal);
    return digest_refusal(mem, find_extension(certificate, ID_ACME_IDENTIFIER), digest);
}
