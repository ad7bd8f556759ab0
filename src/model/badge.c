/* SPDX-License-Identifier: Apache-2.0 */
#include "model/badge.h"

#include "base/name_table.h"

#define DAY_MS INT64_C(86400000)

#define X(id, name, label) [BADGE_##id] = name,
static const char *const names[BADGE_COUNT] = {BADGES(X)};
#undef X
#define X(id, name, label) [BADGE_##id] = label,
static const char *const labels[BADGE_COUNT] = {BADGES(X)};
#undef X
#define X(id, name) [TRUST_##id] = name,
static const char *const trust_names[TRUST_COUNT] = {TRUSTS(X)};
#undef X

static struct badge action_needed(enum who_acts who)
{
    return (struct badge){.kind = BADGE_ACTION_NEEDED, .who_acts = who};
}

static struct badge badge_served(const struct badge_facts *facts, int64_t now)
{
    if (facts->is_without_edge)
        return action_needed(WHO_OPERATOR);
    switch (facts->trust) {
    case TRUST_SANDBOX:
        return (struct badge){.kind = BADGE_TEST_CERTIFICATE};
    case TRUST_OTHER:
        return action_needed(WHO_OPERATOR);
    case TRUST_STORE:
    case TRUST_COUNT:
        break;
    }
    if (facts->is_renewal_failing)
        return (struct badge){.kind = BADGE_AT_RISK,
                              .who_acts =
                                  facts->who_acts == WHO_NOBODY ? WHO_OPERATOR : facts->who_acts,
                              .days_left = (facts->not_after_at - now) / DAY_MS};
    if (facts->left_out != WHO_NOBODY)
        return action_needed(facts->left_out);
    return (struct badge){.kind = BADGE_SECURED};
}

/* What visitors get is good, and not known: another one is on its way. */
static struct badge badge_lost(const struct badge_facts *facts)
{
    if (facts->is_without_edge)
        return action_needed(WHO_OPERATOR);
    if (facts->has_issuance && facts->issuance == ISSUANCE_PARKED)
        return action_needed(facts->who_acts == WHO_NOBODY ? WHO_OPERATOR : facts->who_acts);
    return (struct badge){.kind = BADGE_SETTING_UP};
}

static struct badge badge_unserved(const struct badge_facts *facts)
{
    if (!facts->has_issuance || issuance_state_is_final(facts->issuance))
        return (struct badge){.kind = BADGE_NOT_SECURED};
    if (facts->issuance == ISSUANCE_PARKED)
        return action_needed(facts->who_acts == WHO_NOBODY ? WHO_OPERATOR : facts->who_acts);
    if (facts->is_without_edge &&
        (facts->issuance == ISSUANCE_PUBLISHING || facts->issuance == ISSUANCE_DEPLOYING))
        return action_needed(WHO_OPERATOR);
    if (facts->issuance == ISSUANCE_WAITING_DNS && facts->who_acts != WHO_NOBODY)
        return action_needed(facts->who_acts);
    return (struct badge){.kind = BADGE_SETTING_UP};
}

struct badge badge_of(const struct badge_facts *facts, int64_t now)
{
    if (facts->is_live && facts->is_later_shown)
        return badge_lost(facts);
    if (facts->is_live && facts->not_after_at > now)
        return badge_served(facts, now);
    return badge_unserved(facts);
}

const char *badge_text(struct arena *mem, const struct badge *badge)
{
    const char *label = labels[badge->kind];

    if (badge->kind == BADGE_ACTION_NEEDED)
        return arena_printf(mem, "%s (%s)", label, who_acts_name(badge->who_acts));
    if (badge->kind == BADGE_AT_RISK)
        return arena_printf(mem, "%s (%lld day%s)", label, (long long)badge->days_left,
                            badge->days_left == 1 ? "" : "s");
    return label;
}

static const int ranks[BADGE_COUNT] = {
    [BADGE_AT_RISK] = 1,    [BADGE_ACTION_NEEDED] = 2,    [BADGE_NOT_SECURED] = 3,
    [BADGE_SETTING_UP] = 4, [BADGE_TEST_CERTIFICATE] = 5, [BADGE_SECURED] = 6,
};

int badge_rank(enum badge_kind kind)
{
    return ranks[kind];
}

const char *badge_label(enum badge_kind kind)
{
    return labels[kind];
}

const char *badge_name(enum badge_kind kind)
{
    return names[kind];
}

const char *trust_name(enum trust trust)
{
    return trust_names[trust];
}

DEFINE_NAME_PARSE(badge_parse, enum badge_kind, names)
DEFINE_NAME_PARSE(trust_parse, enum trust, trust_names)
