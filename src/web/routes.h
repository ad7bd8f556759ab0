/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "http/router.h"

extern const struct http_table web_routes;
