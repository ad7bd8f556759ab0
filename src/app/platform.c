/* SPDX-License-Identifier: Apache-2.0 */
#include "app/platform.h"

#include "base/clock.h"
#include "store/address_store.h"
#include "store/origin_store.h"

static struct text_list texts(const struct config_list *list)
{
    return (struct text_list){.items = list->items, .count = list->count};
}

bool app_platform_sync(const struct app *app, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct config *cfg = app->config;
    const struct address_set set = {.partner_id = "",
                                    .ipv4 = texts(&cfg->edge.ipv4),
                                    .ipv6 = texts(&cfg->edge.ipv6),
                                    .cname = *cfg->edge.cname ? cfg->edge.cname : NULL};

    if (!db_tx_begin(app->db, &tx, err))
        return false;
    for (size_t i = 0; i < cfg->origin_count; i++) {
        const struct origin origin = {cfg->origins[i].id, cfg->origins[i].address, clock_now()};

        if (!origin_store_put(tx, &origin, err))
            return false;
    }
    return address_store_put(tx, &set, err) && db_tx_commit(&tx, err);
}
