/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/authority.h"

#include <openssl/err.h>

#include "ca/authority_file.h"
#include "ca/name_constraint.h"

static bool is_signed_by(X509 *cert, X509 *issuer)
{
    return X509_verify(cert, X509_get0_pubkey(issuer)) == 1;
}

/* The root once more, signed by the old one. */
static bool is_cross_of(const struct ca_authority *a)
{
    return a->old_root && is_signed_by(a->cross, a->old_root) &&
           X509_NAME_cmp(X509_get_subject_name(a->cross), X509_get_subject_name(a->root)) == 0 &&
           EVP_PKEY_eq(X509_get0_pubkey(a->cross), X509_get0_pubkey(a->root)) == 1;
}

static bool is_whole(const struct ca_authority *a, const struct ca_suffixes *permitted)
{
    return a->root && a->intermediate && a->key && is_signed_by(a->intermediate, a->root) &&
           X509_check_private_key(a->intermediate, a->key) == 1 &&
           ca_name_constraints_match(a->root, permitted) && (!a->cross || is_cross_of(a));
}

static bool read_files(struct arena *mem, const char *dir, struct ca_authority *a, struct err *err)
{
    return ca_authority_read_cert(mem, dir, CA_ROOT_FILE, &a->root, err) &&
           ca_authority_read_cert(mem, dir, CA_OLD_ROOT_FILE, &a->old_root, err) &&
           ca_authority_read_cert(mem, dir, CA_CROSS_FILE, &a->cross, err) &&
           ca_authority_read_cert(mem, dir, CA_INTERMEDIATE_FILE, &a->intermediate, err) &&
           ca_authority_read_key(mem, dir, CA_INTERMEDIATE_KEY_FILE, &a->key, err);
}

/* The longer chain is the first choice, as with Let's Encrypt: it leads to either root. */
static bool set_chains(struct arena *mem, struct ca_authority *a, struct err *err)
{
    const char *cross;

    if (!ca_certificate_pem(mem, a->intermediate, &a->issuer_pem, err))
        return false;
    a->chain_pem = a->issuer_pem;
    if (!a->cross)
        return true;
    if (!ca_certificate_pem(mem, a->cross, &cross, err))
        return false;
    a->chain_pem = arena_printf(mem, "%s%s", a->issuer_pem, cross);
    a->alternate_pem = a->issuer_pem;
    return true;
}

bool ca_authority_read(struct arena *mem, const char *dir, const struct ca_suffixes *permitted,
                       struct ca_authority *out, bool *is_there, struct err *err)
{
    struct ca_authority a = {.root = NULL};

    if (!read_files(mem, dir, &a, err))
        return false;
    *is_there = is_whole(&a, permitted);
    ERR_clear_error();
    if (!*is_there)
        return true;
    a.id = ca_certificate_fingerprint(mem, a.intermediate);
    a.made_at = ca_certificate_not_before(a.root);
    a.expires_at = ca_certificate_not_after(a.root);
    if (!set_chains(mem, &a, err))
        return false;
    *out = a;
    return true;
}

bool ca_authority_load(struct arena *mem, const char *dir, const struct ca_suffixes *permitted,
                       struct ca_authority *out, struct err *err)
{
    bool is_there;

    if (!ca_authority_read(mem, dir, permitted, out, &is_there, err))
        return false;
    if (!is_there)
        return err_set(err, ERR_CONFIG, "there is no sandbox CA in %s: run `latchkey ca init`",
                       dir);
    return true;
}

bool ca_authority_is_due(const struct ca_authority *authority, int64_t at)
{
    return at >= authority->made_at + (authority->expires_at - authority->made_at) / 2;
}

bool ca_authority_issue(const struct ca_authority *authority, const struct ca_leaf_wish *want,
                        X509 **out, struct err *err)
{
    int64_t begin = want->at - ca_profile_backdate_ms(want->profile);
    struct ca_cert_wish wish = {.kind = want->profile->kind,
                                .common_name =
                                    want->profile->has_common_name ? want->common_name : NULL,
                                .names = want->names,
                                .encoded_key = want->key,
                                .issuer_url = want->issuer_url,
                                .crl_base = want->crl_base,
                                .not_before = begin,
                                .not_after = begin + want->profile->life_ms - 1000,
                                .issuer = authority->intermediate,
                                .signer = authority->key};

    return ca_certificate_make(&wish, out, err);
}
