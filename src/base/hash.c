/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static void must(bool is_done)
{
    if (!is_done) {
        fputs("OpenSSL cannot compute SHA-2\n", stderr);
        abort();
    }
}

void hash_sha256(struct slice in, unsigned char out[SHA256_SIZE])
{
    must(EVP_Digest(in.data, in.len, out, NULL, EVP_sha256(), NULL) == 1);
}

void hash_hmac_sha256(struct slice key, struct slice in, unsigned char out[SHA256_SIZE])
{
    must(HMAC(EVP_sha256(), key.data, (int)key.len, in.data, in.len, out, NULL) != NULL);
}

void hash_hmac_sha512(struct slice key, struct slice in, unsigned char out[SHA512_SIZE])
{
    must(HMAC(EVP_sha512(), key.data, (int)key.len, in.data, in.len, out, NULL) != NULL);
}

uint64_t hash_text(const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return hash;
}

bool hash_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

const char *hex_encode(struct arena *mem, struct slice in)
{
    static const char digits[] = "0123456789abcdef";
    char *out = arena_alloc(mem, in.len * 2 + 1);

    for (size_t i = 0; i < in.len; i++) {
        out[2 * i] = digits[in.data[i] >> 4];
        out[2 * i + 1] = digits[in.data[i] & 15];
    }
    return out;
}

int hex_digit(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool hex_decode(struct arena *mem, const char *in, struct slice *out, struct err *err)
{
    size_t len = strlen(in);
    unsigned char *data = arena_alloc(mem, len / 2 + 1);

    if (len % 2)
        return err_set(err, ERR_BAD_INPUT, "%zu hex digits, an even number is needed", len);
    for (size_t i = 0; i < len / 2; i++) {
        int high = hex_digit((unsigned char)in[2 * i]),
            low = hex_digit((unsigned char)in[2 * i + 1]);

        if (high < 0 || low < 0)
            return err_set(err, ERR_BAD_INPUT, "not a hex digit at position %zu", 2 * i);
        data[i] = (unsigned char)(high << 4 | low);
    }
    *out = slice_of(data, len / 2);
    return true;
}

const char *base64url_encode(struct arena *mem, struct slice in)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t out_len = (in.len * 4 + 2) / 3;
    char *out = arena_alloc(mem, out_len + 1);
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;

    for (size_t i = 0; i < in.len; i++) {
        bits = bits << 8 | in.data[i];
        for (have += 8; have >= 6; have -= 6)
            out[n++] = digits[bits >> (have - 6) & 63];
    }
    if (have > 0)
        out[n] = digits[bits << (6 - have) & 63];
    return out;
}

/* One more than what a digit of base64url stands for; 0: it is none. */
/* clang-format off */
static const unsigned char base64url_values[UINT8_MAX + 1] = {
    ['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6,
    ['G'] = 7, ['H'] = 8, ['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12,
    ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18,
    ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26,
    ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38,
    ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44,
    ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49, ['x'] = 50,
    ['y'] = 51, ['z'] = 52,
    ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58,
    ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62,
    ['-'] = 63, ['_'] = 64,
};
/* clang-format on */

bool base64url_decode(struct arena *mem, const char *in, struct slice *out, struct err *err)
{
    size_t len = strlen(in), n = 0;
    unsigned char *data = arena_alloc(mem, len * 3 / 4 + 1);
    uint32_t bits = 0;
    unsigned have = 0;

    for (size_t i = 0; i < len; i++) {
        const uint32_t value = base64url_values[(unsigned char)in[i]];

        if (value == 0)
            return err_set(err, ERR_BAD_INPUT, "not base64url at position %zu", i);
        bits = bits << 6 | (value - 1);
        have += 6;
        if (have >= 8) {
            have -= 8;
            data[n++] = (unsigned char)(bits >> have);
        }
    }
    if (have == 6 || (bits & ((1u << have) - 1)) != 0)
        return err_set(err, ERR_BAD_INPUT, "base64url text ends in the middle of an octet");
    *out = slice_of(data, n);
    return true;
}
