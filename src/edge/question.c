/* SPDX-License-Identifier: Apache-2.0 */
#include "edge/question.h"

#include <openssl/crypto.h>

#include "edge/record_digest.h"

bool edge_frame_read(struct slice octets, enum edge_frame_kind kind, struct edge_frame *out)
{
    struct edge_frame frame = {.whole = octets};
    uint8_t octet;

    if (octets.len <= 1 + EDGE_TRAILER_SIZE || octets.len > EDGE_FRAME_MAX)
        return false;
    if (!slice_u8(&octets, &octet) || octet != (uint8_t)kind ||
        !slice_take(&octets, octets.len - EDGE_TRAILER_SIZE, &frame.text) ||
        !slice_u8(&octets, &frame.kid) || !slice_take(&octets, EDGE_MAC_SIZE, &frame.mac))
        return false;
    *out = frame;
    return true;
}

bool edge_frame_mac_ok(struct slice feed_key, struct slice group, const struct edge_frame *frame)
{
    unsigned char mac[EDGE_MAC_SIZE];
    struct slice signed_part = slice_of(frame->whole.data, frame->whole.len - EDGE_MAC_SIZE);

    return edge_record_mac(feed_key, group, signed_part, mac) &&
           CRYPTO_memcmp(mac, frame->mac.data, sizeof(mac)) == 0;
}

void edge_frame_write(struct buf *out, enum edge_frame_kind kind, struct slice text)
{
    buf_u8(out, (uint8_t)kind);
    buf_slice(out, text);
}
