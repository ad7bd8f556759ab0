/* SPDX-License-Identifier: Apache-2.0 */
#include "job/name_at_risk.h"

#include "app/timeline.h"
#include "base/clock.h"
#include "check/finding.h"
#include "model/name_risk.h"
#include "model/pace.h"

static const char *title_of(struct arena *mem, const struct domain_name *name)
{
    json_auto_t *json = name->finding ? json_loads(name->finding, 0, NULL) : NULL;
    struct finding finding;
    struct err ignored;

    if (json && finding_from_json(mem, json, &finding, &ignored))
        return finding.title;
    return "it could not be told where it leads";
}

static bool tell(struct arena *mem, struct db *tx, const struct name_check_of *of,
                 const struct domain_name *name, enum name_risk_news news, struct err *err)
{
    struct timeline_entry entry = {
        .domain = of->domain, .subject_id = of->live->id, .data = name->finding};

    if (news == NAME_RISK_ENDS) {
        entry.kind = "name.recovered";
        entry.text = arena_printf(mem, "%s is right again: the certificate can be renewed with it",
                                  name->name);
    } else {
        entry.kind = "name.at_risk";
        entry.text = arena_printf(mem,
                                  "%s: the certificate is served until %s, and cannot be renewed "
                                  "with %s before that is mended",
                                  title_of(mem, name), clock_text_in(mem, of->live->not_after_at),
                                  name->name);
    }
    return timeline_add(mem, tx, &entry, err);
}

/* A look that is to confirm another comes in time. */
static void look_in_time(struct domain_name *name, const struct name_risk *risk,
                         enum dns_verdict verdict)
{
    int64_t again = name_risk_again_at(risk, verdict);

    if (again > name->checked_at)
        name->next_look_at = pace_earlier(name->next_look_at, again);
}

bool name_risk_settle(struct arena *mem, struct db *tx, const struct name_check_of *of,
                      struct domain_name *name, struct err *err)
{
    struct name_risk risk = {name->failing_at, name->risk_at};
    bool is_covered = of->live && text_list_has(of->live->names, name->name);
    enum name_risk_news news;
    enum dns_verdict verdict;

    if (!dns_verdict_parse(name->dns_state, &verdict))
        return err_set(err, ERR_STORE, "\"%.40s\" is no verdict", name->dns_state);
    news = name_risk_look(&risk, is_covered ? verdict : DNS_OK, name->checked_at);
    name->failing_at = risk.failing_at;
    name->risk_at = risk.risk_at;
    look_in_time(name, &risk, verdict);
    return !is_covered || news == NAME_RISK_NO_NEWS || tell(mem, tx, of, name, news, err);
}
