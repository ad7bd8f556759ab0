/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* domain: what the commands that name a domain share. */
#include "cli/api_client.h"

/* The caller's domain of this name, as typed; *out is NULL when there is none. */
MUST_CHECK bool cli_domain_find(struct arena *mem, struct cli_api *api, const char *name,
                                const json_t **out, struct err *err);
MUST_CHECK bool cli_domain_status(struct arena *mem, struct cli_api *api, const char *domain_id,
                                  const json_t **out, struct err *err);
/* The status of the caller's domain of this name, as typed. ERR_NOT_FOUND. */
MUST_CHECK bool cli_domain_named(struct arena *mem, struct cli_api *api, const char *name,
                                 const json_t **out, struct err *err);
/* Whether the status shows a certificate that was seen on every edge that counts. */
bool cli_domain_is_live(const json_t *status);
