/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/key.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#define FILE_SIZE_MAX 16384

DEFINE_FREEP(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
DEFINE_FREEP(OSSL_PARAM, OSSL_PARAM_free)

bool key_make(EVP_PKEY **out, struct err *err)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");

    if (!key)
        return tls_err(err, ERR_CRYPTO, "could not make a P-256 key");
    *out = key;
    return true;
}

static EC_GROUP *p256;

static void make_p256(void)
{
    p256 = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
}

const EC_GROUP *key_group(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, make_p256);
    return p256;
}

/* The public point of a scalar in 1..n-1. */
static bool multiply(const BIGNUM *scalar, unsigned char point[KEY_POINT_SIZE])
{
    const EC_GROUP *group = key_group();
    AUTO(EC_POINT_freep) EC_POINT *public = group ? EC_POINT_new(group) : NULL;

    return public && !BN_is_zero(scalar) && BN_cmp(scalar, EC_GROUP_get0_order(group)) < 0 &&
           EC_POINT_mul(group, public, scalar, NULL, NULL, NULL) == 1 &&
           EC_POINT_point2oct(group, public, POINT_CONVERSION_UNCOMPRESSED, point, KEY_POINT_SIZE,
                              NULL) == KEY_POINT_SIZE;
}

static EVP_PKEY *from_parts(const BIGNUM *scalar, const unsigned char point[KEY_POINT_SIZE])
{
    AUTO(OSSL_PARAM_BLD_freep) OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    AUTO(OSSL_PARAM_freep) OSSL_PARAM *params = NULL;
    AUTO(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;

    if (!build || !ctx ||
        !OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) ||
        !OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, KEY_POINT_SIZE) ||
        !OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar))
        return NULL;
    params = OSSL_PARAM_BLD_to_param(build);
    if (!params || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
        return NULL;
    return key;
}

bool key_from_scalar(const unsigned char scalar[KEY_SCALAR_SIZE], EVP_PKEY **out, struct err *err)
{
    AUTO(BIGNUM_freep) BIGNUM *number = BN_secure_new();
    unsigned char point[KEY_POINT_SIZE];
    EVP_PKEY *key;

    if (!number || !BN_bin2bn(scalar, KEY_SCALAR_SIZE, number))
        return tls_err(err, ERR_CRYPTO, "could not read a P-256 key");
    BN_set_flags(number, BN_FLG_CONSTTIME);
    if (!multiply(number, point))
        return tls_err(err, ERR_CRYPTO, "not a P-256 private key");
    key = from_parts(number, point);
    if (!key)
        return tls_err(err, ERR_CRYPTO, "could not build a P-256 key");
    *out = key;
    return true;
}

bool key_from_point(const unsigned char point[KEY_POINT_SIZE], EVP_PKEY **out, struct err *err)
{
    AUTO(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    char group[] = "P-256";
    unsigned char octets[KEY_POINT_SIZE];
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, octets, sizeof(octets)),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY *key = NULL;

    memcpy(octets, point, sizeof(octets));
    if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        return tls_err(err, ERR_CRYPTO, "not a point of P-256");
    *out = key;
    return true;
}

static bool is_p256(const EVP_PKEY *key)
{
    char group[32];

    return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) &&
           strcmp(group, SN_X9_62_prime256v1) == 0;
}

bool key_scalar(const EVP_PKEY *key, unsigned char out[KEY_SCALAR_SIZE], struct err *err)
{
    AUTO(BIGNUM_freep) BIGNUM *number = NULL;

    if (!is_p256(key))
        return err_set(err, ERR_CRYPTO, "not a P-256 key");
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) != 1 ||
        BN_bn2binpad(number, out, KEY_SCALAR_SIZE) != KEY_SCALAR_SIZE)
        return tls_err(err, ERR_CRYPTO, "the key has no private part");
    return true;
}

