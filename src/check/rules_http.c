/* SPDX-License-Identifier: Apache-2.0 */
#include "check/rules.h"

static bool fails_with(const struct facts *f, enum probe_outcome outcome)
{
    return f->bad && f->probes_bad == f->seen->probe_count && f->bad->outcome == outcome;
}

bool rule_is_http_refused(const struct facts *f)
{
    return fails_with(f, PROBE_REFUSED);
}

bool rule_is_http_timeout(const struct facts *f)
{
    return fails_with(f, PROBE_TIMEOUT);
}

bool rule_is_http_unreachable(const struct facts *f)
{
    return fails_with(f, PROBE_UNREACHABLE);
}

bool rule_is_http_cut(const struct facts *f)
{
    return fails_with(f, PROBE_CUT);
}

bool rule_is_http_redirected(const struct facts *f)
{
    return fails_with(f, PROBE_REDIRECTED);
}

bool rule_is_http_wrong_server(const struct facts *f)
{
    return fails_with(f, PROBE_WRONG_ANSWER);
}

bool rule_is_http_partly(const struct facts *f)
{
    return f->probes_bad > 0;
}
