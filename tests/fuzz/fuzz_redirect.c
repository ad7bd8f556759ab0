/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "ca/redirect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A Location: what is followed leads to a host by http or https, to one of two ports, which it has
 * when it is read again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct ca_validator validator = {.http_port = 80, .https_port = 443};
    const char *location = arena_strndup(mem, (const char *)data, size);
    struct ca_place place, again;
    uint16_t port;

    if (!ca_redirect_read(mem, "http://a.test/.well-known/acme-challenge/token", location,
                          &place) ||
        ca_redirect_refusal(mem, &validator, &place))
        return 0;
    port = ca_redirect_port(&validator, &place);
    assert(port == 80 || port == 443);
    assert(strcmp(place.scheme, "http") == 0 || strcmp(place.scheme, "https") == 0);
    assert(*place.host && strlen(place.path) <= CA_REDIRECT_PATH_MAX);
    if (ca_redirect_read(mem, "http://b.test/", place.url, &again)) /* not with odd octets */
        assert(ca_redirect_port(&validator, &again) == port);
    return 0;
}
