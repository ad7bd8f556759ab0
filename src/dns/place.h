/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* place: where a DNS server is, "192.0.2.1@53" or "2001:db8::1@53"; 53 when no port is said. */
#include <sys/socket.h>

#include "base/err.h"

#define DNS_PORT            53
#define DNS_PLACE_TEXT_SIZE 56

struct dns_place {
    struct sockaddr_storage address;
    socklen_t len;
    char text[DNS_PLACE_TEXT_SIZE]; /* always with its port */
};

/* ERR_BAD_INPUT. */
MUST_CHECK bool dns_place_parse(const char *text, struct dns_place *out, struct err *err);
/* 4 or 16 octets. */
struct dns_place dns_place_of(const unsigned char *octets, bool is_v6, uint16_t port);
