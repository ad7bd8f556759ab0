/* SPDX-License-Identifier: Apache-2.0 */
#include "store_world.h"

#include "ca/account_store.h"
#include "check.h"
#include "store_dir.h"

struct err err;

bool must(bool is_done)
{
    if (!is_done)
        fail_msg("%s", err.text);
    return true;
}

int64_t add_account(struct world *w, const char *key_hash)
{
    struct ca_account account = {.key_hash = key_hash,
                                 .jwk = "{}",
                                 .status = CA_STATUS_VALID,
                                 .contact = "[]",
                                 .created_at = AT};
    int64_t id = 0;

    must(ca_account_add(w->mem, w->db, &account, &id, &err));
    return id;
}

struct ca_names two_names(void)
{
    static const char *const names[] = {"a.test", "b.test"};

    return (struct ca_names){.items = names, .count = 2};
}

static void add_order(struct world *w)
{
    struct ca_order order = {.account_id = w->account,
                             .names = two_names(),
                             .profile = "classic",
                             .replaces = "aki.1",
                             .created_at = AT,
                             .expires_at = AT + 1000};

    must(ca_order_add(w->mem, w->db, &order, &w->order, &err));
    for (size_t i = 0; i < 2; i++) {
        struct ca_authorization authorization = {.account_id = w->account,
                                                 .name = order.names.items[i],
                                                 .profile = "classic",
                                                 .token = "token",
                                                 .created_at = AT,
                                                 .expires_at = AT + 1000};

        must(ca_authorization_add(w->mem, w->db, &authorization, &w->authorizations[i], &err));
        must(ca_order_need(w->db, w->order, w->authorizations[i], &err));
    }
}

int world_make(void **state)
{
    struct arena *mem = arena_new();
    struct world *w = arena_new_of(mem, struct world);

    w->mem = mem;
    w->db = store_dir_open(mem);
    w->account = add_account(w, "key 1");
    add_order(w);
    *state = w;
    return 0;
}

int world_free(void **state)
{
    struct world *w = *state;

    db_close(w->db);
    arena_free(w->mem);
    return 0;
}
