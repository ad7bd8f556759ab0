/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* manage_handlers: the requests of the management interface (ca/manage_server.h); the context is
 * the struct ca. */
#include "http/router.h"

/* manage_fault.c */
http_handler ca_list_faults, ca_begin_fault, ca_end_faults;
/* manage_action.c */
http_handler ca_post_renew_now, ca_post_revoke, ca_post_lose, ca_post_unpausing;
http_handler ca_show_clock, ca_put_clock;
