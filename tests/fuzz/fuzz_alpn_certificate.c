/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "ca/alpn_certificate.h"
#include "tls/handle.h"

#define NAME "row.test"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a server shows for tls-alpn-01: judged without a fault, and each time in the same way. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    static const unsigned char digest[SHA256_SIZE];
    const unsigned char *at = data;
    AUTO(X509_freep) X509 *certificate = d2i_X509(NULL, &at, (long)size);
    const char *first, *second;

    if (!certificate || !ca_alpn_certificate_is_readable(certificate))
        return 0;
    first = ca_alpn_certificate_refusal(mem, certificate, NAME, digest);
    second = ca_alpn_certificate_refusal(mem, certificate, NAME, digest);
    assert(first == second || strcmp(first, second) == 0);
    for (; first && *first; first++)
        assert(*first >= 0x20 && *first < 0x7f);
    return 0;
}
