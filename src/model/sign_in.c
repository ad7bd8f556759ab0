/* SPDX-License-Identifier: Apache-2.0 */
#include "model/sign_in.h"

int64_t sign_in_wait_ms(int64_t failures)
{
    int64_t wait = 1000;

    if (failures <= SIGN_IN_FREE_TRIES)
        return 0;
    for (int64_t i = SIGN_IN_FREE_TRIES + 1; i < failures && wait < SIGN_IN_WAIT_MAX_MS; i++)
        wait *= 2;
    return wait < SIGN_IN_WAIT_MAX_MS ? wait : SIGN_IN_WAIT_MAX_MS;
}

bool session_is_over(int64_t created_at, int64_t seen_at, int64_t now)
{
    return now - seen_at >= SESSION_IDLE_MS || now - created_at >= SESSION_MAX_MS;
}
