/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/vantage_gate.h"

#include "base/clock.h"
#include "edge/record_digest.h"

#define MINUTE_MS 60000
#define AHEAD_MS  (2 * VANTAGE_MS) /* clocks of two machines differ a little */

/* The frame's text, once it is known to be the signer's. */
static bool open_frame(const struct vantage_keys *keys, struct slice octets, struct edge_frame *out,
                       struct err *err)
{
    const struct seal_key *key;

    if (!edge_frame_read(octets, EDGE_QUESTION, out))
        return err_set(err, ERR_BAD_INPUT, "what came is no question");
    key = keyring_find_feed(keys->ring, keys->group, out->kid);
    if (!key)
        return err_set(err, ERR_FORBIDDEN,
                       "a question under feed key %u of group %s, which is not "
                       "here",
                       out->kid, keys->group);
    return edge_frame_mac_ok(slice_of(key->octets, sizeof(key->octets)), slice_str(keys->group),
                             out) ||
           err_set(err, ERR_FORBIDDEN, "a question is not authentic");
}

static bool is_known(const struct vantage_gate *gate, const char *id)
{
    for (size_t i = 0; i < VANTAGE_PER_MIN; i++)
        if (strcmp(gate->taken[i].id, id) == 0)
            return true;
    return false;
}

static bool admit(struct vantage_gate *gate, const struct vantage_view *question, int64_t now,
                  struct err *err)
{
    int64_t oldest = gate->taken[gate->next].at;

    if (question->until <= now || question->until > now + AHEAD_MS)
        return err_set(err, ERR_FORBIDDEN, "question %s is not fresh: it ends at %lld, now is %lld",
                       question->id, (long long)question->until, (long long)now);
    if (is_known(gate, question->id))
        return err_set(err, ERR_FORBIDDEN, "question %s has come before", question->id);
    if (oldest > now - MINUTE_MS)
        return err_set(err, ERR_RATE_LIMITED, "more than %d questions in a minute",
                       VANTAGE_PER_MIN);
    snprintf(gate->taken[gate->next].id, ID_SIZE, "%s", question->id);
    gate->taken[gate->next].at = now;
    gate->next = (gate->next + 1) % VANTAGE_PER_MIN;
    return true;
}

bool vantage_gate_take(struct vantage_gate *gate, struct arena *mem,
                       const struct vantage_keys *keys, struct slice octets,
                       struct vantage_taken *out, struct err *err)
{
    struct vantage_taken taken;
    struct edge_frame frame;

    if (!open_frame(keys, octets, &frame, err) ||
        !vantage_read(mem, frame.text, false, &taken.question, err) ||
        !admit(gate, &taken.question, clock_real_ms(), err))
        return false;
    taken.kid = frame.kid;
    *out = taken;
    return true;
}

bool vantage_gate_answer(struct arena *mem, const struct vantage_keys *keys, uint8_t kid,
                         const struct vantage_view *answer, struct slice *out, struct err *err)
{
    const struct seal_key *key = keyring_find_feed(keys->ring, keys->group, kid);
    struct buf octets = buf_new(mem, EDGE_FRAME_MAX);
    json_t *json = vantage_to_json(answer, true);
    char *text = json_dumps(json, JSON_COMPACT);
    unsigned char mac[EDGE_MAC_SIZE];

    edge_frame_write(&octets, EDGE_ANSWER, slice_str(text));
    free(text);
    json_decref(json);
    buf_u8(&octets, kid);
    if (!key || !buf_ok(&octets) ||
        !edge_record_mac(slice_of(key->octets, sizeof(key->octets)), slice_str(keys->group),
                         buf_view(&octets), mac))
        return err_set(err, ERR_INTERNAL, "could not authenticate the answer to %s", answer->id);
    buf_add(&octets, mac, sizeof(mac));
    *out = buf_view(&octets);
    return true;
}
