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
/* manage_eab.c */
http_handler ca_list_eab, ca_add_eab, ca_revoke_eab_key;
/* manage_terms.c */
http_handler ca_show_terms, ca_post_terms, ca_post_agreements;

/* An account in a path or a body: its number, 0 for "all". ERR_BAD_INPUT. */
MUST_CHECK bool ca_manage_account(const char *text, int64_t *out, struct err *err);
