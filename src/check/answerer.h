/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * answerer: who answers instead of us, recognised by what it says of itself: one table of header
 * values and pieces of pages. People are told the table's words, never those of the answer (R49).
 * Pure.
 */
#include "net/http_client.h"

enum answerer_kind {
    ANSWERER_NONE,
    ANSWERER_CDN,      /* stands in front of another server */
    ANSWERER_HOSTER,   /* another platform for websites */
    ANSWERER_PARKING,  /* a page for a domain that is not used */
    ANSWERER_ROUTER,   /* the administration of a router or another device */
    ANSWERER_FIREWALL, /* refuses requests that it takes for an attack */
    ANSWERER_COOKIE,   /* lets in only who runs a script */
    ANSWERER_TLS_PORT, /* a server that expects TLS where plain http is spoken */
    ANSWERER_EMPTY,    /* a web server as it was installed, with no site */
    ANSWERER_SERVER,   /* a web server of this kind, and no more is known */
};

struct answerer {
    enum answerer_kind kind;
    const char *text; /* "Cloudflare", "a parking page of Sedo" */
};

/* Only the beginning of the body is looked at. */
struct answerer answerer_of(const struct http_response *response);
