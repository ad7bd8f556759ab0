/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/asn1.h>
#include <openssl/err.h>

#include "tls/chain.h"

/*
 * The walk (RFC 5280 section 4.1), for what is needed of a certificate whose key is not: OpenSSL
 * decodes the key of whatever it parses, and takes longer for that than for all the rest.
 *
 *     Certificate ::= SEQUENCE { tbsCertificate SEQUENCE {
 *         version [0] OPTIONAL, serialNumber, signature, issuer, validity, subject,
 *         subjectPublicKeyInfo SEQUENCE { algorithm, subjectPublicKey BIT STRING },
 *         issuerUniqueID [1] OPTIONAL, subjectUniqueID [2] OPTIONAL,
 *         extensions [3] SEQUENCE OF SEQUENCE { extnID, critical OPTIONAL, extnValue } }, ... }
 */
#define POINT_SIZE                 65 /* 0x04, x, y */
#define FIELDS_FROM_SERIAL_TO_SPKI 4  /* signature, issuer, validity, subject */
#define EXTENSIONS                 3

/* AlgorithmIdentifier { id-ecPublicKey, prime256v1 } (RFC 5480 section 2.1.1) */
static const unsigned char p256[] = {0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                     0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
                                     0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};

/* subjectPublicKey in front of x and y: the BIT STRING as DER has it, whose octets are an
 * uncompressed point (RFC 5480 section 2.2) */
static const unsigned char point_head[] = {0x03, 1 + POINT_SIZE, 0x00, 0x04};

struct element {
    int tag, tag_class;
    struct slice whole, body;
};

/* Takes one element from the front of `in`; its length is known to lie inside. */
static bool take(struct slice *in, struct element *out)
{
    const unsigned char *body = in->data;
    long len;
    int flags;

    if (in->len == 0)
        return false;
    ERR_set_mark();
    flags = ASN1_get_object(&body, &len, &out->tag, &out->tag_class, (long)in->len);
    ERR_pop_to_mark();
    if (flags & 0x81) /* 0x80: broken; 0x01: indefinite length, which is not DER */
        return false;
    out->body = slice_of(body, (size_t)len);
    out->whole = slice_of(in->data, (size_t)(body - in->data) + (size_t)len);
    return slice_take(in, out->whole.len, &out->whole);
}

static bool enter(struct slice *in, struct slice *body)
{
    struct element sequence;

    if (!take(in, &sequence) || sequence.tag != V_ASN1_SEQUENCE ||
        sequence.tag_class != V_ASN1_UNIVERSAL)
        return false;
    *body = sequence.body;
    return true;
}

static bool is_context(const struct element *element, int tag)
{
    return element->tag_class == V_ASN1_CONTEXT_SPECIFIC && element->tag == tag;
}

/* *tbs: what follows the serial number. */
static bool open_certificate(struct slice der, struct slice *tbs, struct element *serial)
{
    struct slice certificate;

    return enter(&der, &certificate) && enter(&certificate, tbs) && take(tbs, serial) &&
           (!is_context(serial, 0) || take(tbs, serial));
}

static bool skip_to_spki(struct slice *tbs)
{
    struct element field;

    for (int i = 0; i < FIELDS_FROM_SERIAL_TO_SPKI; i++)
        if (!take(tbs, &field))
            return false;
    return true;
}

bool chain_point_offset(struct slice der, uint16_t *out, struct err *err)
{
    struct element serial, algorithm, key;
    struct slice tbs, spki;
    size_t offset;

    if (!open_certificate(der, &tbs, &serial) || !skip_to_spki(&tbs) || !enter(&tbs, &spki) ||
        !take(&spki, &algorithm) || !take(&spki, &key) || key.tag != V_ASN1_BIT_STRING ||
        key.tag_class != V_ASN1_UNIVERSAL)
        return err_set(err, ERR_BAD_CERT, "the certificate has no public key at its place");
    offset = (size_t)(key.body.data + 1 - der.data);
    if (!slice_eq(algorithm.whole, slice_of(p256, sizeof(p256))) ||
        !slice_starts(key.whole, slice_of(point_head, sizeof(point_head)))) {
        *out = 0;
        return true;
    }
    if (offset > UINT16_MAX)
        return err_set(err, ERR_BAD_CERT, "the public key is at octet %zu, at most %d is allowed",
                       offset, UINT16_MAX);
    *out = (uint16_t)offset;
    return true;
}

/* AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0] OPTIONAL, ... } */
static bool take_key_id(struct slice value, struct slice *out)
{
    struct element first;
    struct slice members;

    if (!enter(&value, &members))
        return false;
    if (members.len && take(&members, &first) && is_context(&first, 0))
        *out = first.body;
    return true;
}

/* The extension is never critical (section 4.2.1.1): its value follows its id. */
static bool find_key_id(struct slice extensions, struct slice *out)
{
    static const unsigned char authority_key_identifier[] = {0x06, 0x03, 0x55, 0x1d, 0x23};
    struct element id, value;
    struct slice list;

    if (!enter(&extensions, &list))
        return false;
    while (list.len) {
        struct slice extension;

        if (!enter(&list, &extension) || !take(&extension, &id))
            return false;
        if (slice_eq(id.whole,
                     slice_of(authority_key_identifier, sizeof(authority_key_identifier))))
            return take(&extension, &value) && take_key_id(value.body, out);
    }
    return true;
}

bool chain_id_parts(struct slice der, struct slice *key_id, struct slice *serial, struct err *err)
{
    struct element number, field;
    struct slice tbs, found = {0};
    bool is_whole = open_certificate(der, &tbs, &number) && number.tag == V_ASN1_INTEGER &&
                    number.tag_class == V_ASN1_UNIVERSAL && number.body.len > 0 &&
                    skip_to_spki(&tbs) && take(&tbs, &field);

    while (is_whole && tbs.len)
        is_whole = take(&tbs, &field) &&
                   (!is_context(&field, EXTENSIONS) || find_key_id(field.body, &found));
    if (!is_whole)
        return err_set(err, ERR_BAD_CERT, "the certificate cannot be read to its end");
    *key_id = found;
    *serial = number.body;
    return true;
}
