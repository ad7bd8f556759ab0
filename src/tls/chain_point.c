/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/asn1.h>
#include <openssl/err.h>

#include "tls/chain.h"

/*
 * The walk (RFC 5280 section 4.1):
 *
 *     Certificate ::= SEQUENCE { tbsCertificate SEQUENCE {
 *         version [0] OPTIONAL, serialNumber, signature, issuer, validity, subject,
 *         subjectPublicKeyInfo SEQUENCE { algorithm, subjectPublicKey BIT STRING }, ... }, ... }
 */
#define POINT_SIZE         65 /* 0x04, x, y */
#define FIELDS_BEFORE_SPKI 5  /* serialNumber to subject */

/* AlgorithmIdentifier { id-ecPublicKey, prime256v1 } (RFC 5480 section 2.1.1) */
static const unsigned char p256[] = {0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                     0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
                                     0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};

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

static bool skip_to_spki(struct slice *tbs)
{
    struct element field;

    if (!take(tbs, &field))
        return false;
    for (int i = field.tag_class == V_ASN1_CONTEXT_SPECIFIC ? 0 : 1; i < FIELDS_BEFORE_SPKI; i++)
        if (!take(tbs, &field))
            return false;
    return true;
}

bool chain_point_offset(struct slice der, uint16_t *out, struct err *err)
{
    struct slice rest = der, certificate, tbs, spki;
    struct element algorithm, key;
    size_t offset;

    if (!enter(&rest, &certificate) || !enter(&certificate, &tbs) || !skip_to_spki(&tbs) ||
        !enter(&tbs, &spki) || !take(&spki, &algorithm) || !take(&spki, &key) ||
        key.tag != V_ASN1_BIT_STRING || key.tag_class != V_ASN1_UNIVERSAL)
        return err_set(err, ERR_BAD_CERT, "the certificate has no public key at its place");
    offset = (size_t)(key.body.data + 1 - der.data);
    if (!slice_eq(algorithm.whole, slice_of(p256, sizeof(p256))) ||
        key.body.len != 1 + POINT_SIZE || key.body.data[0] != 0 || key.body.data[1] != 4) {
        *out = 0;
        return true;
    }
    if (offset > UINT16_MAX)
        return err_set(err, ERR_BAD_CERT, "the public key is at octet %zu, at most %d is allowed",
                       offset, UINT16_MAX);
    *out = (uint16_t)offset;
    return true;
}
