/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * check: what must hold between options, and what a mode forbids. Of the disk it reads only the
 * trust store and the sandbox CA's roots, where they exist.
 */
#include "config/config.h"

/* ERR_CONFIG; err->field is the path of the option that is wrong ("ca[0].directory"), the text the
 * reason alone. */
MUST_CHECK bool config_check(struct arena *mem, const struct config *cfg, struct err *err);
