/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>
#include <unistd.h>

#include "authority_dir.h"
#include "base/clock.h"
#include "check.h"
#include "tls/chain.h"
#include "tls/key.h"
#include "tls/verify.h"

#define DAY_MS (INT64_C(86400) * 1000)

static const char *path_in(struct arena *mem, const char *dir, const char *name)
{
    return arena_printf(mem, "%s/%s", dir, name);
}

static struct slice read_text(struct arena *mem, const char *path)
{
    char *text = arena_alloc(mem, 65536);
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    size_t len = fread(text, 1, 65535, file);

    fclose(file);
    return slice_of(text, len);
}

/* Moves the clock of this process, and waits until it has noticed. */
static void move_clock(int64_t offset_ms)
{
    char text[32];

    snprintf(text, sizeof(text), "%lld", (long long)offset_ms);
    authority_dir_write(AUTHORITY_DIR_CLOCK, text);
    usleep(150000);
    (void)clock_now();
}

static void test_files(void **state)
{
    static const struct {
        const char *name;
        unsigned mode;
    } files[] = {
        {"root.pem", 0644},    {"old-root.pem", 0644},     {"root-cross.pem", 0644},
        {"roots.pem", 0644},   {"intermediate.pem", 0644}, {"intermediate.key", 0400},
        {"service.pem", 0644}, {"service.key", 0400},      {"roots-crl.pem", 0644},
    };
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *dir = authority_dir_next(mem);
    struct ca_authority_report report = authority_dir_init(mem, dir, NULL);
    struct stat st;

    (void)state;
    assert_true(report.is_root_new);
    assert_true(report.is_service_new);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        ok(stat(path_in(mem, dir, files[i].name), &st) == 0, "%s is missing", files[i].name);
        ok((st.st_mode & 0777) == files[i].mode, "%s: mode %o", files[i].name,
           (unsigned)st.st_mode & 0777);
    }
    ok(access(path_in(mem, dir, "root.key"), F_OK) != 0, "the root's key was kept");
    report = authority_dir_init(mem, dir, NULL);
    ok(!report.is_root_new && !report.is_service_new, "init is not idempotent");
    all_ok();
}

static void test_installations_differ(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *a = authority_dir_next(mem), *b = authority_dir_next(mem);

    (void)state;
    authority_dir_init(mem, a, NULL);
    authority_dir_init(mem, b, NULL);
    assert_int_not_equal(X509_NAME_cmp(X509_get_subject_name(authority_dir_load(mem, a).root),
                                       X509_get_subject_name(authority_dir_load(mem, b).root)),
                         0);
    assert_string_not_equal(authority_dir_load(mem, a).id, authority_dir_load(mem, b).id);
}

/* A leaf for these names, straight from the intermediate: the rules of newOrder are not asked. */
static struct verify_result verify_names(struct arena *mem, const char *dir,
                                         const struct ca_cert_wish *base_wish, int64_t at)
{
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
    AUTO(X509_freep) X509 *leaf = NULL;
    struct ca_authority authority = authority_dir_load(mem, dir);
    struct ca_cert_wish wish = *base_wish;
    struct verify_roots *roots;
    struct slice certs[2];
    struct chain chain;
    struct err err;

    assert_true(key_make(&key, &err));
    wish.kind = CA_CERT_LEAF;
    wish.key = key;
    wish.not_before = at - DAY_MS;
    wish.not_after = at + DAY_MS;
    wish.issuer = authority.intermediate;
    wish.signer = authority.key;
    assert_true(ca_certificate_make(&wish, &leaf, &err));
    assert_true(ca_certificate_der(mem, leaf, &certs[0], &err));
    assert_true(ca_certificate_der(mem, authority.intermediate, &certs[1], &err));
    assert_true(verify_roots_load(mem, path_in(mem, dir, "root.pem"), &roots, &err));
    assert_true(chain_from_der(mem, certs, 2, &chain, &err));
    return verify_chain(roots, &chain, at);
}

