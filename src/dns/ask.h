/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ask: questions to name servers by their address: what a server itself has, without recursion
 * (RFC 1035 section 4.1.1, RD 0). All questions of a call are under way at the same time; UDP with
 * room for 1232 octets (RFC 6891), sent again once, then TCP where the answer is cut short (RFC
 * 7766). Only an answer to the very question, with its id, from the very address, is taken.
 *
 * Whether an address may be asked is not looked at: that is the caller's to know
 * (net/address.h). DNSSEC is not either: what is told is what the server says.
 */
#include "dns/resolver.h"

#define DNS_ASK_MAX        160   /* questions of a call */
#define DNS_ASK_MS         2000  /* unless the call says */
#define DNS_ASK_ANSWER_MAX 16384 /* octets of an answer over TCP; a longer one is BAD, unread */

struct dns_ask {
    struct slice server; /* 4 or 16 octets */
    uint16_t port;       /* 0 = 53 */
    struct dns_query query;
};

#define DNS_ASK_FAILURES(X)                                                                        \
    X(NONE, "none")               /* it answered: see reply and rcode */                           \
    X(TIMEOUT, "timeout")         /* nothing came back in time */                                  \
    X(CLOSED, "closed")           /* nothing listens there, or it hangs up */                      \
    X(UNREACHABLE, "unreachable") /* no way to the address */                                      \
    X(BAD, "bad")                 /* what came back is no answer to this */

#define X(id, name) DNS_ASK_##id,
enum dns_ask_failure { DNS_ASK_FAILURES(X) DNS_ASK_FAILURE_COUNT };
#undef X

struct dns_told {
    enum dns_ask_failure failure;
    struct dns_answer answer;          /* without a failure; security is always DNS_INSECURE */
    bool is_authoritative;             /* AA: the server has the zone */
    const struct dns_record *referral; /* NS records of the authority section: who is to be asked */
    const struct dns_record *glue;     /* addresses of the additional section */
    size_t referral_count, glue_count;
    bool is_over_tcp;
};

/* told[i] is of asks[i]. ERR_BAD_INPUT for a name that is none. */
MUST_CHECK bool dns_ask(struct arena *mem, const struct dns_ask *asks, struct dns_told *told,
                        size_t count, int64_t timeout_ms, struct err *err);
const char *dns_ask_failure_name(enum dns_ask_failure failure);
