/* SPDX-License-Identifier: Apache-2.0 */
#include "app/vantage_ask.h"

#include <time.h>

#include "app/vantage.h"
#include "app/vantage_choice.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/random.h"
#include "model/job_kind.h"
#include "store/job_store.h"

#define LOOK_MS 10                /* between two looks at what has been answered */
#define KEPT_MS VANTAGE_MINUTE_MS /* what was asked counts for so long */

/* ---- asking ---- */

static bool choose(const struct vantage_asking *asking, struct arena *mem,
                   const struct vantage_view *question, struct vantage_choice *out, struct err *err)
{
    const int64_t now = clock_real_ms();
    const struct vantage_since since = {now - VANTAGE_OFFER_MS, now - VANTAGE_MINUTE_MS};
    struct vantage_offer_list offers;

    if (!vantage_store_list(mem, asking->app->db, asking->app->config->edge.group, since, &offers,
                            err))
        return false;
    *out = (struct vantage_choice){.count = 0};
    if (offers.count > 0)
        *out = vantage_choose(&offers, question, now, (size_t)random_below(offers.count));
    return true;
}

static void note_asked(struct vantage_asking *asking, struct arena *mem,
                       const struct vantage_offer *offer)
{
    struct address *own = arena_array_of(mem, offer->addresses.count, struct address);
    struct vantage *vantage = &asking->list.items[asking->list.count];
    struct err ignored;

    *vantage = (struct vantage){.edge = offer->edge, .region = offer->region, .own = own};
    for (size_t i = 0; i < offer->addresses.count; i++)
        if (address_parse(offer->addresses.items[i], &own[vantage->own_count], &ignored))
            vantage->own_count++;
    asking->edge_ids[asking->list.count++] = offer->edge_id;
}

static bool frame(const struct vantage_asking *asking, struct arena *mem,
                  const struct vantage_view *question, struct vantage_question *out,
                  struct err *err)
{
    json_t *json = vantage_to_json(question, false);
    char *text = json_dumps(json, JSON_COMPACT);
    struct buf octets = buf_new(mem, EDGE_FRAME_MAX);

    edge_frame_write(&octets, EDGE_QUESTION, slice_str(text));
    free(text);
    json_decref(json);
    if (octets.len > 1 + VANTAGE_TEXT_MAX)
        return err_set(err, ERR_INTERNAL, "a question has %zu octets", octets.len);
    *out = (struct vantage_question){.id = question->id,
                                     .group = asking->app->config->edge.group,
                                     .until = question->until,
                                     .octets = buf_view(&octets),
                                     .is_signed = asking->signer};
    return !asking->signer ||
           app_vantage_sign_all(mem, asking->signer, out->group, &out->octets, 1, err);
}

/* What is over is forgotten with the next that is asked. */
static bool store(const struct vantage_asking *asking, const struct vantage_question *question,
                  struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    if (!db_tx_begin(asking->app->db, &tx, err) ||
        !vantage_question_store_forget(tx, clock_real_ms() - KEPT_MS, err) ||
        !vantage_question_store_add(tx, question, err))
        return false;
    for (size_t i = 0; i < asking->list.count; i++)
        if (!vantage_question_store_ask(tx, question->id, asking->edge_ids[i], clock_real_ms(),
                                        err))
            return false;
    if (!question->is_signed &&
        !job_store_enqueue(tx, job_kind_name(JOB_VANTAGES), question->group, clock_now(), err))
        return false;
    return db_tx_commit(&tx, err);
}

static void ask(void *arg, struct arena *mem, const struct vantage_view *wanted)
{
    struct vantage_asking *asking = arg;
    struct vantage_view question = *wanted;
    struct vantage_question stored;
    struct vantage_choice choice;

    question.id = id_new(mem, ID_QUESTION);
    question.until = clock_real_ms() + VANTAGE_MS;
    if (!choose(asking, mem, &question, &choice, &asking->err))
        return;
    for (size_t i = 0; i < choice.count; i++)
        note_asked(asking, mem, choice.items[i]);
    if (choice.count == 0)
        return;
    asking->until = clock_boot_ms() + VANTAGE_MS;
    if (frame(asking, mem, &question, &stored, &asking->err) &&
        store(asking, &stored, &asking->err))
        asking->id = question.id;
}

/* ---- hearing ---- */

static bool has_all(const struct vantage_answer_list *answers)
{
    for (size_t i = 0; i < answers->count; i++)
        if (!answers->items[i].octets.data)
            return false;
    return true;
}

static bool wait_for_all(const struct vantage_asking *asking, struct arena *mem,
                         struct vantage_answer_list *out, struct err *err)
{
    for (;;) {
        AUTO(arena_freep) struct arena *try_mem = arena_new();
        bool is_over = clock_boot_ms() >= asking->until;

        if (!vantage_question_store_answers(try_mem, asking->app->db, asking->id, out, err))
            return false;
        if (is_over || has_all(out))
            return vantage_question_store_answers(mem, asking->app->db, asking->id, out, err);
        (void)nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
    }
}

/* Whether the signer makes the same of it. */
static bool is_authentic(const struct vantage_asking *asking, struct arena *mem,
                         const struct edge_frame *frame)
{
    struct slice made = slice_of(frame->whole.data, frame->whole.len - EDGE_TRAILER_SIZE);
    struct err ignored;

    return app_vantage_sign_all(mem, asking->signer, asking->app->config->edge.group, &made, 1,
                                &ignored) &&
           slice_eq(made, frame->whole);
}

static bool read_answer(const struct vantage_asking *asking, struct arena *mem, struct slice octets,
                        struct vantage_view *out)
{
    struct edge_frame frame;
    struct err ignored;

    return octets.data && edge_frame_read(octets, EDGE_ANSWER, &frame) &&
           (!asking->signer || is_authentic(asking, mem, &frame)) &&
           vantage_read(mem, frame.text, true, out, &ignored) && strcmp(out->id, asking->id) == 0;
}

static void hear(struct vantage_asking *asking, struct arena *mem,
                 const struct vantage_answer_list *answers)
{
    for (size_t i = 0; i < asking->list.count; i++) {
        struct vantage *vantage = &asking->list.items[i];

        for (size_t k = 0; k < answers->count; k++)
            if (strcmp(answers->items[k].edge_id, asking->edge_ids[i]) == 0)
                vantage->has_answered =
                    read_answer(asking, mem, answers->items[k].octets, &vantage->said);
        if (!vantage->has_answered && !vantage_store_silent(asking->app->db, asking->edge_ids[i],
                                                            clock_real_ms(), &asking->err))
            return;
    }
}

static void collect(void *arg, struct arena *mem, struct vantage_list *out)
{
    struct vantage_asking *asking = arg;
    struct vantage_answer_list answers;

    *out = (struct vantage_list){.count = 0};
    if (!asking->id || !wait_for_all(asking, mem, &answers, &asking->err))
        return;
    hear(asking, mem, &answers);
    *out = asking->list;
}

void app_vantage_open(struct vantage_asking *asking, const struct app *app, struct signer *signer)
{
    *asking = (struct vantage_asking){
        .asker = {.arg = asking, .ask = ask, .collect = collect}, .app = app, .signer = signer};
}
