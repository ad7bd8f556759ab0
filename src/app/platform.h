/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* platform: what the configuration says about the platform, put where the store's references and
 * the jobs find it. */
#include "app/app.h"

/* Stores the operator's origins and the default address set. Repeated at each start. */
MUST_CHECK bool app_platform_sync(const struct app *app, struct err *err);
