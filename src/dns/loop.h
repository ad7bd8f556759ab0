/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * loop: the sockets and timers of one context of libunbound (unbound-event.h, pluggable event API),
 * waited for by the thread that asks it. So a look-up costs no other thread, and no message to one.
 * Of one thread at a time; while nobody waits, nothing happens.
 */
#include "base/err.h"

struct dns_loop;
struct ub_event_base;

struct dns_loop *dns_loop_new(void);
/* After the context that was made with it. */
void dns_loop_free(struct dns_loop *loop);

/* For ub_ctx_create_ub_event(). */
struct ub_event_base *dns_loop_base(struct dns_loop *loop);

/* Waits for the first thing that happens, until `until_ms` (clock_boot_ms()) at the latest, and
 * tells libunbound of all that has happened: answers come to their callbacks meanwhile. ERR_DNS. */
MUST_CHECK bool dns_loop_wait(struct dns_loop *loop, int64_t until_ms, struct err *err);
