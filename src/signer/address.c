/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/address.h"

#include <sys/socket.h>

bool signer_address(const char *path, struct sockaddr_un *out, struct err *err)
{
    size_t len = strlen(path);

    if (len >= sizeof(out->sun_path))
        return err_set(err, ERR_CONFIG, "%s has %zu octets, a socket's path at most %zu", path, len,
                       sizeof(out->sun_path) - 1);
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(out->sun_path, path, len);
    return true;
}
