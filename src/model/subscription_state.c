/* SPDX-License-Identifier: Apache-2.0 */
#include "model/subscription_state.h"

#include "base/name_table.h"

#define S(id) SUBSCRIPTION_##id
#define E(id) SUBSCRIPTION_EVENT_##id
static const struct subscription_step steps[] = {
    {S(ACTIVE), E(END_NEAR), S(EXPIRING), "the term ends soon, and it does not renew by itself"},
    {S(ACTIVE), E(RENEW), S(ACTIVE), "renewed for another term"},
    {S(ACTIVE), E(TERM_ENDED), S(GRACE), "the term has ended; the site is served for 30 more days"},
    {S(ACTIVE), E(CANCEL), S(CANCELLED), "subscription cancelled"},
    {S(EXPIRING), E(RENEW), S(ACTIVE), "renewed for another term"},
    {S(EXPIRING), E(TERM_ENDED), S(GRACE),
     "the term has ended; the site is served for 30 more days"},
    {S(EXPIRING), E(CANCEL), S(CANCELLED), "subscription cancelled"},
    {S(GRACE), E(RENEW), S(ACTIVE), "renewed for another term"},
    {S(GRACE), E(GRACE_ENDED), S(EXPIRED), "not renewed: the site is no longer secured"},
    {S(GRACE), E(CANCEL), S(CANCELLED), "subscription cancelled"},
};
#undef S
#undef E

#define X(id, name) [SUBSCRIPTION_##id] = name,
static const char *const names[SUBSCRIPTION_STATE_COUNT] = {SUBSCRIPTION_STATES(X)};
#undef X
#define X(id, name) [SUBSCRIPTION_EVENT_##id] = name,
static const char *const event_names[SUBSCRIPTION_EVENT_COUNT] = {SUBSCRIPTION_EVENTS(X)};
#undef X

const struct subscription_step *subscription_step(enum subscription_state from,
                                                  enum subscription_event on)
{
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        if (steps[i].from == from && steps[i].on == on)
            return &steps[i];
    return NULL;
}

const struct subscription_step *subscription_steps(size_t *count)
{
    *count = ARRAY_LEN(steps);
    return steps;
}

bool subscription_state_is_final(enum subscription_state state)
{
    return state == SUBSCRIPTION_EXPIRED || state == SUBSCRIPTION_CANCELLED;
}

bool subscription_is_served(enum subscription_state state)
{
    return !subscription_state_is_final(state);
}

const char *subscription_state_name(enum subscription_state state)
{
    return names[state];
}

const char *subscription_event_name(enum subscription_event event)
{
    return event_names[event];
}

DEFINE_NAME_PARSE(subscription_state_parse, enum subscription_state, names)
