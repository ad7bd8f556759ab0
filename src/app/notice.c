/* SPDX-License-Identifier: Apache-2.0 */
#include "app/notice.h"

#include "app/ca.h"
#include "app/lost.h"
#include "base/clock.h"
#include "store/notice_store.h"

static const char *down_text(struct arena *mem, const char *name,
                             const struct ca_standing *standing)
{
    return arena_printf(
        mem, "%s; orders and renewals wait, and go on by themselves; the next try is at %s",
        app_ca_silence(mem, name, standing), clock_text_in(mem, standing->breaker.next_try_at));
}

/* That of a zone says why it could not be changed, no more. */
static const char *text_of(struct arena *mem, const struct notice *notice)
{
    if (notice->kind != NOTICE_ZONE)
        return notice->text;
    return arena_printf(mem, "%s (at %s); what needs the zone is tried again by itself",
                        notice->text, clock_text_in(mem, notice->told_at));
}

bool app_notices(const struct app *app, struct arena *mem, struct text_list *out, struct err *err)
{
    const struct config *cfg = app->config;
    struct notice_list notices;
    const char **texts, *lost;
    size_t count = 0;

    if (!notice_store_list(mem, app->db, &notices, err) || !app_lost_text(app, mem, &lost, err))
        return false;
    texts = arena_array_of(mem, cfg->ca_count + notices.count + 1, const char *);
    for (size_t i = 0; i < cfg->ca_count; i++) {
        struct ca_standing standing;

        if (!ca_standing_store_get(mem, app->db, cfg->ca[i].id, &standing, err))
            return false;
        if (standing.breaker.open_since_at)
            texts[count++] = down_text(mem, cfg->ca[i].name, &standing);
    }
    for (size_t i = 0; i < notices.count; i++)
        texts[count++] = text_of(mem, &notices.items[i]);
    if (lost)
        texts[count++] = lost;
    *out = (struct text_list){count, texts};
    return true;
}
