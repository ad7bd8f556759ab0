/* SPDX-License-Identifier: Apache-2.0 */
#include "web/form_guard.h"

#include "base/hash.h"

const char *form_code(struct arena *mem, const char *secret)
{
    unsigned char code[SHA256_SIZE];

    hash_hmac_sha256(slice_str(secret), SLICE_LIT("form"), code);
    return base64url_encode(mem, slice_of(code, sizeof(code)));
}

bool form_code_is(const char *code, const char *given)
{
    size_t len = strlen(code);

    return strlen(given) == len && hash_equal(given, code, len);
}

bool form_is_same_origin(const char *public_url, const char *origin, const char *fetch_site)
{
    if (fetch_site && strcmp(fetch_site, "same-origin") != 0)
        return false;
    return !origin || strcmp(origin, public_url) == 0;
}
