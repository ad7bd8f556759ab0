/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/keeper.h"

#include <pthread.h>

#include "base/clock.h"
#include "ca/authority_former.h"
#include "ca/certificate_store.h"
#include "ca/crl_store.h"

struct ca_keeper {
    pthread_mutex_t lock;
    struct arena *mem; /* holds every authority that was ever handed out */
    const char *dir;
    const struct ca_suffixes *suffixes;
    const char *url;
    struct db *db;
    const struct ca_authority *present;
};

static bool load(struct ca_keeper *keeper, struct err *err)
{
    struct ca_authority *authority = arena_new_of(keeper->mem, struct ca_authority);

    if (!ca_authority_load(keeper->mem, keeper->dir, keeper->suffixes, authority, err) ||
        !ca_issuer_add(keeper->db,
                       &(struct ca_issuer){.id = authority->id,
                                           .chain_pem = authority->chain_pem,
                                           .alternate_pem = authority->alternate_pem,
                                           .created_at = clock_now()},
                       err) ||
        !ca_crl_add_url(keeper->db, authority->id, keeper->url, err))
        return false;
    keeper->present = authority;
    return true;
}

bool ca_keeper_new(const char *dir, const struct ca_suffixes *suffixes, const char *url,
                   struct db *db, struct ca_keeper **out, struct err *err)
{
    struct arena *mem = arena_new();
    struct ca_keeper *keeper = arena_new_of(mem, struct ca_keeper);

    *keeper =
        (struct ca_keeper){.mem = mem, .dir = dir, .suffixes = suffixes, .url = url, .db = db};
    pthread_mutex_init(&keeper->lock, NULL);
    if (!load(keeper, err)) {
        ca_keeper_free(keeper);
        return false;
    }
    *out = keeper;
    return true;
}

void ca_keeper_free(struct ca_keeper *keeper)
{
    if (!keeper)
        return;
    pthread_mutex_destroy(&keeper->lock);
    arena_free(keeper->mem);
}

bool ca_keeper_find_key(struct arena *mem, struct ca_keeper *keeper, const char *issuer_id,
                        EVP_PKEY **out, struct err *err)
{
    const struct ca_authority *present;

    pthread_mutex_lock(&keeper->lock);
    present = keeper->present;
    pthread_mutex_unlock(&keeper->lock);
    if (strcmp(present->id, issuer_id) != 0)
        return ca_former_key(mem, keeper->dir, issuer_id, out, err);
    *out = present->key;
    return true;
}

static bool renew(struct ca_keeper *keeper, struct err *err)
{
    struct ca_authority_report report;

    return ca_authority_init(keeper->mem, keeper->dir, keeper->suffixes, &report, err) &&
           load(keeper, err);
}

bool ca_keeper_get(struct ca_keeper *keeper, int64_t at, const struct ca_authority **out,
                   struct err *err)
{
    bool is_good;

    pthread_mutex_lock(&keeper->lock);
    is_good = !ca_authority_is_due(keeper->present, at) || renew(keeper, err);
    if (is_good)
        *out = keeper->present;
    pthread_mutex_unlock(&keeper->lock);
    return is_good;
}
