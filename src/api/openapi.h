/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* openapi: docs/openapi.yaml, put into the program by the build; one file. */
#include "base/embedded.h"

extern const struct embedded_file api_openapi[];
extern const size_t api_openapi_count;
