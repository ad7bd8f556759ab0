/* SPDX-License-Identifier: Apache-2.0 */

/* How an authority comes to be: ca_authority_init(). */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "base/random.h"
#include "ca/authority.h"
#include "ca/authority_file.h"
#include "ca/authority_former.h"
#include "ca/crl.h"
#include "ca/state_dir.h"
#include "net/address.h"
#include "tls/key.h"

/* What the certificate of the front has. */
struct front_names {
    const char *names[2], *addresses[3];
    size_t name_count, address_count;
};

static struct front_names front_names_of(const struct ca_suffixes *permitted)
{
    struct front_names out = {{"localhost"}, {"127.0.0.1", "::1"}, 1, 2};
    const char *own = permitted->own_host;
    struct address address;
    struct err err;

    if (own && address_parse(own, &address, &err))
        out.addresses[out.address_count++] = own;
    else if (own && ca_suffixes_permit(permitted, own))
        out.names[out.name_count++] = own;
    return out;
}

static bool has_front_names(X509 *cert, const struct front_names *front)
{
    for (size_t i = 0; i < front->name_count; i++) {
        if (X509_check_host(cert, front->names[i], 0, X509_CHECK_FLAG_NO_WILDCARDS, NULL) != 1)
            return false;
    }
    for (size_t i = 0; i < front->address_count; i++) {
        if (X509_check_ip_asc(cert, front->addresses[i], 0) != 1)
            return false;
    }
    return true;
}

static int64_t earlier_clock(void)
{
    int64_t real = clock_real_ms(), moved = clock_now();

    return real < moved ? real : moved;
}

static int64_t later_clock(void)
{
    int64_t real = clock_real_ms(), moved = clock_now();

    return real > moved ? real : moved;
}

/* What is new, before it is written. */
struct fresh {
    struct ca_authority authority;
    const char *crls_pem; /* of the roots */
};

static bool make_key(struct arena *mem, EVP_PKEY **out, struct err *err)
{
    if (!key_make(out, err))
        return false;
    (void)ca_key_keep(mem, *out);
    return true;
}

/* With a name of its own: two installations never share one. */
static const char *own_name(struct arena *mem, const char *title)
{
    return arena_printf(mem, "%s %08x", title, (unsigned)random_below(UINT32_MAX));
}

static bool make_ca(struct arena *mem, struct ca_cert_wish wish, X509 **out, struct err *err)
{
    wish.not_before = earlier_clock() - CA_BACKDATE_MS;
    wish.not_after = clock_now() + CA_ROOT_LIFE_MS;
    if (!ca_certificate_make(&wish, out, err))
        return false;
    (void)ca_cert_keep(mem, *out);
    return true;
}

/* It has revoked nothing, and never will. */
static bool add_crl(struct arena *mem, X509 *root, EVP_PKEY *key, const char **pem, struct err *err)
{
    struct ca_crl_wish wish = {.issuer = root,
                               .signer = key,
                               .number = 1,
                               .this_update = ca_certificate_not_before(root),
                               .next_update = ca_certificate_not_after(root)};
    struct slice der;

    if (!ca_crl_make(mem, &wish, &der, err))
        return false;
    *pem = arena_printf(mem, "%s%s", *pem, tls_pem(mem, "X509 CRL", &der, 1));
    return true;
}

/* The keys of both roots are thrown away when this returns. */
static bool make_roots(struct arena *mem, const struct ca_suffixes *permitted, struct fresh *fresh,
                       EVP_PKEY *root_key, struct err *err)
{
    struct ca_authority *a = &fresh->authority;
    AUTO(EVP_PKEY_freep) EVP_PKEY *old_key = NULL;
    struct ca_cert_wish root = {.kind = CA_CERT_ROOT,
                                .common_name = own_name(mem, "Sandbox Root"),
                                .permitted = permitted,
                                .key = root_key,
                                .signer = root_key};
    struct ca_cert_wish old = root, cross = root;

    if (!key_make(&old_key, err))
        return false;
    old.common_name = own_name(mem, "Sandbox Old Root");
    old.key = old.signer = cross.signer = old_key;
    if (!make_ca(mem, root, &a->root, err) || !make_ca(mem, old, &a->old_root, err) ||
        !add_crl(mem, a->root, root_key, &fresh->crls_pem, err) ||
        !add_crl(mem, a->old_root, old_key, &fresh->crls_pem, err))
        return false;
    cross.kind = CA_CERT_CROSS;
    cross.issuer = a->old_root;
    return make_ca(mem, cross, &a->cross, err);
}

static bool make_all(struct arena *mem, const struct ca_suffixes *permitted, struct fresh *out,
                     struct err *err)
{
    AUTO(EVP_PKEY_freep) EVP_PKEY *root_key = NULL;
    struct ca_authority *a = &out->authority;
    struct ca_cert_wish intermediate = {.kind = CA_CERT_ISSUER,
                                        .common_name = own_name(mem, "Sandbox Issuer"),
                                        .permitted = permitted};

    if (!key_make(&root_key, err) || !make_key(mem, &a->key, err) ||
        !make_roots(mem, permitted, out, root_key, err))
        return false;
    intermediate.key = a->key;
    intermediate.issuer = a->root;
    intermediate.signer = root_key;
    return make_ca(mem, intermediate, &a->intermediate, err);
}

static bool prepend_root(struct arena *mem, const char *dir, X509 *root, struct err *err)
{
    const char *pem;

    return ca_certificate_pem(mem, root, &pem, err) &&
           ca_authority_prepend(mem, dir, CA_ROOTS_FILE, pem, err);
}

