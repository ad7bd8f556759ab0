/* SPDX-License-Identifier: Apache-2.0 */
#include "model/name_risk.h"

static const int64_t confirmed_after_ms[DNS_VERDICT_COUNT] = {
    [DNS_OK] = 0,
    [DNS_UNCHECKED] = NAME_RISK_UNKNOWN_MS,
    [DNS_UNKNOWN] = NAME_RISK_UNKNOWN_MS,
    [DNS_PARTIAL] = NAME_RISK_SURE_MS,
    [DNS_WRONG_TARGET] = NAME_RISK_SURE_MS,
    [DNS_MISSING] = NAME_RISK_SURE_MS,
    [DNS_UNREACHABLE] = NAME_RISK_REACHED_MS,
    [DNS_DNSSEC_BOGUS] = NAME_RISK_SURE_MS,
    [DNS_CAA_FORBIDDEN] = NAME_RISK_SURE_MS,
    [DNS_PROXIED] = NAME_RISK_REACHED_MS,
    [DNS_CONFLICT] = NAME_RISK_SURE_MS,
};

enum name_risk_news name_risk_look(struct name_risk *risk, enum dns_verdict verdict, int64_t at)
{
    const struct name_risk was = *risk;

    if (verdict == DNS_OK) {
        *risk = (struct name_risk){0};
        return was.risk_at ? NAME_RISK_ENDS : NAME_RISK_NO_NEWS;
    }
    if (!was.failing_at)
        risk->failing_at = at;
    if (was.risk_at || !was.failing_at || at < was.failing_at + confirmed_after_ms[verdict])
        return NAME_RISK_NO_NEWS;
    risk->risk_at = at;
    return NAME_RISK_BEGINS;
}

int64_t name_risk_again_at(const struct name_risk *risk, enum dns_verdict verdict)
{
    if (!risk->failing_at || risk->risk_at)
        return 0;
    return risk->failing_at + confirmed_after_ms[verdict];
}
