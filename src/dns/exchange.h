/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* exchange: one DNS message to one server over TCP (RFC 7766), and its answer. */
#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"
#include "dns/place.h"

/* `until_ms`: on clock_boot_ms(). The answer has the id of the request; nothing else of it is
 * looked at. ERR_NET: no connection, or it was cut; ERR_TIMEOUT. */
MUST_CHECK bool dns_exchange_tcp(struct arena *mem, const struct dns_place *place,
                                 struct slice request, int64_t until_ms, struct slice *out,
                                 struct err *err);
