/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * not_asked: where no server of the internet is, as prefixes. A stranger's zone may name one there,
 * to make this machine ask inside of its own network. The same ranges as those of net/address.h,
 * and all of what carries an IPv4 address: no name server is there either. But not those for
 * documentation, which lead nowhere unless a laboratory has them.
 */
#define DNS_NOT_ASKED_COUNT 16

extern const char *const dns_not_asked[DNS_NOT_ASKED_COUNT];
