/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/update.h"

#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "dns/exchange.h"
#include "dns/resolver.h"

#define MESSAGE_MAX 2048

/* Section 2.5.1: add to an RRset. Section 2.5.4: delete an RR from an RRset, class NONE and TTL 0.
 */
static const struct {
    uint16_t class;
    bool has_ttl;
} forms[] = {
    [DNS_UPDATE_ADD] = {DNS_CLASS_IN, true},
    [DNS_UPDATE_DELETE] = {DNS_CLASS_NONE, false},
};

bool dns_update_write(struct buf *out, uint16_t id, const struct dns_update *update,
                      struct err *err)
{
    const struct dns_header header = {
        .id = id, .flags = DNS_OPCODE_UPDATE << 11, .counts = {1, 0, 1, 0}};
    unsigned char octets[1 + DNS_TXT_MAX] = {0};
    size_t len = strlen(update->value);
    struct dns_rr record = {.name = update->name,
                            .type = DNS_TYPE_TXT,
                            .class = forms[update->op].class,
                            .ttl = forms[update->op].has_ttl ? update->ttl_s : 0,
                            .rdata = slice_of(octets, 1 + len)};

    if (len > DNS_TXT_MAX)
        return err_set(err, ERR_TOO_LARGE, "a TXT value of %zu octets, at most %d are possible",
                       len, DNS_TXT_MAX);
    octets[0] = (unsigned char)len;
    memcpy(octets + 1, update->value, len);
    dns_write_header(out, &header);
    dns_write_question(out, update->zone, DNS_TYPE_SOA, DNS_CLASS_IN);
    dns_write_record(out, &record);
    return buf_ok(out) ||
           err_set(err, ERR_CONFIG, "%.80s or %.80s is not a name", update->name, update->zone);
}

/* ---- what the answer means ---- */

/* {zone}, {key} and {name} are put in. */
#define RCODES_MAX 11
static const char *const refusals[RCODES_MAX] = {
    [1] = "FORMERR: it does not take such updates",
    [2] = "SERVFAIL: it could not change the zone now",
    [3] = "NXDOMAIN",
    [4] = "NOTIMP: it takes no updates; name its primary server",
    [5] = "REFUSED: it does not let the key change TXT records there; the operator has to allow it "
          "at the server",
    [6] = "YXDOMAIN",
    [7] = "YXRRSET",
    [8] = "NXRRSET",
    [9] = "NOTAUTH: it is not a server of the zone; the operator has to name the zone's primary",
    [10] = "NOTZONE: the name is not in the zone",
};

static const struct {
    uint16_t error;
    const char *text;
} key_errors[] = {
    {TSIG_BADSIG, "BADSIG: its secret for the key is another one; the operator has to put the same "
                  "in both places"},
    {TSIG_BADKEY, "BADKEY: it does not know the key, or not with this algorithm; the operator has "
                  "to add it at the server"},
    {TSIG_BADTIME,
     "BADTIME: the clocks of both machines are too far apart; the operator has to set "
     "them"},
    {TSIG_BADTRUNC, "BADTRUNC: it wants longer signatures"},
};

static const char *refusal_of(const struct dns_message *message)
{
    if (message->has_tsig && message->tsig.error)
        for (size_t i = 0; i < ARRAY_LEN(key_errors); i++)
            if (key_errors[i].error == message->tsig.error)
                return key_errors[i].text;
    return message->rcode < RCODES_MAX && refusals[message->rcode] ? refusals[message->rcode]
                                                                   : "an unknown code";
}

static const char *doubt_of(enum tsig_verdict verdict)
{
    static const char *const texts[TSIG_VERDICT_COUNT] = {
        [TSIG_VALID] = NULL,
        [TSIG_UNSIGNED] = "its answer is not signed",
        [TSIG_OTHER_KEY] = "its answer is signed with another key",
        [TSIG_WRONG] = "the signature of its answer is wrong",
        [TSIG_OFF_TIME] = "the clocks of both machines are too far apart",
    };

    return texts[verdict];
}

static bool is_answer_to(const struct dns_message *message)
{
    return (message->header.flags & DNS_FLAG_QR) &&
           (message->header.flags >> 11 & 0xf) == DNS_OPCODE_UPDATE;
}

bool dns_update_judge(const struct dns_update *update, const struct dns_update_via *via,
                      const struct dns_update_said *said, struct err *err)
{
    const char *reason = NULL;

    if (!is_answer_to(said->message))
        reason = "what it answered is no answer to an update";
    else if (said->message->rcode != 0)
        reason = refusal_of(said->message);
    else
        reason = doubt_of(said->verdict);
    return !reason || err_set(err, ERR_DNS_UPDATE,
                              "name server %s did not change zone %.120s with key %.80s: %s",
                              said->server, update->zone, via->key->name, reason);
}

/* Whether it was done nobody knows. */
static bool unreadable(const struct dns_place *place, const struct dns_update *update,
                       struct err *err)
{
    const struct err failed = *err;

    return err_set(
        err, ERR_DNS_UPDATE,
        "name server %s did not say whether it changed zone %.120s: %s; the operator has "
        "to look at the server",
        place->text, update->zone, failed.text);
}

static bool ask(struct arena *mem, const struct dns_update_via *via,
                const struct dns_update *update, const struct dns_place *place, struct err *err)
{
    int64_t timeout_ms = via->timeout_ms ? via->timeout_ms : DNS_UPDATE_TIMEOUT_MS;
    struct buf request = buf_new(mem, MESSAGE_MAX);
    struct dns_message message;
    struct tsig_answer answer = {.message = &message};
    struct dns_update_said said = {.server = place->text, .message = &message};

    if (!dns_update_write(&request, (uint16_t)random_below(65536), update, err) ||
        !tsig_sign(mem, via->key, via->now_s, &request, &answer.request_mac, err) ||
        !dns_exchange_tcp(mem, place, buf_view(&request), clock_boot_ms() + timeout_ms,
                          &answer.wire, err))
        return false;
    if (!dns_message_read(answer.wire, &message, err))
        return unreadable(place, update, err);
    return tsig_verify(mem, via->key, via->now_s, &answer, &said.verdict, err) &&
           dns_update_judge(update, via, &said, err);
}

/* The same update at another server is harmless, also when this one may have done it. */
static bool may_another_take_it(enum err_code code)
{
    return code == ERR_NET || code == ERR_TIMEOUT || code == ERR_DNS_UPDATE;
}

bool dns_update_send(struct arena *mem, const struct dns_update_via *via,
                     const struct dns_update *update, struct err *err)
{
    struct err told = {0}; /* the first that was said: it tells more than silence */

    (void)err_set(err, ERR_CONFIG, "no name server takes updates of zone %.120s", update->zone);
    for (size_t i = 0; i < via->server_count; i++) {
        struct dns_place place;

        if (!dns_place_parse(via->servers[i], &place, err))
            return false;
        if (ask(mem, via, update, &place, err))
            return true;
        if (!may_another_take_it(err->code))
            return false;
        if (told.code == ERR_NONE && err->code == ERR_DNS_UPDATE)
            told = *err;
    }
    if (told.code != ERR_NONE)
        *err = told;
    return false;
}
