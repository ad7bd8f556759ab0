/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/authority.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/random.h"
#include "ca/name_constraint.h"
#include "ca/state_dir.h"
#include "tls/key.h"

static const char root_file[] = "root.pem";
static const char roots_file[] = "roots.pem";
static const char intermediate_file[] = "intermediate.pem";
static const char intermediate_key_file[] = "intermediate.key";
static const char service_file[] = "service.pem";
static const char service_key_file[] = "service.key";

static const char *const service_addresses[] = {"127.0.0.1", "::1"};

static void release_cert(void *cert)
{
    X509_free(cert);
}

static void release_key(void *key)
{
    EVP_PKEY_free(key);
}

/* The first certificate of a file; *out = NULL when there is no such file. */
static bool read_cert(struct arena *mem, const char *path, X509 **out, struct err *err)
{
    AUTO(BIO_freep) BIO *bio = NULL;
    struct slice text;
    X509 *cert;

    *out = NULL;
    if (!ca_state_read(mem, path, CA_AUTHORITY_FILE_MAX, &text, err))
        return false;
    if (!text.data)
        return true;
    bio = BIO_new_mem_buf(text.data, (int)text.len);
    cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    if (!cert)
        return tls_err(err, ERR_CONFIG, "cannot read a certificate from %s", path);
    arena_defer(mem, release_cert, cert);
    *out = cert;
    return true;
}

/* *out = NULL when there is no such file. */
static bool read_key(struct arena *mem, const char *path, EVP_PKEY **out, struct err *err)
{
    EVP_PKEY *key = NULL;

    *out = NULL;
    if (!ca_state_exists(path))
        return true;
    if (!key_read_file(path, &key, err))
        return false;
    arena_defer(mem, release_key, key);
    *out = key;
    return true;
}

static bool is_whole(const struct ca_authority *a, const struct ca_suffixes *permitted)
{
    return a->root && a->intermediate && a->key &&
           X509_verify(a->intermediate, X509_get0_pubkey(a->root)) == 1 &&
           X509_check_private_key(a->intermediate, a->key) == 1 &&
           ca_name_constraints_match(a->root, permitted);
}

/* *is_there: root, intermediate and key are there, belong together, and permit these suffixes. */
static bool load(struct arena *mem, const char *dir, const struct ca_suffixes *permitted,
                 struct ca_authority *out, bool *is_there, struct err *err)
{
    struct ca_authority a = {.root = NULL};

    if (!read_cert(mem, ca_state_path(mem, dir, root_file), &a.root, err) ||
        !read_cert(mem, ca_state_path(mem, dir, intermediate_file), &a.intermediate, err) ||
        !read_key(mem, ca_state_path(mem, dir, intermediate_key_file), &a.key, err))
        return false;
    *is_there = is_whole(&a, permitted);
    ERR_clear_error();
    if (!*is_there)
        return true;
    a.id = ca_certificate_fingerprint(mem, a.intermediate);
    a.made_at = ca_certificate_not_before(a.root);
    a.expires_at = ca_certificate_not_after(a.root);
    if (!ca_certificate_pem(mem, a.intermediate, &a.chain_pem, err))
        return false;
    *out = a;
    return true;
}

bool ca_authority_load(struct arena *mem, const char *dir, const struct ca_suffixes *permitted,
                       struct ca_authority *out, struct err *err)
{
    bool is_there;

    if (!load(mem, dir, permitted, out, &is_there, err))
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

/* A CA certificate, with a name of its own: two installations never share one. */
static bool make_ca(struct arena *mem, struct ca_cert_wish wish, const char *title, X509 **out,
                    struct err *err)
{
    wish.common_name = arena_printf(mem, "%s %08x", title, (unsigned)random_below(UINT32_MAX));
    wish.not_before = earlier_clock() - CA_BACKDATE_MS;
    wish.not_after = clock_now() + CA_ROOT_LIFE_MS;
    if (!ca_certificate_make(&wish, out, err))
        return false;
    arena_defer(mem, release_cert, *out);
    return true;
}

static bool make_key(struct arena *mem, EVP_PKEY **out, struct err *err)
{
    if (!key_make(out, err))
        return false;
    arena_defer(mem, release_key, *out);
    return true;
}

static bool make_pair(struct arena *mem, const struct ca_suffixes *permitted,
                      struct ca_authority *out, struct err *err)
{
    AUTO(EVP_PKEY_freep) EVP_PKEY *root_key = NULL;
    struct ca_authority a = {.root = NULL};

    if (!key_make(&root_key, err) || !make_key(mem, &a.key, err))
        return false;
    if (!make_ca(
            mem,
            (struct ca_cert_wish){
                .kind = CA_CERT_ROOT, .permitted = permitted, .key = root_key, .signer = root_key},
            "Sandbox Root", &a.root, err))
        return false;
    if (!make_ca(mem,
                 (struct ca_cert_wish){.kind = CA_CERT_ISSUER,
                                       .permitted = permitted,
                                       .key = a.key,
                                       .issuer = a.root,
                                       .signer = root_key},
                 "Sandbox Issuer", &a.intermediate, err))
        return false;
    *out = a;
    return true;
}

static bool write_cert(struct arena *mem, const char *dir, const char *name, X509 *cert,
                       struct err *err)
{
    const char *pem;

    return ca_certificate_pem(mem, cert, &pem, err) &&
           ca_state_write(mem, ca_state_path(mem, dir, name), slice_str(pem), 0644, err);
}

static bool write_key(struct arena *mem, const char *dir, const char *name, const EVP_PKEY *key,
                      struct err *err)
{
    const char *path = ca_state_path(mem, dir, name);
    const char *fresh = arena_printf(mem, "%s.new", path);

