/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/challenge.h"

#include "base/name_table.h"
#include "ca/identifier.h"

#define X(id, name) [CA_CHALLENGE_##id] = name,
static const char *const names[CA_CHALLENGE_COUNT] = {CA_CHALLENGES(X)};
#undef X

const char *ca_challenge_name(enum ca_challenge_type type)
{
    return names[type];
}

DEFINE_NAME_PARSE(ca_challenge_parse, enum ca_challenge_type, names)

bool ca_challenge_fits(enum ca_challenge_type type, const char *identifier)
{
    return type == CA_CHALLENGE_DNS_01 || !ca_name_is_wildcard(identifier);
}
