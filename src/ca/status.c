/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/status.h"

#include "base/name_table.h"

static const char *const names[CA_STATUS_COUNT] = {
#define X(id, name) [CA_STATUS_##id] = (name),
    CA_STATUSES(X)
#undef X
};

const char *ca_status_name(enum ca_status status)
{
    return names[status];
}

bool ca_status_read(const char *text, enum ca_status *out, struct err *err)
{
    int found = name_table_find(names, CA_STATUS_COUNT, text);

    if (found < 0)
        return err_set(err, ERR_STORE, "unknown status \"%s\" in the database", text);
    *out = (enum ca_status)found;
    return true;
}
