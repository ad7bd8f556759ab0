/* SPDX-License-Identifier: Apache-2.0 */
#include "app/timeline.h"

#include "base/clock.h"
#include "base/id.h"
#include "store/event_store.h"

bool timeline_add(struct arena *mem, struct db *tx, const struct timeline_entry *entry,
                  struct err *err)
{
    const struct event event = {
        .id = id_new(mem, ID_EVENT),
        .partner_id = entry->domain->partner_id,
        .account_id = entry->domain->account_id,
        .domain_id = entry->domain->id,
        .subject_id = entry->subject_id,
        .at = clock_now(),
        .kind = entry->kind,
        .text = entry->text,
        .data = entry->data,
    };

    return event_store_add(tx, &event, err);
}
