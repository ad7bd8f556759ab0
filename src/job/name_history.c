/* SPDX-License-Identifier: Apache-2.0 */
#include "job/name_history.h"

#include "base/id.h"
#include "store/history_store.h"

static bool is_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_same(const struct name_change *a, const struct name_change *b)
{
    return is_text(a->dns_state, b->dns_state) && is_text(a->code, b->code) &&
           is_text(a->seen, b->seen);
}

bool name_history_keep(struct arena *mem, struct db *tx, const struct domain *domain,
                       const struct check_report *report, struct err *err)
{
    for (size_t i = 0; i < report->name_count; i++) {
        const struct check_name *name = &report->names[i];
        const struct name_change change = {
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
        const struct name_change *last;

        if (!history_store_last(mem, tx, domain->id, name->name, &last, err) ||
            ((!last || !is_same(last, &change)) && !history_store_add(tx, &change, err)))
            return false;
    }
    return true;
}
