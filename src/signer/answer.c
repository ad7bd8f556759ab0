/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/answer.h"

#include <assert.h>

#include "base/crash.h"
#include "signer/protocol.h"

static const answer_fn answers[SIGNER_OP_COUNT] = {
    [SIGNER_OP_MAKE_KEY] = answer_make_key,
    [SIGNER_OP_CSR] = answer_csr,
    [SIGNER_OP_JWS] = answer_jws,
    [SIGNER_OP_JWS_EAB] = answer_jws_eab,
    [SIGNER_OP_JWS_ROLLOVER] = answer_jws_rollover,
    [SIGNER_OP_PUBLIC_JWK] = answer_public_jwk,
    [SIGNER_OP_RESEAL] = answer_reseal,
    [SIGNER_OP_MAC] = answer_mac,
    [SIGNER_OP_TSIG] = answer_tsig,
};

/* Texts may quote a request, cut at an octet: what is not UTF-8 has no place in JSON. */
static json_t *json_text(const char *text)
{
    json_t *value = json_string(text);

    return value ? value : json_string("not UTF-8");
}

static json_t *refusal(json_int_t id, const struct err *err)
{
    json_t *reply = json_pack("{s:I, s:b}", "id", id, "ok", 0);

    json_object_set_new(reply, "code", json_string(err_name(err->code)));
    json_object_set_new(reply, "text", json_text(err->text));
    if (err->field[0])
        json_object_set_new(reply, "field", json_text(err->field));
    return reply;
}

static json_t *reply_to(struct arena *mem, const struct signer_server *server,
                        struct slice datagram)
{
    json_auto_t *request = NULL;
    json_t *reply;
    enum signer_op op;
    json_int_t id;
    struct err err = {0};

    if (!signer_request_read(datagram, &request, &op, &id, &err))
        return refusal(id, &err);
    CRASH_POINT_OF("signer", signer_op_name(op), "before");
    reply = json_pack("{s:I, s:b}", "id", id, "ok", 1);
    if (!answers[op](mem, server, request, reply, &err)) {
        json_decref(reply);
        return refusal(id, &err);
    }
    CRASH_POINT_OF("signer", signer_op_name(op), "reply");
    return reply;
}

static struct slice write_reply(struct arena *mem, const json_t *reply)
{
    char *text = json_dumps(reply, JSON_COMPACT);
    size_t len = text ? strlen(text) : 0;
    struct slice out = slice_of(arena_memdup(mem, text, len), len);

    free(text);
    return out;
}

struct slice signer_answer(struct arena *mem, const struct signer_server *server,
                           struct slice request)
{
    json_auto_t *reply = reply_to(mem, server, request);
    struct slice text = write_reply(mem, reply);

    if (text.len > SIGNER_DATAGRAM_MAX) {
        json_auto_t *shorter = NULL;
        struct err err;

        err_set(&err, ERR_TOO_LARGE, "the reply has %zu octets, at most %d are allowed", text.len,
                SIGNER_DATAGRAM_MAX);
        shorter = refusal(json_integer_value(json_object_get(reply, "id")), &err);
        text = write_reply(mem, shorter);
    }
    assert(text.len > 0 && text.len <= SIGNER_DATAGRAM_MAX);
    return text;
}
