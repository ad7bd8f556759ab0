/* SPDX-License-Identifier: Apache-2.0 */
#include "super/front_cert.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#define NS_OF_A_SECOND 1000000000

static int64_t changed_at(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return 0;
    return (int64_t)st.st_mtim.tv_sec * NS_OF_A_SECOND + st.st_mtim.tv_nsec;
}

struct front_cert front_cert_of(struct arena *mem, const struct layout *layout)
{
    return (struct front_cert){.file = arena_printf(mem, "%s/service.pem", layout->ca)};
}

void front_cert_note(struct front_cert *cert)
{
    cert->made_at = changed_at(cert->file);
}

void front_cert_look(struct front_cert *cert, struct supervisor *super,
                     const struct child_spec *child)
{
    if (strcmp(child->name, "ca-init") != 0 || cert->made_at == 0 ||
        changed_at(cert->file) == cert->made_at)
        return;
    front_cert_note(cert);
    supervisor_signal(super, "front", SIGHUP);
}
