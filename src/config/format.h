/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* format: what a single configured text must look like. Each says ERR_CONFIG and the reason,
 * without the name of the option. None asks the network or the disk. */
#include "base/arena.h"
#include "base/err.h"

MUST_CHECK bool format_id(const char *text, struct err *err);   /* a-z 0-9 '-', 1..32 octets */
MUST_CHECK bool format_name(const char *text, struct err *err); /* lower-case A-labels */
MUST_CHECK bool format_ipv4(const char *text, struct err *err);
MUST_CHECK bool format_ipv6(const char *text, struct err *err);
MUST_CHECK bool format_address(const char *text, struct err *err);  /* IPv4 or IPv6 */
MUST_CHECK bool format_prefix(const char *text, struct err *err);   /* "10.1.0.0/16" */
MUST_CHECK bool format_resolver(const char *text, struct err *err); /* "127.0.0.1@8053" */
MUST_CHECK bool format_endpoint(const char *text, struct err *err); /* "127.0.0.1:8090" */
MUST_CHECK bool format_url(const char *text, struct err *err);      /* https://host[:port][/...] */
MUST_CHECK bool format_site_url(const char *text, struct err *err); /* https://host[:port] */
MUST_CHECK bool format_key_name(const char *text,
                                struct err *err); /* of TSIG: "key.example", "key" */
MUST_CHECK bool format_assignment(const char *text, struct err *err); /* "NAME=value" */
MUST_CHECK bool format_contact(const char *text, struct err *err);    /* "mailto:..." */
MUST_CHECK bool format_store(const char *text, struct err *err); /* "sqlite:..." "postgresql:..." */

/* The host of a URL that passed format_url(), without brackets. */
const char *format_url_host(struct arena *mem, const char *url);
/* Whether the address `text` is in `prefix` (which passed format_prefix()). */
bool format_in_prefix(const char *text, const char *prefix);
bool format_is_loopback(const char *host); /* "localhost", 127.0.0.0/8, ::1 */
