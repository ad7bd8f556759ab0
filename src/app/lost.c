/* SPDX-License-Identifier: Apache-2.0 */
#include "app/lost.h"

#include "app/timeline.h"
#include "base/clock.h"
#include "model/job_kind.h"
#include "store/claim_store.h"
#include "store/feed_store.h"
#include "store/job_store.h"
#include "store/overview_store.h"

/* The certificate that this store has for the domain that holds the name; *out is NULL when it has
 * none, or none that is earlier than the edge's. */
static bool find_earlier(const struct app *app, struct arena *mem, const struct edge_kept *kept,
                         const struct certificate **out, struct err *err)
{
    const struct scope scope = scope_platform();
    const struct certificate *current = NULL;
    const struct claim *claim;

    *out = NULL;
    if (!claim_store_holder(mem, app->db, kept->host, &claim, err) ||
        (claim &&
         !certificate_store_current(mem, app->db, &scope, claim->domain_id, &current, err)))
        return false;
    if (current && current->created_at < kept->issued_at && kept->issued_at <= clock_now())
        *out = current;
    return true;
}

static bool tell(struct arena *mem, struct db *tx, const struct certificate *earlier,
                 const struct edge_kept *kept, struct err *err)
{
    const struct scope scope = scope_platform();
    const struct domain *domain;
    struct timeline_entry entry = {
        .subject_id = earlier->id,
        .kind = "certificate.lost",
        .text = arena_printf(mem,
                             "the store was restored from an older copy and lacks the certificate "
                             "%s of %s, which CDN locations go on showing; another one is issued",
                             kept->certificate_id, clock_text_in(mem, kept->issued_at)),
    };

    if (!domain_store_get(mem, tx, &scope, earlier->domain_id, &domain, err))
        return false;
    entry.domain = domain;
    return !domain || timeline_add(mem, tx, &entry, err);
}

/* Edges repeat with each poll what they keep: what is known takes no turn of the writers. */
static bool is_news(const struct app *app, struct arena *mem, const struct edge_kept *kept,
                    struct lost_certificate *lost, const struct certificate **earlier, bool *out,
                    struct err *err)
{
    *out = false;
    if (!find_earlier(app, mem, kept, earlier, err))
        return false;
    if (!*earlier)
        return true;
    lost->domain_id = (*earlier)->domain_id;
    return lost_certificate_store_has_room(app->db, lost, out, err);
}

static bool note(const struct app *app, struct arena *mem, const struct edge_kept *kept,
                 int64_t epoch, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct certificate *earlier;
    bool is_new;
    struct lost_certificate lost = {.certificate_id = kept->certificate_id,
                                    .issued_at = kept->issued_at,
                                    .renewal_id = kept->renewal_id,
                                    .told_at = clock_now(),
                                    .epoch = epoch};

    if (!is_news(app, mem, kept, &lost, &earlier, &is_new, err))
        return false;
    if (!is_new)
        return true;
    if (!db_tx_begin(app->db, &tx, err) || !lost_certificate_store_put(tx, &lost, &is_new, err))
        return false;
    return !is_new ||
           (tell(mem, tx, earlier, kept, err) &&
            overview_store_touch(tx, earlier->domain_id, err) &&
            job_store_enqueue(tx, job_kind_name(JOB_RENEW), earlier->id, clock_now(), err) &&
            db_tx_commit(&tx, err));
}

bool app_lost_note(const struct app *app, struct arena *mem, const char *group,
                   const struct edge_kept_list *kept, struct err *err)
{
    struct feed_head head;

    if (kept->count == 0)
        return true;
    if (!feed_store_head(app->db, group, &head, err))
        return false;
    for (size_t i = 0; head.restored_at != 0 && i < kept->count; i++)
        if (!note(app, mem, &kept->items[i], head.epoch, err))
            return false;
    return true;
}

bool app_lost_text(const struct app *app, struct arena *mem, const char **out, struct err *err)
{
    int64_t count;

    if (!lost_certificate_store_count(app->db, &count, err))
        return false;
    *out = count == 0
               ? NULL
               : arena_printf(mem,
                              "the store was restored from an older copy: CDN locations show "
                              "later certificates than it has for %lld domain%s, and go on "
                              "with them until others are issued, which goes by itself",
                              (long long)count, count == 1 ? "" : "s");
    return true;
}
