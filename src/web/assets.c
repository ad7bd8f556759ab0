/* SPDX-License-Identifier: Apache-2.0 */
#include "web/assets.h"

#include <assert.h>

#include "base/embedded.h"
#include "base/hash.h"

#define ASSETS_MAX  16
#define HASH_OCTETS 8

extern const struct embedded_file web_asset_files[];
extern const size_t web_asset_files_count;

static char paths[ASSETS_MAX][128];

static const struct {
    const char *suffix, *type;
} types[] = {
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
};

void web_assets_start(void)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    assert(web_asset_files_count <= ASSETS_MAX);
    for (size_t i = 0; i < web_asset_files_count; i++) {
        const struct embedded_file *file = &web_asset_files[i];
        unsigned char hash[SHA256_SIZE];

        hash_sha256(slice_of(file->data, file->len), hash);
        snprintf(paths[i], sizeof(paths[i]), "/assets/%s/%s",
                 hex_encode(mem, slice_of(hash, HASH_OCTETS)), file->name);
    }
}

const char *web_asset_path(const char *name)
{
    for (size_t i = 0; i < web_asset_files_count; i++)
        if (strcmp(web_asset_files[i].name, name) == 0)
            return paths[i];
    assert(!"there is no such asset");
    return "";
}

static const char *type_of(const char *name)
{
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot && i < ARRAY_LEN(types); i++)
        if (strcmp(types[i].suffix, dot) == 0)
            return types[i].type;
    return "application/octet-stream";
}

bool web_get_asset(struct http_req *req, struct http_res *res, struct err *err)
{
    for (size_t i = 0; i < web_asset_files_count; i++) {
        const struct embedded_file *file = &web_asset_files[i];

        if (strcmp(paths[i], req->uri.path) != 0)
            continue;
        http_res_header(res, "Cache-Control", "public, max-age=31536000, immutable");
        return http_reply_bytes(res, 200, type_of(file->name), slice_of(file->data, file->len));
    }
    return err_set(err, ERR_NOT_FOUND, "there is no file %.100s", req->uri.path);
}
