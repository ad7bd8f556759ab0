/* SPDX-License-Identifier: Apache-2.0 */

/* draw_states: the state machines as Mermaid state diagrams, and the crash points (also in a build
 * that has none) as a Markdown table, from their tables. Used by tools/state-diagrams and
 * tests/system. usage: draw_states issuance|order|subscription|crash_points */
#include <stdio.h>
#include <string.h>

#include "base/crash.h"
#include "model/issuance_state.h"
#include "model/order_state.h"
#include "model/subscription_state.h"

#define DRAW(machine, first)                                                                       \
    static void draw_##machine(void)                                                               \
    {                                                                                              \
        size_t count;                                                                              \
        const struct machine##_step *steps = machine##_steps(&count);                              \
                                                                                                   \
        printf("stateDiagram-v2\n    [*] --> %s\n", machine##_state_name(first));                  \
        for (size_t i = 0; i < count; i++)                                                         \
            printf("    %s --> %s: %s\n", machine##_state_name(steps[i].from),                     \
                   machine##_state_name(steps[i].to), machine##_event_name(steps[i].on));          \
    }

DRAW(issuance, ISSUANCE_WAITING_DNS)
DRAW(order, ORDER_DRAFT)
DRAW(subscription, SUBSCRIPTION_ACTIVE)

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
    fputs("usage: draw_states issuance|order|subscription|crash_points\n", stderr);
    return 64;
}