static void test_name_constraints(void **state)
{
    static const struct {
        const char *name, *address, *cn;
        enum verify_verdict verdict;
    } rows[] = {
        {"shop.example", NULL, NULL, VERIFY_TRUSTED},
        {"a.b.test", NULL, NULL, VERIFY_TRUSTED},
        {"a.invalid", NULL, NULL, VERIFY_TRUSTED},
        {"localhost", NULL, NULL, VERIFY_TRUSTED},
        {"a.localhost", "127.0.0.1", NULL, VERIFY_TRUSTED},
        {"a.test", "127.255.0.9", NULL, VERIFY_TRUSTED},
        {"a.test", "::1", NULL, VERIFY_TRUSTED},
        {"shop.com", NULL, NULL, VERIFY_REFUSED},
        {"example.com", NULL, NULL, VERIFY_REFUSED},
        {"shop.example.com", NULL, NULL, VERIFY_REFUSED},
        {"a.notest", NULL, NULL, VERIFY_REFUSED},
        {"a.test", "128.0.0.1", NULL, VERIFY_REFUSED},
        {"a.test", "10.0.0.1", NULL, VERIFY_REFUSED},
        {"a.test", "::2", NULL, VERIFY_REFUSED},
        {"a.test", NULL, "shop.com", VERIFY_TRUSTED},
    };
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *dir = authority_dir_next(mem);

    (void)state;
    authority_dir_init(mem, dir, NULL);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct ca_names names = {.items = &rows[i].name, .count = 1};
        struct verify_result result =
            verify_names(mem, dir,
                         &(struct ca_cert_wish){.names = &names,
                                                .common_name = rows[i].cn,
                                                .addresses = &rows[i].address,
                                                .address_count = rows[i].address ? 1 : 0},
                         clock_now());

        ok(result.verdict == rows[i].verdict, "%s %s: %d %s", rows[i].name,
           rows[i].address ? rows[i].address : "", (int)result.verdict, result.reason);
        if (rows[i].verdict == VERIFY_REFUSED)
            ok(strcmp(result.reason, "permitted subtree violation") == 0, "%s: %s", rows[i].name,
               result.reason);
    }
    all_ok();
}

static void test_service_certificate(void **state)
{
    static const char *const names[] = {"localhost"};
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
    const char *dir = authority_dir_next(mem);
    struct ca_authority_report report = authority_dir_init(mem, dir, NULL);
    struct verify_roots *roots;
    struct chain chain;
    struct slice spki;
    struct err err = {.text = ""};

    (void)state;
    assert_true(chain_read(mem, read_text(mem, report.service_file), &chain, &err));
    assert_int_equal(chain.count, 2);
    assert_true(chain_covers(&chain, names, 1, &err));
    assert_true(key_read_file(report.service_key_file, &key, &err));
    assert_true(key_spki(mem, key, &spki, &err));
    assert_true(chain_has_key(&chain, spki, &err));
    assert_true(verify_roots_load(mem, report.root_file, &roots, &err));
    assert_int_equal(verify_chain(roots, &chain, clock_now()).verdict, VERIFY_TRUSTED);
}

static const char *root_of(struct arena *mem, const char *dir)
{
    struct slice pem = read_text(mem, path_in(mem, dir, "root.pem"));

    return arena_strndup(mem, (const char *)pem.data, pem.len);
}

/* R45: rolled at half of 400 days, old roots kept; the service certificate at two thirds of 90. */
static void test_renewed_on_the_moved_clock(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *dir = authority_dir_next(mem), *first, *roots;
    struct ca_authority_report report;
    struct slice text;

    (void)state;
    authority_dir_init(mem, dir, NULL);
    first = root_of(mem, dir);
    move_clock(59 * DAY_MS);
    report = authority_dir_init(mem, dir, NULL);
    ok(!report.is_root_new && !report.is_service_new, "renewed on day 59");
    move_clock(61 * DAY_MS);
    report = authority_dir_init(mem, dir, NULL);
    ok(!report.is_root_new && report.is_service_new, "service certificate kept on day 61");
    move_clock(199 * DAY_MS);
    report = authority_dir_init(mem, dir, NULL);
    ok(!report.is_root_new, "root renewed on day 199");
    move_clock(201 * DAY_MS);
    report = authority_dir_init(mem, dir, NULL);
    ok(report.is_root_new && report.is_service_new, "root kept on day 201");
    move_clock(0);
    ok(strcmp(first, root_of(mem, dir)) != 0, "the root is the same");
    text = read_text(mem, report.roots_file);
    roots = arena_strndup(mem, (const char *)text.data, text.len);
    ok(strstr(roots, root_of(mem, dir)) == roots, "the present root is not the first");
    ok(strstr(roots, first) != NULL, "the old root was not kept");
    all_ok();
}

static void test_other_suffixes_make_another_root(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *dir = authority_dir_next(mem);
    struct ca_suffixes suffixes = authority_dir_suffixes(mem, NULL);
    struct ca_authority authority;
    struct err err;

    (void)state;
    authority_dir_init(mem, dir, NULL);
    assert_true(authority_dir_init(mem, dir, "corp.internal").is_root_new);
    assert_false(authority_dir_init(mem, dir, "corp.internal").is_root_new);
    assert_false(ca_authority_load(mem, dir, &suffixes, &authority, &err));
    assert_string_equal(
        err.text, arena_printf(mem, "there is no sandbox CA in %s: run `latchkey ca init`", dir));
}

