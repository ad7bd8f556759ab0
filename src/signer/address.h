/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* address: a path as the address of a Unix socket. */
#include <sys/un.h>

#include "base/err.h"

/* ERR_CONFIG when the path has more octets than such an address can hold. */
MUST_CHECK bool signer_address(const char *path, struct sockaddr_un *out, struct err *err);
