/* SPDX-License-Identifier: Apache-2.0 */
#include "app/vantage.h"

#include "app/vantage_choice.h"
#include "base/clock.h"
#include "check/vantage.h"

bool app_vantage_offer(const struct app *app, const struct edge *edge, const char *region,
                       struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct vantage_since since = {clock_real_ms() - VANTAGE_OFFER_MS / 3, INT64_MAX};
    struct vantage_offer_list offers;

    if (!edge_id_is_valid(slice_str(region)))
        return err_field(err, "region", "\"%.60s\" is not 1 to 64 of a-z, 0-9, \"-\" and \"_\"",
                         region);
    if (!vantage_store_list(mem, app->db, edge->group, since, &offers, err))
        return false;
    for (size_t i = 0; i < offers.count; i++)
        if (strcmp(offers.items[i].edge_id, edge->id) == 0 &&
            strcmp(offers.items[i].region, region) == 0)
            return true;
    return vantage_store_offer(app->db, edge->id, region, clock_real_ms(), err);
}

bool app_vantage_next(const struct app *app, struct arena *mem, const struct edge *edge,
                      const char *after, const struct vantage_question **out, struct err *err)
{
    return vantage_question_store_next(mem, app->db, edge->id, after, clock_real_ms(), out, err);
}

bool app_vantage_answer(const struct app *app, struct arena *mem, const struct edge *edge,
                        struct slice octets, struct err *err)
{
    struct edge_frame frame;
    struct vantage_view said;

    if (!edge_frame_read(octets, EDGE_ANSWER, &frame))
        return err_set(err, ERR_BAD_INPUT, "this is no answer to a question");
    if (!vantage_read(mem, frame.text, true, &said, err))
        return false;
    if (vantage_question_store_answer(app->db, said.id, edge->id, octets, clock_real_ms(), err))
        return true;
    if (err->code != ERR_LOST_RACE)
        return false;
    return err_set(err, ERR_NOT_FOUND, "nobody waits for this edge's answer to %s", said.id);
}

bool app_vantage_sign_all(struct arena *mem, struct signer *signer, const char *group,
                          struct slice *octets, size_t count, struct err *err)
{
    struct signer_record *records = arena_array_of(mem, count, struct signer_record);

    for (size_t i = 0; i < count; i++)
        records[i] = (struct signer_record){.group = group, .octets = octets[i]};
    if (!signer_mac(signer, records, count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct buf out = buf_new(mem, EDGE_FRAME_MAX);

        buf_slice(&out, octets[i]);
        buf_u8(&out, records[i].kid);
        buf_add(&out, records[i].mac, sizeof(records[i].mac));
        octets[i] = buf_view(&out);
    }
    return true;
}

/* What `web` stores is not signed unseen: it must be a question, and a fresh one. Else the feed key
 * would vouch for whatever somebody who has taken `web` puts there, records included. */
static bool is_question(struct arena *mem, struct slice octets)
{
    struct vantage_view question;
    struct slice text = octets;
    int64_t now = clock_real_ms();
    struct err ignored;
    uint8_t kind;

    return slice_u8(&text, &kind) && kind == EDGE_QUESTION &&
           vantage_read(mem, text, false, &question, &ignored) && question.until > now &&
           question.until <= now + VANTAGE_MS;
}

static bool store_signed(const struct app *app, const struct vantage_question *const *questions,
                         const struct slice *octets, size_t count, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    if (!db_tx_begin(app->db, &tx, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!vantage_question_store_sign(tx, questions[i]->id, octets[i], err))
            return false;
    return db_tx_commit(&tx, err);
}

bool app_vantage_sign(const struct app *app, struct arena *mem, struct signer *signer,
                      const char *group, struct err *err)
{
    const struct vantage_question *questions[VANTAGE_UNSIGNED_MAX];
    struct slice octets[VANTAGE_UNSIGNED_MAX];
    struct vantage_question_list list;
    size_t count = 0;

    if (!vantage_question_store_unsigned(mem, app->db, group, clock_real_ms(), &list, err))
        return false;
    for (size_t i = 0; i < list.count; i++)
        if (is_question(mem, list.items[i].octets)) {
            questions[count] = &list.items[i];
            octets[count++] = list.items[i].octets;
        }
    return count == 0 || (app_vantage_sign_all(mem, signer, group, octets, count, err) &&
                          store_signed(app, questions, octets, count, err));
}
