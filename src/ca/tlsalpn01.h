/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * tlsalpn01: tls-alpn-01 (RFC 8737) by Boulder's rules: at the port of https, the first IPv6
 * address before the first IPv4 address, and the latter when no handshake was completed with the
 * former.
 */
#include "ca/validator.h"

ca_prove ca_tlsalpn01_prove;