/* Killed between two files of the first run: whatever is there, init ends with a whole one. */
static void test_half_made(void **state)
{
    static const char *const files[] = {"root.pem",         "old-root.pem", "intermediate.pem",
                                        "intermediate.key", "service.pem",  "service.key"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        const char *dir = authority_dir_next(mem);

        authority_dir_init(mem, dir, NULL);
        assert_int_equal(unlink(path_in(mem, dir, files[i])), 0);
        authority_dir_write(path_in(mem, dir, "intermediate.key.new"), "half of a key");
        authority_dir_init(mem, dir, NULL);
        ok(authority_dir_load(mem, dir).id != NULL, "%s", files[i]);
        ok(!authority_dir_init(mem, dir, NULL).is_service_new, "%s: service", files[i]);
    }
    all_ok();
}

static int count_of(const char *text, const char *what)
{
    int count = 0;

    for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
        count++;
    return count;
}

/* Two chains: the longer one leads to either root, the shorter one to the new one. */
static void test_chains(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *dir = authority_dir_next(mem), *roots;
    struct ca_authority a;
    struct slice text;

    (void)state;
    authority_dir_init(mem, dir, NULL);
    a = authority_dir_load(mem, dir);
    ok(count_of(a.chain_pem, "BEGIN CERT") == 2 && count_of(a.alternate_pem, "BEGIN CERT") == 1,
       "lengths");
    ok(strcmp(a.alternate_pem, a.issuer_pem) == 0, "the alternate chain");
    ok(strncmp(a.chain_pem, a.issuer_pem, strlen(a.issuer_pem)) == 0, "the intermediate is first");
    ok(X509_verify(a.cross, X509_get0_pubkey(a.old_root)) == 1, "signed by the old root");
    ok(X509_verify(a.intermediate, X509_get0_pubkey(a.cross)) == 1, "the key of the root");
    ok(X509_NAME_cmp(X509_get_issuer_name(a.intermediate), X509_get_subject_name(a.cross)) == 0,
       "the name of the root");
    ok(X509_NAME_cmp(X509_get_subject_name(a.root), X509_get_subject_name(a.old_root)) != 0,
       "the roots have names of their own");
    ok(access(path_in(mem, dir, "old-root.key"), F_OK) != 0, "the old root's key was kept");
    text = read_text(mem, path_in(mem, dir, "roots.pem"));
    roots = arena_strndup(mem, (const char *)text.data, text.len);
    ok(count_of(roots, "BEGIN CERT") == 2, "both are to be trusted");
    text = read_text(mem, path_in(mem, dir, "old-root.pem"));
    ok(strstr(roots, arena_strndup(mem, (const char *)text.data, text.len)) != NULL, "the old one");
    all_ok();
}

/* What an earlier version has made goes on as it was: nobody's trust is changed by an upgrade. */
static void test_without_an_old_root(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *dir = authority_dir_next(mem), *first;
    struct ca_authority a;

    (void)state;
    authority_dir_init(mem, dir, NULL);
    first = root_of(mem, dir);
    assert_int_equal(unlink(path_in(mem, dir, "old-root.pem")), 0);
    assert_int_equal(unlink(path_in(mem, dir, "root-cross.pem")), 0);
    assert_false(authority_dir_init(mem, dir, NULL).is_root_new);
    assert_string_equal(first, root_of(mem, dir));
    a = authority_dir_load(mem, dir);
    assert_null(a.alternate_pem);
    assert_string_equal(a.chain_pem, a.issuer_pem);
}

static void test_unreadable_is_an_error(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *dir = authority_dir_next(mem);
    struct ca_suffixes suffixes = authority_dir_suffixes(mem, NULL);
    struct ca_authority_report report;
    struct err err;

    (void)state;
    authority_dir_init(mem, dir, NULL);
    authority_dir_write(path_in(mem, dir, "root.pem"), "no certificate");
    assert_false(ca_authority_init(mem, dir, &suffixes, &report, &err));
    assert_int_equal(err.code, ERR_CONFIG);
    assert_non_null(strstr(err.text, "cannot read a certificate from"));
    assert_false(ca_authority_init(mem, "/dev/null/ca", &suffixes, &report, &err));
    assert_string_equal(err.text, "cannot make the folder /dev/null/ca: Not a directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_installations_differ),
        cmocka_unit_test(test_name_constraints),
        cmocka_unit_test(test_service_certificate),
        cmocka_unit_test(test_renewed_on_the_moved_clock),
        cmocka_unit_test(test_other_suffixes_make_another_root),
        cmocka_unit_test(test_half_made),
        cmocka_unit_test(test_chains),
        cmocka_unit_test(test_without_an_old_root),
        cmocka_unit_test(test_unreadable_is_an_error),
    };

    return cmocka_run_group_tests(tests, authority_dir_make, authority_dir_remove);
}
