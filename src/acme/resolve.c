/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/resolve.h"

#include <netdb.h>
#include <sys/socket.h>

bool acme_resolve_by_system(void *arg, const char *host, struct address *out, size_t *count,
                            struct err *err)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    size_t room = *count;
    struct addrinfo *all;
    uint16_t port;
    int failed = getaddrinfo(host, NULL, &hints, &all);

    (void)arg;
    if (failed)
        return err_set(err, ERR_DNS, "could not resolve %.253s: %s", host, gai_strerror(failed));
    *count = 0;
    for (const struct addrinfo *one = all; one && *count < room; one = one->ai_next)
        if (address_from_sockaddr(one->ai_addr, &out[*count], &port))
            (*count)++;
    freeaddrinfo(all);
    return *count > 0 || err_set(err, ERR_DNS, "%.253s has no address", host);
}
