/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>

#include "edge/record.h"

/* "192.0.2.1" or "[2001:db8::1]": an address only, since nginx must not ask DNS for an origin. */
static bool is_address(struct slice text)
{
    char copy[EDGE_ADDRESS_MAX + 1];
    unsigned char raw[sizeof(struct in6_addr)];
    int family = AF_INET;

    if (text.len == 0 || text.len > EDGE_ADDRESS_MAX || memchr(text.data, 0, text.len))
        return false;
    if (text.data[0] == '[') {
        if (text.len < 3 || text.data[text.len - 1] != ']')
            return false;
        family = AF_INET6;
        text = slice_of(text.data + 1, text.len - 2);
    }
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return inet_pton(family, copy, raw) == 1;
}

static bool is_address_and_port(struct slice text)
{
    const unsigned char *colon;
    struct slice port;
    int64_t number;

    if (text.len == 0 || text.len > EDGE_ADDRESS_MAX)
        return false;
    colon = memrchr(text.data, ':', text.len);
    if (!colon)
        return false;
    port = slice_of(colon + 1, text.len - (size_t)(colon - text.data) - 1);
    return is_address(slice_of(text.data, (size_t)(colon - text.data))) && port.len > 0 &&
           port.data[0] != '0' && slice_i64(port, 1, 65535, &number);
}

static enum edge_fault take_origin(struct slice *in, struct edge_origin *out)
{
    uint8_t id_len, address_len;

    if (!slice_u8(in, &id_len) || !slice_take(in, id_len, &out->id) ||
        !slice_u8(in, &address_len) || !slice_take(in, address_len, &out->address))
        return EDGE_FAULT_SHORT;
    if (!edge_id_is_valid(out->id))
        return EDGE_FAULT_ID;
    return is_address_and_port(out->address) ? EDGE_FAULT_NONE : EDGE_FAULT_ADDRESS;
}

static bool is_before(struct slice a, struct slice b)
{
    int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);

    return order < 0 || (order == 0 && a.len < b.len);
}

enum edge_fault edge_settings_read(struct slice body, struct edge_settings *out)
{
    struct edge_settings settings;
    struct edge_origin origin, last = {0};
    uint16_t count;

    if (!slice_take(&body, EDGE_CHECK_KEY_SIZE, &settings.check_key) || !slice_u16(&body, &count))
        return EDGE_FAULT_SHORT;
    if (count > EDGE_ORIGINS_MAX)
        return EDGE_FAULT_LENGTH;
    settings.origin_count = count;
    settings.origins = body;
    for (size_t i = 0; i < count; i++) {
        enum edge_fault fault = take_origin(&body, &origin);

        if (fault != EDGE_FAULT_NONE)
            return fault;
        if (i > 0 && !is_before(last.id, origin.id))
            return EDGE_FAULT_ORDER;
        last = origin;
    }
    if (body.len)
        return EDGE_FAULT_TRAILING;
    *out = settings;
    return EDGE_FAULT_NONE;
}

bool edge_origin_next(struct slice *origins, struct edge_origin *out)
{
    uint8_t len;
    struct slice rest = *origins;

    if (!slice_u8(&rest, &len) || !slice_take(&rest, len, &out->id) || !slice_u8(&rest, &len) ||
        !slice_take(&rest, len, &out->address))
        return false;
    *origins = rest;
    return true;
}

bool edge_origin_find(const struct edge_settings *settings, struct slice id, struct slice *address)
{
    struct slice origins = settings->origins;
    struct edge_origin origin;

    while (edge_origin_next(&origins, &origin)) {
        if (!slice_eq(origin.id, id))
            continue;
        *address = origin.address;
        return true;
    }
    return false;
}
