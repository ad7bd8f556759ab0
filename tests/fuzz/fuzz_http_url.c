/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "net/http_client.h"

/* A Location, as checks and RDAP follow it: the parts are printable, and lead to the same place
 * when they are read again. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *location = arena_strndup(mem, (const char *)data, size);
    struct http_url place, again;

    if (!http_url_follow(mem, "https://a.test/one/two?three", location, &place))
        return 0;
    assert(place.url[0] && place.host[0] && place.scheme[0]);
    for (const char *at = place.host; *at; at++)
        assert(isgraph((unsigned char)*at) && !isupper((unsigned char)*at));
    assert(!strchr(place.url, '#'));
    if (http_url_follow(mem, "https://b.test/", place.url, &again))
        assert(strcmp(again.host, place.host) == 0 && again.port == place.port &&
               strcmp(again.scheme, place.scheme) == 0);
    return 0;
}
