/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* answer: one request in, one reply out; the part of the server that has no sockets. */
#include <jansson.h>

#include "base/arena.h"
#include "base/secret.h"
#include "signer/server.h"

/* The reply to a datagram, whatever it is: at most SIGNER_DATAGRAM_MAX octets. */
struct slice signer_answer(struct arena *mem, const struct signer_server *server,
                           struct slice request);

/* Each fills the fields of its reply; the request has the fields of its table row. */
typedef bool (*answer_fn)(struct arena *mem, const struct signer_server *server,
                          const json_t *request, json_t *reply, struct err *err);

bool answer_make_key(struct arena *mem, const struct signer_server *server, const json_t *request,
                     json_t *reply, struct err *err);
bool answer_csr(struct arena *mem, const struct signer_server *server, const json_t *request,
                json_t *reply, struct err *err);
bool answer_reseal(struct arena *mem, const struct signer_server *server, const json_t *request,
                   json_t *reply, struct err *err);
bool answer_mac(struct arena *mem, const struct signer_server *server, const json_t *request,
                json_t *reply, struct err *err);
bool answer_tsig(struct arena *mem, const struct signer_server *server, const json_t *request,
                 json_t *reply, struct err *err);
bool answer_jws(struct arena *mem, const struct signer_server *server, const json_t *request,
                json_t *reply, struct err *err);
bool answer_jws_eab(struct arena *mem, const struct signer_server *server, const json_t *request,
                    json_t *reply, struct err *err);
bool answer_jws_rollover(struct arena *mem, const struct signer_server *server,
                         const json_t *request, json_t *reply, struct err *err);
bool answer_public_jwk(struct arena *mem, const struct signer_server *server, const json_t *request,
                       json_t *reply, struct err *err);
