/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* open: an app from a configuration. */
#include "app/app.h"

enum app_schema {
    APP_MIGRATE, /* bring the store to this program's schema */
    APP_CHECK,   /* refuse a store that is not there yet */
};

/* Opens the store, loads the public suffix list and the countries, and stores what the
 * configuration says about the platform. Lists belong to `mem`; app_close() closes the store. */
MUST_CHECK bool app_open(struct arena *mem, const struct config *config, enum app_schema schema,
                         struct app *out, struct err *err);
void app_close(struct app *app);

/* The public suffix list as the configuration has it, for who needs it before the store is open. */
MUST_CHECK bool app_suffixes(struct arena *mem, const struct config *config,
                             const struct suffix_list **out, struct err *err);

/* The path of a "sqlite:" URL. ERR_CONFIG for any other kind: PostgreSQL comes later. */
MUST_CHECK bool app_store_path(const struct config *config, const char **out, struct err *err);
