/* SPDX-License-Identifier: Apache-2.0 */
#include "model/dns_verdict.h"

#include "base/name_table.h"

#define X(id, name) [DNS_##id] = name,
static const char *const names[DNS_VERDICT_COUNT] = {DNS_VERDICTS(X)};
#undef X

const char *dns_verdict_name(enum dns_verdict verdict)
{
    return names[verdict];
}

DEFINE_NAME_PARSE(dns_verdict_parse, enum dns_verdict, names)
