/* SPDX-License-Identifier: Apache-2.0 */
#include "model/job_kind.h"

#include "base/name_table.h"

#define X(id, name) [JOB_##id] = name,
static const char *const names[JOB_KIND_COUNT] = {JOB_KINDS(X)};
#undef X

const char *job_kind_name(enum job_kind kind)
{
    return names[kind];
}

DEFINE_NAME_PARSE(job_kind_parse, enum job_kind, names)
