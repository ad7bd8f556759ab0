/* SPDX-License-Identifier: Apache-2.0 */
#include "model/edge_standing.h"

#include "base/name_table.h"

#define S(id) STANDING_##id
#define E(id) EDGE_EVENT_##id
#define A(id) EDGE_ALARM_##id

/* clang-format off */
static const struct edge_step steps[] = {
    {S(COUNTED),     E(LOST),       S(LAGGING),     A(NONE),   "takes up no records, and still answers visitors; it goes on counting"},
    {S(COUNTED),     E(FOUND_DOWN), S(DOWN),        A(BEGINS), "is down: it neither asks for records nor answers on its addresses"},
    {S(LAGGING),     E(FOUND_DOWN), S(DOWN),        A(BEGINS), "is down: it neither asks for records nor answers on its addresses"},
    {S(LAGGING),     E(CAUGHT_UP),  S(COUNTED),     A(NONE),   "has every record again"},
    {S(DOWN),        E(RETURNED),   S(CATCHING_UP), A(ENDS),   "is back; it counts again once it has every record"},
    {S(CATCHING_UP), E(FOUND_DOWN), S(DOWN),        A(BEGINS), "is down again: it neither asks for records nor answers on its addresses"},
    {S(CATCHING_UP), E(CAUGHT_UP),  S(COUNTED),     A(NONE),   "has every record and counts"},
    {S(COUNTED),     E(TAKEN_OUT),  S(OUT),         A(NONE),   "is out of rotation"},
    {S(LAGGING),     E(TAKEN_OUT),  S(OUT),         A(NONE),   "is out of rotation"},
    {S(CATCHING_UP), E(TAKEN_OUT),  S(OUT),         A(NONE),   "is out of rotation"},
    {S(DOWN),        E(TAKEN_OUT),  S(OUT),         A(ENDS),   "is down, and out of rotation now"},
    {S(OUT),         E(PUT_IN),     S(CATCHING_UP), A(NONE),   "shall be in rotation; it counts once it has every record"},
};
/* clang-format on */
#undef S
#undef E
#undef A

#define X(id, name) [STANDING_##id] = name,
static const char *const names[STANDING_COUNT] = {EDGE_STANDINGS(X)};
#undef X
#define X(id, name) [EDGE_EVENT_##id] = name,
static const char *const event_names[EDGE_EVENT_COUNT] = {EDGE_EVENTS(X)};
#undef X

const struct edge_step *edge_step(enum edge_standing from, enum edge_event on)
{
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        if (steps[i].from == from && steps[i].on == on)
            return &steps[i];
    return NULL;
}

const struct edge_step *edge_steps(size_t *count)
{
    *count = ARRAY_LEN(steps);
    return steps;
}

const char *edge_standing_name(enum edge_standing standing)
{
    return names[standing];
}

const char *edge_event_name(enum edge_event event)
{
    return event_names[event];
}

DEFINE_NAME_PARSE(edge_standing_parse, enum edge_standing, names)
