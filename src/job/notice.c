/* SPDX-License-Identifier: Apache-2.0 */
#include "job/notice.h"

#include "app/ca.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "store/event_store.h"

static bool end(const struct worker *worker, enum notice_kind kind, const char *subject,
                struct err *err)
{
    bool was_there;

    if (!notice_store_end(worker->app->db, kind, subject, &was_there, err))
        return false;
    if (was_there)
        LOG(INFO, "notice.over", KS("kind", notice_kind_name(kind)), KS("subject", subject));
    return true;
}

static bool put(const struct worker *worker, struct arena *mem, const struct notice *notice,
                bool *is_new, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct event event = {.id = id_new(mem, ID_EVENT),
                                .subject_id = notice->subject,
                                .at = notice->told_at,
                                .kind = notice_kind_name(notice->kind),
                                .text = notice->text};

    return db_tx_begin(worker->app->db, &tx, err) && notice_store_put(tx, notice, is_new, err) &&
           (!*is_new || event_store_add(tx, &event, err)) && db_tx_commit(&tx, err);
}

/* `logged` is what the log says of it, under the name of its event. */
static bool tell(const struct worker *worker, struct arena *mem, const struct notice *notice,
                 const struct log_field *logged, struct err *err)
{
    const struct notice *told;
    bool is_new;

    if (!notice_store_get(mem, worker->app->db, notice->kind, notice->subject, &told, err))
        return false;
    if (told && strcmp(told->text, notice->text) == 0)
        return true;
    if (!put(worker, mem, notice, &is_new, err))
        return false;
    if (is_new)
        LOG(WARN, notice_kind_name(notice->kind), KS("subject", notice->subject), *logged);
    return true;
}

bool notice_tell_ca(const struct worker *worker, struct arena *mem, const char *ca,
                    enum notice_kind kind, const char *text, struct err *err)
{
    const struct notice notice = {kind, ca, text, clock_now()};

    return text ? tell(worker, mem, &notice, &KS("text", text), err) : end(worker, kind, ca, err);
}

bool notice_tell_zone(const struct worker *worker, struct arena *mem, const char *zone,
                      const struct err *failed, struct err *err)
{
    const struct notice notice = {NOTICE_ZONE, zone, failed->text, clock_now()};

    return tell(worker, mem, &notice, &KS("error", err_name(failed->code)), err);
}

bool notice_end_zone(const struct worker *worker, const char *zone, struct err *err)
{
    return end(worker, NOTICE_ZONE, zone, err);
}

/* ---- what the configuration says ---- */

static bool is_gone_with_certificates(const struct ca_view_list *views, const char *ca)
{
    for (size_t i = 0; i < views->count; i++)
        if (!views->items[i].config && strcmp(views->items[i].id, ca) == 0)
            return true;
    return false;
}

static bool still_holds(const struct config *cfg, const struct ca_view_list *views,
                        const struct notice *notice)
{
    switch (notice->kind) {
    case NOTICE_CA_GONE:
        return is_gone_with_certificates(views, notice->subject);
    case NOTICE_CA_PROFILE:
    case NOTICE_CA_CHAIN:
        return config_ca_find(cfg, notice->subject) != NULL;
    case NOTICE_ZONE:
        return config_dns_update_find(cfg, notice->subject) != NULL;
    case NOTICE_COUNT:
        break;
    }
    return true;
}

static bool end_others(const struct worker *worker, struct arena *mem,
                       const struct ca_view_list *views, struct err *err)
{
    struct notice_list list;

    if (!notice_store_list(mem, worker->app->db, &list, err))
        return false;
    for (size_t i = 0; i < list.count; i++)
        if (!still_holds(worker->app->config, views, &list.items[i]) &&
            !end(worker, list.items[i].kind, list.items[i].subject, err))
            return false;
    return true;
}

bool notice_look(const struct worker *worker, struct arena *mem, struct err *err)
{
    struct ca_view_list views;

    if (!app_ca_list(worker->app, mem, &views, err) || !end_others(worker, mem, &views, err))
        return false;
    for (size_t i = 0; i < views.count; i++)
        if (!views.items[i].config &&
            !notice_tell_ca(worker, mem, views.items[i].id, NOTICE_CA_GONE,
                            app_ca_gone_text(worker->app, mem, &views.items[i]), err))
            return false;
    return true;
}
