/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "check.h"
#include "tls/key.h"

/* RFC 6979 appendix A.2.5: a P-256 key and its public point. */
#define SCALAR "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
#define POINT                                                                                      \
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"                           \
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
#define SPKI_HEADER "3059301306072a8648ce3d020106082a8648ce3d030107034200"

static void test_known_key(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
    unsigned char scalar[KEY_SCALAR_SIZE];
    struct slice octets, spki;
    struct err err = {0};

    (void)state;
    assert_true(hex_decode(mem, SCALAR, &octets, &err));
    assert_true(key_from_scalar(octets.data, &key, &err));
    assert_true(key_spki(mem, key, &spki, &err));
    assert_string_equal(hex_encode(mem, spki), SPKI_HEADER POINT);
    assert_true(key_scalar(key, scalar, &err));
    assert_memory_equal(scalar, octets.data, KEY_SCALAR_SIZE);
}

static void test_made_keys_differ_and_come_back(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct slice last = {0};

    (void)state;
    for (int i = 0; i < 20; i++) {
        AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
        AUTO(EVP_PKEY_freep) EVP_PKEY *again = NULL;
        unsigned char scalar[KEY_SCALAR_SIZE];
        struct slice spki = {0};
        struct err err = {0};

        assert_true(key_make(&key, &err) && key_scalar(key, scalar, &err));
        assert_true(key_from_scalar(scalar, &again, &err) && key_spki(mem, again, &spki, &err));
        ok(EVP_PKEY_eq(key, again) == 1, "key %d does not come back", i);
        ok(!slice_eq(spki, last), "key %d is the one before", i);
        last = spki;
    }
    all_ok();
}

static void test_points(void **state)
{
    AUTO(EVP_PKEY_freep) EVP_PKEY *made = NULL;
    AUTO(EVP_PKEY_freep) EVP_PKEY *read = NULL;
    unsigned char point[KEY_POINT_SIZE];
    struct err err = {0};

    (void)state;
    assert_true(key_make(&made, &err) && key_point(made, point, &err));
    assert_true(key_from_point(point, &read, &err));
    assert_int_equal(EVP_PKEY_eq(made, read), 1);
    point[KEY_POINT_SIZE - 1] ^= 1;
    EVP_PKEY_free(read);
    read = NULL;
    assert_false(key_from_point(point, &read, &err));
    assert_int_equal(err.code, ERR_CRYPTO);
    assert_null(read);
}

static void test_bad_scalars(void **state)
{
    static const struct {
        const char *what, *hex;
    } rows[] = {
        {"zero", "0000000000000000000000000000000000000000000000000000000000000000"},
        {"the order n", "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"},
        {"over n", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
    };
    AUTO(arena_freep) struct arena *mem = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        EVP_PKEY *key = NULL;
        struct slice octets;
        struct err err = {0};

        assert_true(hex_decode(mem, rows[i].hex, &octets, &err));
        ok(!key_from_scalar(octets.data, &key, &err) && !key && err.code == ERR_CRYPTO,
           "%s is taken for a key", rows[i].what);
    }
    all_ok();
}

static void test_other_kinds(void **state)
{
    AUTO(EVP_PKEY_freep) EVP_PKEY *p384 = EVP_EC_gen("P-384");
    AUTO(EVP_PKEY_freep) EVP_PKEY *rsa = EVP_RSA_gen(2048);
    unsigned char scalar[KEY_SCALAR_SIZE];
    struct err err = {0};

    (void)state;
    ok(!key_scalar(p384, scalar, &err) && strcmp(err.text, "not a P-256 key") == 0, "P-384");
    ok(!key_scalar(rsa, scalar, &err) && strcmp(err.text, "not a P-256 key") == 0, "RSA");
    all_ok();
}

static const char *in_folder(struct arena *mem, const char *folder, const char *name)
{
    return arena_printf(mem, "%s/%s", folder, name);
}

static void test_files(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    char folder[] = "/tmp/latchkey-key-XXXXXX";
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
    AUTO(EVP_PKEY_freep) EVP_PKEY *again = NULL;
    struct err err = {0};
    struct stat st;
    const char *path;

    (void)state;
    assert_non_null(mkdtemp(folder));
    path = in_folder(mem, folder, "key.pem");
    assert_true(key_make(&key, &err) && key_write_file(path, key, &err));
    assert_int_equal(stat(path, &st), 0);
    ok((st.st_mode & 07777) == 0400, "mode %04o", st.st_mode & 07777u);
    ok(!key_write_file(path, key, &err) && err.code == ERR_CONFIG, "an old key is overwritten");
    ok(key_read_file(path, &again, &err) && EVP_PKEY_eq(key, again) == 1, "%s", err.text);
    assert_int_equal(chmod(path, 0440), 0);
    ok(!key_read_file(path, &again, &err) && strstr(err.text, "has mode 0440"), "%s", err.text);
    assert_int_equal(unlink(path), 0);
    ok(!key_read_file(path, &again, &err) && strstr(err.text, "No such file"), "%s", err.text);
    assert_int_equal(rmdir(folder), 0);
    all_ok();
}

static void write_text(const char *path, const char *text, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0 && write(fd, text, len) == (ssize_t)len);
    close(fd);
}

static const char *encrypted_key(struct arena *mem, const EVP_PKEY *key)
{
    BIO *pem = BIO_new(BIO_s_mem());
    const char *text;
    char *data;
    long len;

    assert_true(
        PEM_write_bio_PKCS8PrivateKey(pem, key, EVP_aes_128_cbc(), "secret", 6, NULL, NULL));
    len = BIO_get_mem_data(pem, &data);
    text = arena_strndup(mem, data, (size_t)len);
    BIO_free(pem);
    return text;
}

static void test_files_that_are_no_key(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    char path[] = "/tmp/latchkey-key-XXXXXX";
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
    EVP_PKEY *read = NULL;
    struct err err = {0};
    const char *text;

    (void)state;
    close(mkstemp(path));
    assert_true(key_make(&key, &err));
    text = encrypted_key(mem, key);
    write_text(path, text, strlen(text));
    ok(!key_read_file(path, &read, &err) && strstr(err.text, "cannot read a private key from"),
       "encrypted: %s", err.text);
    write_text(path, "hello\n", 6);
    ok(!key_read_file(path, &read, &err), "text is a key");
    write_text(path, arena_alloc(mem, 16385), 16385);
    ok(!key_read_file(path, &read, &err) && strstr(err.text, "has 16385 octets"), "%s", err.text);
    assert_null(read);
    unlink(path);
    ok(!key_read_file("/tmp", &read, &err) && strstr(err.text, "not a regular file"), "%s",
       err.text);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_key),
        cmocka_unit_test(test_made_keys_differ_and_come_back),
        cmocka_unit_test(test_points),
        cmocka_unit_test(test_bad_scalars),
        cmocka_unit_test(test_other_kinds),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_files_that_are_no_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
