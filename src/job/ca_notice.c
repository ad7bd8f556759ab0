/* SPDX-License-Identifier: Apache-2.0 */
#include "job/ca_notice.h"

#include "app/ca.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "store/event_store.h"

static bool put(struct arena *mem, struct db *tx, const struct ca_notice *notice, struct err *err)
{
    const struct event event = {.id = id_new(mem, ID_EVENT),
                                .subject_id = notice->ca,
                                .at = notice->since_at,
                                .kind =
                                    arena_printf(mem, "ca.%s", ca_notice_kind_name(notice->kind)),
                                .text = notice->text};
    bool is_new;

    if (!ca_notice_store_put(tx, notice, &is_new, err))
        return false;
    if (is_new)
        LOG(WARN, "ca.notice", KS("ca", notice->ca), KS("kind", ca_notice_kind_name(notice->kind)),
            KS("text", notice->text));
    return !is_new || event_store_add(tx, &event, err);
}

bool ca_notice_tell(const struct worker *worker, struct arena *mem, const char *ca,
                    enum ca_notice_kind kind, const char *text, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct ca_notice *told;
    bool was_there;

    if (!ca_notice_store_get(mem, worker->app->db, ca, kind, &told, err))
        return false;
    if (told && text ? strcmp(told->text, text) == 0 : !told && !text)
        return true;
    if (!db_tx_begin(worker->app->db, &tx, err))
        return false;
    if (text) {
        const struct ca_notice notice = {ca, kind, text, clock_now()};

        return put(mem, tx, &notice, err) && db_tx_commit(&tx, err);
    }
    return ca_notice_store_end(tx, ca, kind, &was_there, err) && db_tx_commit(&tx, err);
}

/* What was told of those that have certificates no more, or are back. */
static bool end_others(const struct worker *worker, struct arena *mem,
                       const struct ca_view_list *views, struct err *err)
{
    struct ca_notice_list notices;

    if (!ca_notice_store_list(mem, worker->app->db, &notices, err))
        return false;
    for (size_t i = 0; i < notices.count; i++) {
        bool stays = false;

        for (size_t k = 0; k < views->count; k++)
            stays = stays || (!views->items[k].config &&
                              strcmp(views->items[k].id, notices.items[i].ca) == 0);
        if (notices.items[i].kind == CA_NOTICE_GONE && !stays &&
            !ca_notice_tell(worker, mem, notices.items[i].ca, CA_NOTICE_GONE, NULL, err))
            return false;
    }
    return true;
}

bool ca_notice_gone(const struct worker *worker, struct arena *mem, struct err *err)
{
    struct ca_view_list views;

    if (!app_ca_list(worker->app, mem, &views, err) || !end_others(worker, mem, &views, err))
        return false;
    for (size_t i = 0; i < views.count; i++)
        if (!views.items[i].config &&
            !ca_notice_tell(worker, mem, views.items[i].id, CA_NOTICE_GONE,
                            app_ca_gone_text(worker->app, mem, &views.items[i]), err))
            return false;
    return true;
}
