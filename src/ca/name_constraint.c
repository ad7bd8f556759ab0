/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/name_constraint.h"

#include "base/slice.h"
#include "net/address.h"

/* Address and mask, as the extension has them. */
static const unsigned char loopback4[] = {127, 0, 0, 0, 255, 0, 0, 0};
static const unsigned char loopback6[] = {
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    1,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static const struct slice addresses[] = {
    {loopback4, sizeof(loopback4)},
    {loopback6, sizeof(loopback6)},
};

/* Address and mask of the CA's own front; none when it has no address, or one of loopback. */
struct own_address {
    unsigned char octets[32];
    size_t len;
};

static struct own_address own_address_of(const struct ca_suffixes *permitted)
{
    struct own_address out = {.len = 0};
    struct address address;
    struct err err;
    size_t len;

    if (!permitted->own_host || !address_parse(permitted->own_host, &address, &err))
        return out;
    len = address.is_v6 ? 16 : 4;
    if (memcmp(address.octets, address.is_v6 ? loopback6 : loopback4, address.is_v6 ? 16 : 1) == 0)
        return out;
    memcpy(out.octets, address.octets, len);
    memset(out.octets + len, 0xff, len);
    out.len = 2 * len;
    return out;
}

static bool permit(NAME_CONSTRAINTS *constraints, int type, ASN1_STRING *value, struct slice text)
{
    GENERAL_SUBTREE *tree = GENERAL_SUBTREE_new();

    if (!tree || !value || ASN1_STRING_set(value, text.data, (int)text.len) != 1) {
        GENERAL_SUBTREE_free(tree);
        ASN1_STRING_free(value);
        return false;
    }
    GENERAL_NAME_set0_value(tree->base, type, value);
    if (sk_GENERAL_SUBTREE_push(constraints->permittedSubtrees, tree) > 0)
        return true;
    GENERAL_SUBTREE_free(tree);
    return false;
}

static bool permit_all(NAME_CONSTRAINTS *constraints, const struct ca_suffixes *permitted)
{
    struct own_address own = own_address_of(permitted);

    for (size_t i = 0; i < permitted->count; i++) {
        if (!permit(constraints, GEN_DNS, ASN1_IA5STRING_new(), slice_str(permitted->items[i])))
            return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        if (!permit(constraints, GEN_IPADD, ASN1_OCTET_STRING_new(), addresses[i]))
            return false;
    }
    return !own.len ||
           permit(constraints, GEN_IPADD, ASN1_OCTET_STRING_new(), slice_of(own.octets, own.len));
}

NAME_CONSTRAINTS *ca_name_constraints_make(const struct ca_suffixes *permitted)
{
    NAME_CONSTRAINTS *constraints = NAME_CONSTRAINTS_new();

    if (!constraints)
        return NULL;
    constraints->permittedSubtrees = sk_GENERAL_SUBTREE_new_null();
    if (constraints->permittedSubtrees && permit_all(constraints, permitted))
        return constraints;
    NAME_CONSTRAINTS_free(constraints);
    return NULL;
}

static bool has_tree(const NAME_CONSTRAINTS *constraints, int at, int type, struct slice text)
{
    const GENERAL_NAME *base;

    if (at >= sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees))
        return false;
    base = sk_GENERAL_SUBTREE_value(constraints->permittedSubtrees, at)->base;
    return base->type == type && slice_eq(text, slice_of(ASN1_STRING_get0_data(base->d.ia5),
                                                         (size_t)ASN1_STRING_length(base->d.ia5)));
}

static bool is_same(const NAME_CONSTRAINTS *constraints, const struct ca_suffixes *permitted)
{
    struct own_address own = own_address_of(permitted);
    int at = 0;

    for (size_t i = 0; i < permitted->count; i++, at++) {
        if (!has_tree(constraints, at, GEN_DNS, slice_str(permitted->items[i])))
            return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++, at++) {
        if (!has_tree(constraints, at, GEN_IPADD, addresses[i]))
            return false;
    }
    if (own.len && !has_tree(constraints, at++, GEN_IPADD, slice_of(own.octets, own.len)))
        return false;
    return at == sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees) &&
           !constraints->excludedSubtrees;
}

bool ca_name_constraints_match(const X509 *cert, const struct ca_suffixes *permitted)
{
    NAME_CONSTRAINTS *constraints = X509_get_ext_d2i(cert, NID_name_constraints, NULL, NULL);
    bool result = constraints && is_same(constraints, permitted);

    NAME_CONSTRAINTS_free(constraints);
    return result;
}
