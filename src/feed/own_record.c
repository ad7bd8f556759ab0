/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/own_record.h"

#include "edge/record_write.h"

bool own_record_put(struct edge_tx *tx, const struct edge_record *record, struct err *err)
{
    static const unsigned char no_mac[EDGE_TRAILER_SIZE];
    unsigned char room[EDGE_HEADER_SIZE + EDGE_KEY_MAX + OWN_BODY_MAX + EDGE_TRAILER_SIZE];
    struct buf out = buf_fixed(room, sizeof(room));
    enum edge_fault fault = edge_record_write(&out, record);
    struct edge_db_key key;

    buf_add(&out, no_mac, sizeof(no_mac));
    if (fault != EDGE_FAULT_NONE || !buf_ok(&out) || !edge_db_key(record->kind, record->key, &key))
        return err_set(err, ERR_INTERNAL, "cannot write a record of this edge: %s",
                       edge_fault_text(fault));
    return edge_tx_put(tx, edge_db_key_view(&key), buf_view(&out), err);
}
