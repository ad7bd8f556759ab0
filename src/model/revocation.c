/* SPDX-License-Identifier: Apache-2.0 */
#include "model/revocation.h"

#include "base/name_table.h"

#define X(id, name, code) [REVOCATION_##id] = name,
static const char *const names[REVOCATION_REASON_COUNT] = {REVOCATION_REASONS(X)};
#undef X
#define X(id, name, code) [REVOCATION_##id] = (code),
static const int codes[REVOCATION_REASON_COUNT] = {REVOCATION_REASONS(X)};
#undef X

const char *revocation_reason_name(enum revocation_reason reason)
{
    return names[reason];
}

int revocation_reason_code(enum revocation_reason reason)
{
    return codes[reason];
}

bool revocation_is_by_key(enum revocation_reason reason)
{
    return reason == REVOCATION_KEY_COMPROMISE;
}

DEFINE_NAME_PARSE(revocation_reason_parse, enum revocation_reason, names)