bool key_point(const EVP_PKEY *key, unsigned char out[KEY_POINT_SIZE], struct err *err)
{
    size_t len = 0;

    if (!is_p256(key))
        return err_set(err, ERR_CRYPTO, "not a P-256 key");
    if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, out, KEY_POINT_SIZE, &len) !=
            1 ||
        len != KEY_POINT_SIZE)
        return tls_err(err, ERR_CRYPTO, "the key has no uncompressed public point");
    return true;
}

/* Of a P-256 key all but the point is the same, and OpenSSL's encoders take their time. */
static bool write_p256(struct arena *mem, const EVP_PKEY *key, struct slice *out, struct err *err)
{
    static const unsigned char head[] = {
        0x30, 0x59,                                                 /* SEQUENCE */
        0x30, 0x13,                                                 /* AlgorithmIdentifier */
        0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,       /* id-ecPublicKey */
        0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, /* prime256v1 */
        0x03, 0x42, 0x00,                                           /* BIT STRING */
    };
    unsigned char *der = arena_alloc(mem, sizeof(head) + KEY_POINT_SIZE);

    memcpy(der, head, sizeof(head));
    if (!key_point(key, der + sizeof(head), err))
        return false;
    *out = slice_of(der, sizeof(head) + KEY_POINT_SIZE);
    return true;
}

bool key_spki(struct arena *mem, const EVP_PKEY *key, struct slice *out, struct err *err)
{
    unsigned char *der = NULL;
    int len;

    if (is_p256(key) && EVP_PKEY_get0_provider(key))
        return write_p256(mem, key, out, err);
    len = i2d_PUBKEY(key, &der);
    if (len <= 0)
        return tls_err(err, ERR_CRYPTO, "could not encode a public key");
    *out = slice_of(arena_memdup(mem, der, (size_t)len), (size_t)len);
    OPENSSL_free(der);
    return true;
}

static bool write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, data, len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        data += put;
        len -= (size_t)put;
    }
    return fsync(fd) == 0;
}

bool key_write_file(const char *path, const EVP_PKEY *key, struct err *err)
{
    AUTO(BIO_freep) BIO *pem = BIO_new(BIO_s_secmem());
    AUTO(fd_closep) int fd = -1;
    char *data;
    long len;

    if (!pem || PEM_write_bio_PKCS8PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL) != 1)
        return tls_err(err, ERR_CRYPTO, "could not encode the key for %s", path);
    len = BIO_get_mem_data(pem, &data);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0400);
    if (fd < 0)
        return err_errno(err, ERR_CONFIG, errno, "could not make %s", path);
    if (!write_all(fd, data, (size_t)len))
        return err_errno(err, ERR_CONFIG, errno, "could not write %s", path);
    return true;
}

static bool check_file(const char *path, int fd, struct err *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return err_errno(err, ERR_CONFIG, errno, "could not read %s", path);
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_CONFIG, "%s is not a regular file", path);
    if (st.st_mode & 077)
        return err_set(err, ERR_CONFIG, "%s has mode %04o, others may read it", path,
                       st.st_mode & 07777u);
    if (st.st_size > FILE_SIZE_MAX)
        return err_set(err, ERR_CONFIG, "%s has %lld octets, at most %d are allowed", path,
                       (long long)st.st_size, FILE_SIZE_MAX);
    return true;
}

bool key_read_file(const char *path, EVP_PKEY **out, struct err *err)
{
    AUTO(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    AUTO(BIO_freep) BIO *file = NULL;
    char no_passphrase[] = ""; /* without one OpenSSL would ask on the terminal */
    EVP_PKEY *key;

    if (fd < 0)
        return err_errno(err, ERR_CONFIG, errno, "could not open %s", path);
    if (!check_file(path, fd, err))
        return false;
    file = BIO_new_fd(fd, BIO_NOCLOSE);
    key = file ? PEM_read_bio_PrivateKey(file, NULL, NULL, no_passphrase) : NULL;
    if (!key)
        return tls_err(err, ERR_CONFIG, "cannot read a private key from %s", path);
    *out = key;
    return true;
}
