/* SPDX-License-Identifier: Apache-2.0 */
#include "job/name_history.h"

#include "base/id.h"
#include "model/history_note.h"
#include "store/history_store.h"

static struct history_line line_of(const struct name_change *change)
{
    return (struct history_line){change->at, change->dns_state, change->code, change->seen,
                                 change->varies};
}

static bool keep(struct arena *mem, struct db *tx, struct name_change *change, struct err *err)
{
    const struct history_of_name of = {change->domain_id, change->name, HISTORY_NOTES};
    const struct history_line now = line_of(change);
    struct history_line last[HISTORY_NOTES];
    struct name_change_list latest;
    enum history_note note;

    if (!history_store_latest(mem, tx, &of, &latest, err))
        return false;
    for (size_t i = 0; i < latest.count; i++)
        last[i] = line_of(&latest.items[i]);
    note = history_note(last, latest.count, &now);
    change->varies = note == HISTORY_VARIES;
    return note == HISTORY_SKIP || history_store_add(tx, change, err);
}

bool name_history_keep(struct arena *mem, struct db *tx, const struct domain *domain,
                       const struct check_report *report, struct err *err)
{
    for (size_t i = 0; i < report->name_count; i++) {
        const struct check_name *name = &report->names[i];
        struct name_change change = {
            .id = id_new(mem, ID_HISTORY),
            .partner_id = domain->partner_id,
            .account_id = domain->account_id,
            .domain_id = domain->id,
            .name = name->name,
            .at = report->at,
            .dns_state = dns_verdict_name(name->verdict),
            .code = name->finding ? finding_code_name(name->finding->code) : NULL,
            .title = name->finding ? name->finding->title : NULL,
            .seen = name->sighting,
        };

        if (!keep(mem, tx, &change, err))
            return false;
    }
    return true;
}
