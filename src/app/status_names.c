/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>

#include "app/status.h"
#include "check/finding.h"

static bool read_finding(struct arena *mem, const char *stored, struct finding *out)
{
    json_auto_t *json = stored ? json_loads(stored, 0, NULL) : NULL;
    struct err ignored;

    return json && finding_from_json(mem, json, out, &ignored);
}

bool status_read_error(struct arena *mem, const char *stored, struct finding *out)
{
    return read_finding(mem, stored, out) && out->severity == FINDING_ERROR;
}

/* Whatever its severity: it has lasted. */
static void judge_risk(struct arena *mem, struct status_name *view)
{
    struct finding finding;
    bool has_finding = read_finding(mem, view->name->finding, &finding);

    if (!view->is_secured || !view->name->risk_at)
        return;
    view->risk = has_finding ? finding.title
                             : arena_printf(mem, "%s does not pass any more", view->name->name);
    if (has_finding)
        view->who_acts = finding.who_acts;
}

static enum who_acts who_must_act(struct arena *mem, const char *stored)
{
    struct finding finding;

    return status_read_error(mem, stored, &finding) ? finding.who_acts : WHO_NOBODY;
}

bool status_names(const struct app *app, const struct scope *scope, struct arena *mem,
                  struct status *out, struct err *err)
{
    const struct certificate *live =
        out->certificate && out->certificate->state == CERTIFICATE_LIVE ? out->certificate : NULL;
    struct domain_name_list names;
    struct status_name *views;

    if (!domain_name_store_list(mem, app->db, scope, out->domain->id, &names, err))
        return false;
    views = arena_array_of(mem, names.count, struct status_name);
    for (size_t i = 0; i < names.count; i++) {
        views[i] = (struct status_name){.name = &names.items[i],
                                        .is_secured =
                                            live && text_list_has(live->names, names.items[i].name),
                                        .who_acts = who_must_act(mem, names.items[i].finding)};
        judge_risk(mem, &views[i]);
        out->secured_names += views[i].is_secured;
    }
    out->domain_names = views;
    out->domain_name_count = names.count;
    return true;
}

const struct status_name *status_left_out(const struct status *status)
{
    for (size_t i = 0; i < status->domain_name_count; i++)
        if (!status->domain_names[i].is_secured)
            return &status->domain_names[i];
    return NULL;
}

const struct status_name *status_at_risk(const struct status *status)
{
    for (size_t i = 0; i < status->domain_name_count; i++)
        if (status->domain_names[i].risk)
            return &status->domain_names[i];
    return NULL;
}
