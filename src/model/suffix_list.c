/* SPDX-License-Identifier: Apache-2.0 */
#include "model/suffix_list.h"

#include <errno.h>
#include <libpsl.h>
#include <string.h>

struct suffix_list {
    psl_ctx_t *psl;
    const char **extra;
    size_t extra_count;
};

static void list_close(void *psl)
{
    psl_free(psl);
}

static const char **extra_copy(struct arena *mem, const struct suffix_options *options,
                               size_t *count)
{
    const char **extra = arena_array_of(mem, options->extra_count + 1, const char *);
    size_t n = 0;

    for (; n < options->extra_count; n++)
        extra[n] = arena_strdup(mem, options->extra[n]);
    if (options->is_sandbox)
        extra[n++] = "example";
    *count = n;
    return extra;
}

bool suffix_list_load(struct arena *mem, const struct suffix_options *options,
                      const struct suffix_list **out, struct err *err)
{
    psl_ctx_t *psl = options->file ? psl_load_file(options->file) : psl_latest(NULL);
    struct suffix_list *list;

    if (!psl && options->file)
        return err_errno(err, ERR_CONFIG, errno, "cannot read the public suffix list %s",
                         options->file);
    if (!psl)
        return err_set(err, ERR_CONFIG, "there is no public suffix list: install publicsuffix");
    list = arena_new_of(mem, struct suffix_list);
    arena_defer(mem, list_close, psl);
    list->psl = psl;
    list->extra = extra_copy(mem, options, &list->extra_count);
    *out = list;
    return true;
}

static const char *parent_of(const char *name)
{
    const char *dot = strchr(name, '.');

    return dot ? dot + 1 : NULL;
}

/* The extra suffix that `name` is or ends in, as a pointer into `name`: the longest one, or NULL.
 */
static const char *extra_suffix_of(const struct suffix_list *list, const char *name)
{
    for (const char *at = name; at; at = parent_of(at))
        for (size_t i = 0; i < list->extra_count; i++)
            if (strcmp(at, list->extra[i]) == 0)
                return at;
    return NULL;
}

bool suffix_is_extra(const struct suffix_list *list, const char *name)
{
    return extra_suffix_of(list, name) != NULL;
}

bool suffix_is_known(const struct suffix_list *list, const char *name)
{
    if (suffix_is_extra(list, name))
        return true;
    for (const char *at = name; at; at = parent_of(at))
        if (psl_is_public_suffix2(list->psl, at, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE))
            return true;
    return false;
}

/* The public suffix that `name` is or ends in; there always is one, by the default rule. */
static const char *suffix_of(const struct suffix_list *list, const char *name)
{
    const char *extra = extra_suffix_of(list, name);
    const char *listed = psl_unregistrable_domain(list->psl, name);

    if (!listed)
        listed = strrchr(name, '.') ? strrchr(name, '.') + 1 : name;
    return extra && strlen(extra) > strlen(listed) ? extra : listed;
}

bool suffix_is_public(const struct suffix_list *list, const char *name)
{
    return strcmp(suffix_of(list, name), name) == 0;
}

const char *suffix_registered_domain(const struct suffix_list *list, const char *name)
{
    const char *suffix = suffix_of(list, name);
    const char *registered = NULL;

    for (const char *at = name; strcmp(at, suffix) != 0; at = parent_of(at))
        registered = at;
    return registered;
}
