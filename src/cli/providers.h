/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* providers: the manual of what is known of the forms of DNS providers (docs/providers.md), out of
 * the rows of check/provider.h. */
#include "base/arena.h"

const char *cli_providers(struct arena *mem);
