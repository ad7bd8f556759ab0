/* SPDX-License-Identifier: Apache-2.0 */
#include "model/sign_in.h"

static const int64_t free_tries[SIGN_IN_COUNTS] = {
    [SIGN_IN_OF_ADDRESS] = SIGN_IN_FREE_TRIES,
    [SIGN_IN_OF_CLIENT] = SIGN_IN_CLIENT_FREE,
};

int64_t sign_in_wait_ms(enum sign_in_count what, int64_t tries)
{
    int64_t wait = 1000;

    if (tries <= free_tries[what])
        return 0;
    for (int64_t i = free_tries[what] + 1; i < tries && wait < SIGN_IN_WAIT_MAX_MS; i++)
        wait *= 2;
    return wait < SIGN_IN_WAIT_MAX_MS ? wait : SIGN_IN_WAIT_MAX_MS;
}

bool session_is_over(int64_t created_at, int64_t seen_at, int64_t now)
{
    return now - seen_at >= SESSION_IDLE_MS || now - created_at >= SESSION_MAX_MS;
}
