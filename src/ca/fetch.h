/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * fetch: one GET of one URL from one address, for http-01 (RFC 8555 section 8.3), over libcurl.
 * Redirects are returned, not followed; certificates of https are not verified (a host that is
 * about to get its first one has none); the body is read up to a limit, that of a status other than
 * 200 not at all; gzip is asked for and unpacked, as Go does for Boulder. The address is the
 * caller's, and no other is connected to: no proxy, no resolver.
 */
#include "ca/problem.h"
#include "net/address.h"

#define CA_FETCH_BODY_MAX    128     /* octets: as many, or more, are too many */
#define CA_FETCH_HEADERS_MAX 1048576 /* octets, of all header lines of all answers */

enum ca_fetch_result {
    CA_FETCH_DONE,  /* any status */
    CA_FETCH_DIAL,  /* no TCP connection: another address may be tried */
    CA_FETCH_BROKEN /* connected, but no answer */
};

struct ca_fetch {
    const char *url; /* gives scheme, Host header, SNI and path */
    struct address address;
    uint16_t port;      /* connected to, whatever the URL says */
    int64_t timeout_ms; /* of all of it; over 10 */
};

struct ca_fetched {
    enum ca_fetch_result result;
    enum ca_problem_type type; /* connection or tls, when not done */
    const char *reason;        /* Boulder's words, when not done */
    int status;
    const char *location; /* as in the header; NULL: none */
    struct slice body;    /* at most CA_FETCH_BODY_MAX octets */
    const char *broken;   /* why the body could not be read; NULL: it could */
};

void ca_fetch(struct arena *mem, const struct ca_fetch *wish, struct ca_fetched *out);
