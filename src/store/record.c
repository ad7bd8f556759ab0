/* SPDX-License-Identifier: Apache-2.0 */
#include "store/record.h"

#include <assert.h>

/* U+10FFFF: sorts after every other character in UTF-8. */
#define LAST_CHARACTER "\xf4\x8f\xbf\xbf"

const char *scope_partner_id(const struct scope *scope)
{
    assert(scope->kind != SCOPE_PARTNER || scope->partner_id);
    return scope->kind == SCOPE_PLATFORM ? NULL : scope->partner_id;
}

const char *scope_account_id(const struct scope *scope)
{
    assert(scope->kind != SCOPE_ACCOUNT || scope->account_id);
    return scope->kind == SCOPE_ACCOUNT ? scope->account_id : NULL;
}

enum list_by list_by(const struct scope *scope, const char *parent_id)
{
    static const enum list_by of_kind[] = {
        [SCOPE_PLATFORM] = LIST_ALL,
        [SCOPE_PARTNER] = LIST_BY_PARTNER,
        [SCOPE_ACCOUNT] = LIST_BY_ACCOUNT,
    };

    return parent_id ? LIST_BY_PARENT : of_kind[scope->kind];
}

int64_t page_limit(const struct page *page)
{
    assert(page->limit >= 1 && page->limit <= PAGE_LIMIT_MAX);
    return page->limit;
}

struct prefix_range prefix_range(struct arena *mem, const char *prefix)
{
    if (!prefix)
        prefix = "";
    return (struct prefix_range){prefix, arena_printf(mem, "%s" LAST_CHARACTER, prefix)};
}

const char *fold_name(struct arena *mem, const char *name)
{
    char *folded = arena_strdup(mem, name);

    for (char *p = folded; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    return folded;
}

const char *next_text(struct reader *r)
{
    return row_text(r->row, r->at++);
}

int64_t next_i64(struct reader *r)
{
    return row_i64(r->row, r->at++);
}

bool next_bool(struct reader *r)
{
    return row_bool(r->row, r->at++);
}

struct slice next_bytes(struct reader *r)
{
    return row_bytes(r->row, r->at++);
}

struct text_list next_list(struct reader *r)
{
    struct text_list list = {0};

    if (!text_list_parse(r->mem, next_text(r), &list, r->err))
        r->is_failed = true;
    return list;
}

void reader_refuse(struct reader *r, const char *what, const char *text)
{
    err_set(r->err, ERR_STORE, "the database has an unknown %s: \"%.64s\"", what, text);
    r->is_failed = true;
}
