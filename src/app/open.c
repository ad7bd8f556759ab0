/* SPDX-License-Identifier: Apache-2.0 */
#include "app/open.h"

#include "app/platform.h"
#include "store/schema.h"

#define SQLITE_PREFIX "sqlite:"
#define READERS       8

bool app_store_path(const struct config *config, const char **out, struct err *err)
{
    const char *url = config->store.url;
    size_t prefix = strlen(SQLITE_PREFIX);

    if (strncmp(url, SQLITE_PREFIX, prefix) != 0 || !url[prefix])
        return err_set(err, ERR_CONFIG,
                       "store.url must begin with \"" SQLITE_PREFIX
                       "\": no other engine can be used yet");
    *out = url + prefix;
    return true;
}

bool app_suffixes(struct arena *mem, const struct config *config, const struct suffix_list **out,
                  struct err *err)
{
    const struct suffix_options options = {
        .file = *config->names.suffix_file ? config->names.suffix_file : NULL,
        .extra = config->names.extra_suffixes.items,
        .extra_count = config->names.extra_suffixes.count,
        .is_sandbox = config->mode == CONFIG_SANDBOX,
    };

    return suffix_list_load(mem, &options, out, err);
}

static bool load_lists(struct arena *mem, const struct config *config, struct app *app,
                       struct err *err)
{
    return app_suffixes(mem, config, &app->suffixes, err) &&
           location_list_load(mem, NULL, &app->locations, err);
}

static bool prepare_store(struct app *app, enum app_schema schema, struct err *err)
{
    if (schema == APP_MIGRATE ? !store_migrate(app->db, NULL, err)
                              : !store_migrate_check(app->db, err))
        return false;
    return app_platform_sync(app, err);
}

bool app_open(struct arena *mem, const struct config *config, enum app_schema schema,
              struct app *out, struct err *err)
{
    struct app app = {.config = config};
    const char *path;

    if (!app_store_path(config, &path, err) || !load_lists(mem, config, &app, err) ||
        !db_open_sqlite(path, READERS, &app.db, err))
        return false;
    if (!prepare_store(&app, schema, err)) {
        app_close(&app);
        return false;
    }
    *out = app;
    return true;
}

void app_close(struct app *app)
{
    db_closep(&app->db);
    app->db = NULL;
}
