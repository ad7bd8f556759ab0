/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* failure: Boulder's words for connections of validation that came to nothing. */

#define CA_FAILURE_OTHER        "Error getting validation data" /* no better words */
#define CA_FAILURE_DIAL_TIMEOUT "Timeout during connect (likely firewall problem)"
#define CA_FAILURE_TIMEOUT      "Timeout after connect (your server may be slow or overloaded)"

/* For an errno of a socket. */
const char *ca_failure_text(int number);
