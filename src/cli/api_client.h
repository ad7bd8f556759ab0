/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * api_client: the API as the commands of this folder call it. Where it is and with which token
 * comes from LATCHKEY_URL, LATCHKEY_TOKEN and LATCHKEY_CA_FILE, or from --url and --ca-file; a
 * token is never an argument. Hosts are looked up by the system, as any program of a user does.
 */
#include <argp.h>
#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"

/* An argp child: --url and --ca-file; its input is a `struct cli_target`. */
struct cli_target {
    const char *url, *ca_file; /* NULL: from the environment */
};
extern const struct argp cli_target_argp;

struct cli_api;

/* ERR_CONFIG: LATCHKEY_URL or LATCHKEY_TOKEN is not set, or the URL is not http(s). The client
 * lives in `mem`. */
MUST_CHECK bool cli_api_open(struct arena *mem, const struct cli_target *target,
                             struct cli_api **out, struct err *err);

/* One request; `path` with its query; `body` (POST, PATCH) is stolen. *answer (owned by `mem`) is
 * the JSON of a 2xx, or NULL when it has none. Anything else is an err: that of the problem
 * document (code, text, field, retry_at), or ERR_NET for an answer that is none. */
MUST_CHECK bool cli_api_get(struct arena *mem, struct cli_api *api, const char *path,
                            const json_t **answer, struct err *err);
MUST_CHECK bool cli_api_post(struct arena *mem, struct cli_api *api, const char *path, json_t *body,
                             const json_t **answer, struct err *err);
MUST_CHECK bool cli_api_delete(struct arena *mem, struct cli_api *api, const char *path,
                               const json_t **answer, struct err *err);
MUST_CHECK bool cli_api_patch(struct arena *mem, struct cli_api *api, const char *path,
                              json_t *body, const json_t **answer, struct err *err);
/* Text of a query value: what is not unreserved (RFC 3986 section 2.3) is percent-encoded. */
const char *cli_query_text(struct arena *mem, const char *text);
