/* SPDX-License-Identifier: Apache-2.0 */
#include "job/asks.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "store/issued_store.h"
#include "store/renewal_store.h"

#define SAME_NAMES_MS  (INT64_C(120) * 86400000)
#define WINDOW_EDGE_MS INT64_C(60000) /* a window that ends so soon may have ended at the CA */
#define WINDOW_SHARE   10             /* of a short window, this part */

bool asks_any(const struct issue *is)
{
    for (int i = 0; i < CONFIG_LIMIT_COUNT; i++)
        if (rate_of(is, (enum config_limit)i)->count > 0)
            return true;
    return false;
}

static void add(const struct issue *is, struct asks *asks, enum config_limit limit,
                const char *subject, const char *name)
{
    if (rate_of(is, limit)->count == 0)
        return;
    for (size_t i = 0; i < asks->count; i++)
        if (asks->items[i].limit == limit && strcmp(asks->items[i].subject, subject) == 0)
            return;
    assert(asks->count < ASKS_MAX);
    asks->items[asks->count++] = (struct ask){limit, subject, name};
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *set_of(const struct issue *is)
{
    const char **names = issue_names(is);
    unsigned char hash[SHA256_SIZE];
    struct buf text = buf_new(is->mem, ISSUE_NAMES_MAX * 256);

    qsort(names, is->name_count, sizeof(*names), compare);
    for (size_t i = 0; i < is->name_count; i++) {
        buf_str(&text, names[i]);
        buf_str(&text, " ");
    }
    hash_sha256(buf_view(&text), hash);
    return hex_encode(is->mem, slice_of(hash, sizeof(hash)));
}

static bool registered_of(const struct issue *is, const char *name, const char **out,
                          struct err *err)
{
    struct hostname host;

    if (!hostname_parse(is->mem, is->worker->app->suffixes, name, &host, err))
        return err_wrap(err, "the registered domain of %s", name);
    *out = host.registered;
    return true;
}

/* Whether the CA asked for this renewal now, and will see it so. */
static bool is_in_window(const struct issue *is, struct db *db, bool *out, struct err *err)
{
    const struct scope scope = scope_platform();
    const struct renewal *renewal = NULL;
    int64_t edge;

    *out = false;
    if (!is->issuance->replaces_id || is->issuance->is_replaces_refused)
        return true;
    if (!renewal_store_get(is->mem, db, &scope, is->issuance->replaces_id, &renewal, err))
        return false;
    if (!renewal || renewal->source != RENEWAL_FROM_CA)
        return true;
    edge = (renewal->window.end_at - renewal->window.start_at) / WINDOW_SHARE;
    if (edge > WINDOW_EDGE_MS)
        edge = WINDOW_EDGE_MS;
    *out = is->now >= renewal->window.start_at && is->now < renewal->window.end_at - edge;
    return true;
}

static bool has_same_names(const struct issue *is, struct db *db, bool *out, struct err *err)
{
    const struct issued_since which = {is->domain->id, is->ca->config->id, is->now - SAME_NAMES_MS};
    struct text_lists before;

    *out = false;
    if (!issued_store_names_since(is->mem, db, &which, &before, err))
        return false;
    for (size_t i = 0; i < before.count && !*out; i++) {
        *out = before.items[i].count == is->name_count;
        for (size_t k = 0; k < is->name_count && *out; k++)
            *out = text_list_has(before.items[i], is->names[k].name);
    }
    return true;
}

static bool add_domains(const struct issue *is, struct asks *asks, struct err *err)
{
    for (size_t i = 0; i < is->name_count; i++) {
        const char *registered;

        if (!registered_of(is, is->names[i].name, &registered, err))
            return false;
        add(is, asks, CONFIG_LIMIT_DOMAIN, registered, registered);
    }
    return true;
}

bool asks_collect(const struct issue *is, struct db *db, struct asks *out, struct err *err)
{
    bool is_exempt, is_again;

    *out = (struct asks){.count = 0};
    if (!asks_any(is))
        return true;
    if (!is_in_window(is, db, &is_exempt, err) || !has_same_names(is, db, &is_again, err))
        return false;
    if (is_exempt)
        return true;
    for (size_t i = 0; i < is->name_count; i++)
        add(is, out, CONFIG_LIMIT_FAILURES, is->names[i].name, is->names[i].name);
    add(is, out, CONFIG_LIMIT_SET, set_of(is), is->domain->name);
    if (is_again)
        return true;
    add(is, out, CONFIG_LIMIT_ORDERS, "", NULL);
    return add_domains(is, out, err);
}
