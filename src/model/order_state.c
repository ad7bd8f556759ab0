/* SPDX-License-Identifier: Apache-2.0 */
#include "model/order_state.h"

#include "base/name_table.h"

#define S(id) ORDER_##id
#define E(id) ORDER_EVENT_##id
/* clang-format off */
static const struct order_step steps[] = {
    {S(DRAFT),     E(PLACE),  S(PLACED),    "order placed"},
    {S(DRAFT),     E(CANCEL), S(CANCELLED), "order discarded before it was placed"},
    {S(PLACED),    E(FULFIL), S(FULFILLED), "the certificate is live: order fulfilled"},
    {S(PLACED),    E(CANCEL), S(CANCELLED), "order cancelled before it was fulfilled"},
    {S(PLACED),    E(LAPSE),  S(LAPSED),    "the domain did not point to us for 30 days: order ended"},
    {S(FULFILLED), E(REFUND), S(REFUNDED),  "order refunded"},
};
/* clang-format on */
#undef S
#undef E

#define X(id, name) [ORDER_##id] = name,
static const char *const names[ORDER_STATE_COUNT] = {ORDER_STATES(X)};
#undef X
#define X(id, name) [ORDER_EVENT_##id] = name,
static const char *const event_names[ORDER_EVENT_COUNT] = {ORDER_EVENTS(X)};
#undef X

const struct order_step *order_step(enum order_state from, enum order_event on)
{
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        if (steps[i].from == from && steps[i].on == on)
            return &steps[i];
    return NULL;
}

const struct order_step *order_steps(size_t *count)
{
    *count = ARRAY_LEN(steps);
    return steps;
}

bool order_state_is_final(enum order_state state)
{
    return state == ORDER_CANCELLED || state == ORDER_LAPSED || state == ORDER_REFUNDED;
}

const char *order_state_name(enum order_state state)
{
    return names[state];
}

const char *order_event_name(enum order_event event)
{
    return event_names[event];
}

DEFINE_NAME_PARSE(order_state_parse, enum order_state, names)