/* The key comes last: until it is there the files do not belong together, and init starts again. */
static bool write_all(struct arena *mem, const char *dir, const struct fresh *fresh,
                      struct err *err)
{
    const struct ca_authority *a = &fresh->authority;

    return ca_authority_prepend(mem, dir, CA_ROOTS_CRL_FILE, fresh->crls_pem, err) &&
           prepend_root(mem, dir, a->old_root, err) && prepend_root(mem, dir, a->root, err) &&
           ca_authority_write_cert(mem, dir, CA_OLD_ROOT_FILE, a->old_root, err) &&
           ca_authority_write_cert(mem, dir, CA_CROSS_FILE, a->cross, err) &&
           ca_authority_write_cert(mem, dir, CA_ROOT_FILE, a->root, err) &&
           ca_authority_write_cert(mem, dir, CA_INTERMEDIATE_FILE, a->intermediate, err) &&
           ca_authority_write_key(mem, dir, CA_INTERMEDIATE_KEY_FILE, a->key, err);
}

static bool service_is_good(struct arena *mem, const char *dir, const struct ca_authority *a,
                            const struct front_names *front, bool *out, struct err *err)
{
    EVP_PKEY *key;
    X509 *cert;
    int64_t from, to;

    if (!ca_authority_read_cert(mem, dir, CA_SERVICE_FILE, &cert, err) ||
        !ca_authority_read_key(mem, dir, CA_SERVICE_KEY_FILE, &key, err))
        return false;
    *out = cert && key && X509_check_private_key(cert, key) == 1 &&
           X509_verify(cert, X509_get0_pubkey(a->intermediate)) == 1 &&
           has_front_names(cert, front);
    ERR_clear_error();
    if (!*out)
        return true;
    from = ca_certificate_not_before(cert);
    to = ca_certificate_not_after(cert);
    *out = later_clock() < from + (to - from) / 3 * 2 && earlier_clock() >= from;
    return true;
}

static bool make_service(struct arena *mem, const char *dir, const struct ca_authority *a,
                         const struct front_names *front, struct err *err)
{
    struct ca_names names = {.items = front->names, .count = front->name_count};
    AUTO(X509_freep) X509 *cert = NULL;
    EVP_PKEY *key;
    const char *pem;
    struct ca_cert_wish wish = {.kind = CA_CERT_LEAF,
                                .common_name = front->names[0],
                                .names = &names,
                                .addresses = front->addresses,
                                .address_count = front->address_count,
                                .not_before = earlier_clock() - CA_BACKDATE_MS,
                                .not_after = later_clock() + CA_LEAF_LIFE_MS,
                                .issuer = a->intermediate,
                                .signer = a->key};

    if (!make_key(mem, &key, err))
        return false;
    wish.key = key;
    if (!ca_certificate_make(&wish, &cert, err) || !ca_certificate_pem(mem, cert, &pem, err))
        return false;
    pem = arena_printf(mem, "%s%s", pem, a->issuer_pem);
    return ca_authority_write_key(mem, dir, CA_SERVICE_KEY_FILE, key, err) &&
           ca_state_write(mem, ca_state_path(mem, dir, CA_SERVICE_FILE), slice_str(pem), 0644, err);
}

/* The intermediate that is about to be replaced, in so far as it is there. */
static bool keep_former(struct arena *mem, const char *dir, struct err *err)
{
    EVP_PKEY *key;
    X509 *cert;

    if (!ca_former_sweep(mem, dir, earlier_clock(), err) ||
        !ca_authority_read_cert(mem, dir, CA_INTERMEDIATE_FILE, &cert, err) ||
        !ca_authority_read_key(mem, dir, CA_INTERMEDIATE_KEY_FILE, &key, err))
        return false;
    if (!cert || !key || X509_check_private_key(cert, key) != 1) {
        ERR_clear_error();
        return true;
    }
    return ca_former_keep(mem, dir, cert, key, err);
}

static bool init_all(struct arena *mem, const char *dir, const struct ca_suffixes *permitted,
                     struct ca_authority *out, bool *is_new, struct err *err)
{
    struct fresh fresh = {.crls_pem = ""};
    bool is_there;

    *is_new = false;
    if (!ca_authority_read(mem, dir, permitted, out, &is_there, err))
        return false;
    if (is_there && !ca_authority_is_due(out, clock_now()))
        return true;
    *is_new = true;
    return keep_former(mem, dir, err) && make_all(mem, permitted, &fresh, err) &&
           write_all(mem, dir, &fresh, err) && ca_authority_load(mem, dir, permitted, out, err);
}

bool ca_authority_init(struct arena *mem, const char *dir, const struct ca_suffixes *permitted,
                       struct ca_authority_report *out, struct err *err)
{
    struct ca_authority_report report = {
        .root_file = ca_state_path(mem, dir, CA_ROOT_FILE),
        .roots_file = ca_state_path(mem, dir, CA_ROOTS_FILE),
        .service_file = ca_state_path(mem, dir, CA_SERVICE_FILE),
        .service_key_file = ca_state_path(mem, dir, CA_SERVICE_KEY_FILE),
    };
    AUTO(ca_state_unlockp) int lock = -1;
    const struct front_names front = front_names_of(permitted);
    struct ca_authority authority;
    bool is_good;

    if (!ca_state_make_dir(dir, err) || !ca_state_lock(mem, dir, &lock, err) ||
        !init_all(mem, dir, permitted, &authority, &report.is_root_new, err) ||
        !service_is_good(mem, dir, &authority, &front, &is_good, err))
        return false;
    report.is_service_new = !is_good;
    if (!is_good && !make_service(mem, dir, &authority, &front, err))
        return false;
    *out = report;
    return true;
}
