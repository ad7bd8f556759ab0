/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/place.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/slice.h"

struct dns_place dns_place_of(const unsigned char *octets, bool is_v6, uint16_t port)
{
    struct dns_place place = {0};
    char host[INET6_ADDRSTRLEN];

    if (is_v6) {
        struct sockaddr_in6 sa = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

        memcpy(&sa.sin6_addr, octets, sizeof(sa.sin6_addr));
        memcpy(&place.address, &sa, sizeof(sa));
        place.len = sizeof(sa);
    } else {
        struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(port)};

        memcpy(&sa.sin_addr, octets, sizeof(sa.sin_addr));
        memcpy(&place.address, &sa, sizeof(sa));
        place.len = sizeof(sa);
    }
    inet_ntop(is_v6 ? AF_INET6 : AF_INET, octets, host, sizeof(host));
    snprintf(place.text, sizeof(place.text), "%s@%u", host, (unsigned)port);
    return place;
}

bool dns_place_parse(const char *text, struct dns_place *out, struct err *err)
{
    const char *at = strchr(text, '@');
    size_t len = at ? (size_t)(at - text) : strlen(text);
    unsigned char octets[sizeof(struct in6_addr)];
    char host[INET6_ADDRSTRLEN];
    int64_t port = DNS_PORT;
    bool is_v6;

    if (len >= sizeof(host) || (at && !slice_i64(slice_str(at + 1), 1, 65535, &port)))
        return err_set(err, ERR_BAD_INPUT, "\"%.80s\" is not address@port", text);
    memcpy(host, text, len);
    host[len] = '\0';
    is_v6 = inet_pton(AF_INET6, host, octets) == 1;
    if (!is_v6 && inet_pton(AF_INET, host, octets) != 1)
        return err_set(err, ERR_BAD_INPUT, "\"%.80s\" is not address@port", text);
    *out = dns_place_of(octets, is_v6, (uint16_t)port);
    return true;
}
