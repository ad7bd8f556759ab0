/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * question: the frame of what an edge is asked as a vantage point, and of what it answers (the text
 * inside is check/vantage.h). The feed keys authenticate both as they do records, so that a relay
 * can neither ask nor answer by itself; the first octet is no version of a record, so that none can
 * be taken for the other.
 *
 * Form: kind u8, text, feed key id u8, MAC 32 octets (record_digest.h).
 */
#include "edge/record.h"

#define EDGE_FRAME_TEXT_MAX 12288
#define EDGE_FRAME_MAX      (1 + EDGE_FRAME_TEXT_MAX + EDGE_TRAILER_SIZE)

enum edge_frame_kind { EDGE_QUESTION = 'Q', EDGE_ANSWER = 'A' };

struct edge_frame {
    struct slice text;
    uint8_t kid;        /* feed key id */
    struct slice mac;   /* EDGE_MAC_SIZE octets */
    struct slice whole; /* as read */
};

/* The views live as long as the octets. False: it is no frame of this kind. The MAC is not looked
 * at. */
MUST_CHECK bool edge_frame_read(struct slice octets, enum edge_frame_kind kind,
                                struct edge_frame *out);
/* Whether it ends in the right MAC, compared in constant time. */
MUST_CHECK bool edge_frame_mac_ok(struct slice feed_key, struct slice group,
                                  const struct edge_frame *frame);
/* Appends kind and text: what stands before key id and MAC, which the caller appends. */
void edge_frame_write(struct buf *out, enum edge_frame_kind kind, struct slice text);