    return ca_state_remove(fresh, err) && key_write_file(fresh, key, err) &&
           ca_state_rename(fresh, path, err);
}

/* The new root in front of all former ones. */
static bool write_roots(struct arena *mem, const char *dir, X509 *root, struct err *err)
{
    const char *path = ca_state_path(mem, dir, roots_file), *pem;
    struct buf text = buf_new(mem, CA_AUTHORITY_FILE_MAX);
    struct slice former;

    if (!ca_certificate_pem(mem, root, &pem, err) ||
        !ca_state_read(mem, path, CA_AUTHORITY_FILE_MAX, &former, err))
        return false;
    buf_str(&text, pem);
    buf_slice(&text, former);
    if (!buf_ok(&text))
        return err_set(err, ERR_CONFIG, "%s has grown too large", path);
    return ca_state_write(mem, path, buf_view(&text), 0644, err);
}

/* The key comes last: until it is there the files do not belong together, and init starts again. */
static bool write_pair(struct arena *mem, const char *dir, const struct ca_authority *a,
                       struct err *err)
{
    return write_roots(mem, dir, a->root, err) && write_cert(mem, dir, root_file, a->root, err) &&
           write_cert(mem, dir, intermediate_file, a->intermediate, err) &&
           write_key(mem, dir, intermediate_key_file, a->key, err);
}

static bool service_is_good(struct arena *mem, const char *dir, const struct ca_authority *a,
                            bool *out, struct err *err)
{
    EVP_PKEY *key;
    X509 *cert;
    int64_t from, to;

    if (!read_cert(mem, ca_state_path(mem, dir, service_file), &cert, err) ||
        !read_key(mem, ca_state_path(mem, dir, service_key_file), &key, err))
        return false;
    *out = cert && key && X509_check_private_key(cert, key) == 1 &&
           X509_verify(cert, X509_get0_pubkey(a->intermediate)) == 1;
    ERR_clear_error();
    if (!*out)
        return true;
    from = ca_certificate_not_before(cert);
    to = ca_certificate_not_after(cert);
    *out = later_clock() < from + (to - from) / 3 * 2 && earlier_clock() >= from;
    return true;
}

static bool make_service(struct arena *mem, const char *dir, const struct ca_authority *a,
                         struct err *err)
{
    static const char *const name = "localhost";
    struct ca_names names = {.items = &name, .count = 1};
    AUTO(X509_freep) X509 *cert = NULL;
    EVP_PKEY *key;
    const char *pem;
    struct ca_cert_wish wish = {.kind = CA_CERT_LEAF,
                                .common_name = name,
                                .names = &names,
                                .addresses = service_addresses,
                                .address_count = ARRAY_LEN(service_addresses),
                                .not_before = earlier_clock() - CA_BACKDATE_MS,
                                .not_after = later_clock() + CA_LEAF_LIFE_MS,
                                .issuer = a->intermediate,
                                .signer = a->key};

    if (!make_key(mem, &key, err))
        return false;
    wish.key = key;
    if (!ca_certificate_make(&wish, &cert, err) || !ca_certificate_pem(mem, cert, &pem, err))
        return false;
    pem = arena_printf(mem, "%s%s", pem, a->chain_pem);
    return write_key(mem, dir, service_key_file, key, err) &&
           ca_state_write(mem, ca_state_path(mem, dir, service_file), slice_str(pem), 0644, err);
}

static bool init_pair(struct arena *mem, const char *dir, const struct ca_suffixes *permitted,
                      struct ca_authority *out, bool *is_new, struct err *err)
{
    bool is_there;

    *is_new = false;
    if (!load(mem, dir, permitted, out, &is_there, err))
        return false;
    if (is_there && !ca_authority_is_due(out, clock_now()))
        return true;
    *is_new = true;
    return make_pair(mem, permitted, out, err) && write_pair(mem, dir, out, err) &&
           ca_authority_load(mem, dir, permitted, out, err);
}

bool ca_authority_init(struct arena *mem, const char *dir, const struct ca_suffixes *permitted,
                       struct ca_authority_report *out, struct err *err)
{
    struct ca_authority_report report = {
        .root_file = ca_state_path(mem, dir, root_file),
        .roots_file = ca_state_path(mem, dir, roots_file),
        .service_file = ca_state_path(mem, dir, service_file),
        .service_key_file = ca_state_path(mem, dir, service_key_file),
    };
    AUTO(ca_state_unlockp) int lock = -1;
    struct ca_authority authority;
    bool is_good;

    if (!ca_state_make_dir(dir, err) || !ca_state_lock(mem, dir, &lock, err) ||
        !init_pair(mem, dir, permitted, &authority, &report.is_root_new, err) ||
        !service_is_good(mem, dir, &authority, &is_good, err))
        return false;
    report.is_service_new = !is_good;
    if (!is_good && !make_service(mem, dir, &authority, err))
        return false;
    *out = report;
    return true;
}

bool ca_authority_issue(const struct ca_authority *authority, const struct ca_leaf_wish *want,
                        X509 **out, struct err *err)
{
    int64_t begin = want->at - ca_profile_backdate_ms(want->profile);
    struct ca_cert_wish wish = {.kind = want->profile->kind,
                                .common_name =
                                    want->profile->has_common_name ? want->common_name : NULL,
                                .names = want->names,
                                .key = X509_PUBKEY_get0(want->key),
                                .encoded_key = want->key,
                                .not_before = begin,
                                .not_after = begin + want->profile->life_ms - 1000,
                                .issuer = authority->intermediate,
                                .signer = authority->key};

    return ca_certificate_make(&wish, out, err);
}
