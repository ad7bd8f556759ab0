/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * update: one TXT value put into a zone or taken out of it, by dynamic update (RFC 2136) that is
 * signed (RFC 8945), over TCP. Exactly this value is added or deleted: others at the same name, of
 * orders that run at the same time, stay as they are. Both may be repeated at will.
 */
#include "dns/tsig.h"

enum dns_update_op { DNS_UPDATE_ADD, DNS_UPDATE_DELETE };

#define DNS_TXT_MAX 255 /* octets of a value: one string */

struct dns_update {
    enum dns_update_op op;
    const char *zone, *name; /* with or without final dot */
    const char *value;
    uint32_t ttl_s; /* of what is added */
};

struct dns_update_via {
    const char *const *servers; /* "192.0.2.1@53": tried one after the other until it is done */
    size_t server_count;
    const struct tsig_key *key;
    int64_t now_s;      /* unix, of the machine */
    int64_t timeout_ms; /* for each server; 0: DNS_UPDATE_TIMEOUT_MS */
};

#define DNS_UPDATE_TIMEOUT_MS 5000

/* ERR_NET, ERR_TIMEOUT: no server answered. ERR_DNS_UPDATE: the first that did said no, or nobody
 * knows what it said: the text names server, zone, key, the reason, and what the operator has to
 * do. */
MUST_CHECK bool dns_update_send(struct arena *mem, const struct dns_update_via *via,
                                const struct dns_update *update, struct err *err);

/* The parts of it. */

/* The message without a signature; ERR_CONFIG for a zone or name that is none. */
MUST_CHECK bool dns_update_write(struct buf *out, uint16_t id, const struct dns_update *update,
                                 struct err *err);

/* What an answer said, its signature judged. */
struct dns_update_said {
    const char *server;
    const struct dns_message *message;
    enum tsig_verdict verdict;
};
/* True: it is done. */
MUST_CHECK bool dns_update_judge(const struct dns_update *update, const struct dns_update_via *via,
                                 const struct dns_update_said *said, struct err *err);
