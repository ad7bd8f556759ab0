/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/failure.h"

#include <errno.h>

const char *ca_failure_text(int number)
{
    switch (number) {
    case ECONNREFUSED:
        return "Connection refused";
    case ENETUNREACH:
        return "Network unreachable";
    case ECONNRESET:
        return "Connection reset by peer";
    default:
        return CA_FAILURE_OTHER;
    }
}
