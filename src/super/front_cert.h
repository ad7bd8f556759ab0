/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* front_cert: the child "front" takes up the certificate that the child "ca-init" has made anew. */
#include "super/layout.h"
#include "super/supervisor.h"

struct front_cert {
    const char *file;
    int64_t made_at; /* 0: the front does not run yet */
};

struct front_cert front_cert_of(struct arena *mem, const struct layout *layout);
/* The front runs now, with what there is. */
void front_cert_note(struct front_cert *cert);
/* A child has ended. */
void front_cert_look(struct front_cert *cert, struct supervisor *super,
                     const struct child_spec *child);
