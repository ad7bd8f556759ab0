/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/not_asked.h"

/* Of IPv6, 2000::/3 is what has been allocated. */
const char *const dns_not_asked[DNS_NOT_ASKED_COUNT] = {
    "0.0.0.0/8",      "10.0.0.0/8",    "100.64.0.0/10", "127.0.0.0/8",
    "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",  "192.88.99.0/24",
    "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",   "::/3",
    "2001::/23",      "2002::/16",     "4000::/2",      "8000::/1",
};
