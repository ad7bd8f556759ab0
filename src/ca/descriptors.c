/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/descriptors.h"

#include <errno.h>
#include <sys/resource.h>

bool ca_connections_of(uint64_t limit, unsigned *out, struct err *err)
{
    uint64_t left = limit > CA_DESCRIPTORS_OWN ? limit - CA_DESCRIPTORS_OWN : 0;

    if (left < CA_CONNECTIONS_MIN)
        return err_set(err, ERR_CONFIG,
                       "%llu open files are too few for the sandbox CA: raise the limit to %d",
                       (unsigned long long)limit, CA_DESCRIPTORS_OWN + CA_CONNECTIONS_MIN);
    *out = left < CA_CONNECTIONS_MAX ? (unsigned)left : CA_CONNECTIONS_MAX;
    return true;
}

bool ca_connections_allowed(unsigned *out, struct err *err)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return err_errno(err, ERR_CONFIG, errno, "could not read the limit of open files");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return err_errno(err, ERR_CONFIG, errno, "could not raise the limit of open files");
    return ca_connections_of(limit.rlim_max, out, err);
}
