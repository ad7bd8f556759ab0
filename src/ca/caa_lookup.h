/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* caa_lookup: the CAA records that hold for a name (RFC 8659 section 3), asked of the validator's
 * resolver: the name, then each parent up to the top-level domain, each with its CNAMEs. */
#include "ca/caa.h"
#include "ca/problem.h"

/* One name of several. */
struct ca_caa_question {
    const char *name; /* "*.shop.example" too */
    struct ca_caa_case wanted;
    bool is_permitted;         /* filled, and with false: */
    struct ca_problem problem; /* of type caa, or dns when a look-up below the records that hold
                                  failed, or gave more than can be read */
};

/* Whether the CA may issue for the first of these names: as many as can be asked for at once, at
 * least one; how many that were. Blocks. */
size_t ca_caa_check_some(struct arena *mem, struct resolver *resolver, struct ca_caa_question *list,
                         size_t count);
