/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/token.h"

#include "base/hash.h"
#include "base/random.h"

#define TOKEN_OCTETS 32

const char *ca_token_new(struct arena *mem)
{
    unsigned char octets[TOKEN_OCTETS];

    random_bytes(octets, sizeof(octets));
    return base64url_encode(mem, slice_of(octets, sizeof(octets)));
}
