/* SPDX-License-Identifier: Apache-2.0 */
#include "model/who_acts.h"

#include "base/name_table.h"

#define X(id, name) [WHO_##id] = name,
static const char *const names[WHO_COUNT] = {WHO_ACTS(X)};
#undef X

const char *who_acts_name(enum who_acts who)
{
    return names[who];
}

DEFINE_NAME_PARSE(who_acts_parse, enum who_acts, names)
