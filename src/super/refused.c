/* SPDX-License-Identifier: Apache-2.0 */
#include "super/refused.h"

#include "super/render.h"
#include "text/catalogue.h"
#include "text/template.h"

extern const struct embedded_file refused_files[]; /* the template, then the messages */

static const char *const kinds[] = {"bad_request",  "method_not_allowed", "too_large",
                                    "uri_too_long", "headers_too_large",  "busy"};

static bool write_one(struct arena *mem, const struct template_set *templates,
                      const struct catalogue *texts, const char *kind, const char *path,
                      struct err *err)
{
    json_auto_t *data =
        json_pack("{s:O, s:b}", "t", catalogue_json(texts), arena_printf(mem, "is_%s", kind), 1);
    struct slice html;

    return template_render(mem, templates, "refused", data, &html, err) &&
           file_write(mem, path, (const char *)html.data, 0640, err);
}

static bool write_all(struct arena *mem, const struct template_set *templates, const char *dir,
                      struct err *err)
{
    const struct embedded_file *messages = &refused_files[1];
    struct catalogue *texts;
    bool is_ok = true;

    if (!catalogue_new(slice_of(messages->data, messages->len), &texts, err))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(kinds) && is_ok; i++)
        is_ok = write_one(mem, templates, texts, kinds[i],
                          arena_printf(mem, "%s/%s", dir, kinds[i]), err);
    catalogue_free(texts);
    return is_ok;
}

bool refused_write(struct arena *mem, const char *dir, struct err *err)
{
    struct template_set *templates;
    bool is_ok;

    if (!template_set_new(refused_files, 1, &templates, err))
        return false;
    is_ok = write_all(mem, templates, dir, err);
    template_set_free(templates);
    return is_ok;
}
