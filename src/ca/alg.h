/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* alg: the JWS algorithms of the CA (RFC 7518 section 3.1), as Boulder takes them but for ES512. */
#include <jansson.h>

#include "base/base.h"

enum ca_alg { CA_ALG_RS256, CA_ALG_ES256, CA_ALG_ES384, CA_ALG_COUNT };

const char *ca_alg_name(enum ca_alg alg);
MUST_CHECK bool ca_alg_parse(const char *name, enum ca_alg *out);
json_t *ca_alg_list(void);      /* a new array of the names */
const char *ca_alg_words(void); /* "[RS256 ES256 ES384]" */
