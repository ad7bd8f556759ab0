/* SPDX-License-Identifier: Apache-2.0 */

/* draw_states: the state machines as Mermaid state diagrams, and the crash points (also in a build
 * that has none) as a Markdown table, from their tables. Used by tools/state-diagrams and
 * tests/system. usage: draw_states edge|issuance|order|subscription|crash_points */
#include <stdio.h>
#include <string.h>

#include "base/crash.h"
#include "model/edge_standing.h"
#include "model/issuance_state.h"
#include "model/order_state.h"
#include "model/subscription_state.h"

#define DRAW(machine, name_of, first)                                                              \
    static void draw_##machine(void)                                                               \
    {                                                                                              \
        size_t count;                                                                              \
        const struct machine##_step *steps = machine##_steps(&count);                              \
                                                                                                   \
        printf("stateDiagram-v2\n    [*] --> %s\n", name_of(first));                               \
        for (size_t i = 0; i < count; i++)                                                         \
            printf("    %s --> %s: %s\n", name_of(steps[i].from), name_of(steps[i].to),            \
                   machine##_event_name(steps[i].on));                                             \
    }

DRAW(edge, edge_standing_name, STANDING_CATCHING_UP)
DRAW(issuance, issuance_state_name, ISSUANCE_WAITING_DNS)
DRAW(order, order_state_name, ORDER_DRAFT)
DRAW(subscription, subscription_state_name, SUBSCRIPTION_ACTIVE)

#define PHASES_REQUEST "before, reply, commit"
#define PHASES_ASK     "before, reply"
#define PHASES_STORE   "before, commit"

static void draw_crash_points(void)
{
    puts("| step | killed at | what is half done |\n|---|---|---|");
#define X(id, name, shape, what) puts("| `" name "` | " PHASES_##shape " | " what " |");
    CRASH_STEPS(X)
#undef X
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*draw)(void);
    } machines[] = {
        {"edge", draw_edge},
        {"issuance", draw_issuance},
        {"order", draw_order},
        {"subscription", draw_subscription},
        {"crash_points", draw_crash_points},
    };

    for (size_t i = 0; argc == 2 && i < ARRAY_LEN(machines); i++) {
        if (strcmp(machines[i].name, argv[1]) == 0) {
            machines[i].draw();
            return 0;
        }
    }
    fputs("usage: draw_states edge|issuance|order|subscription|crash_points\n", stderr);
    return 64;
}
