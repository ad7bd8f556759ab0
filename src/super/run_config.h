/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* run_config: the latchkey.yaml of `latchkey run`, and the ports in it. */
#include "super/layout.h"

#define RUN_PORT_BASE_MIN 1024
#define RUN_PORT_BASE_MAX 65529 /* six ports from there */

/* Writes it if there is none, and reads it. `port_base` 0: the usual ports, or those of the file;
 * else six ports from there: http and https of the edges, front, CA, DNS, origin. */
MUST_CHECK bool run_config(struct arena *mem, struct layout *layout, int64_t port_base,
                           struct err *err);
/* Every port of it can be listened on: layout_check_ports(). */
MUST_CHECK bool run_config_check_ports(struct arena *mem, const struct layout *layout,
                                       struct err *err);
