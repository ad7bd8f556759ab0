/* SPDX-License-Identifier: Apache-2.0 */

/* A feed page as an edge reads it: records one after another, each all the way down. What was read
 * must be written again in the same octets. */
#include <assert.h>

#include "edge/lookup.h"
#include "edge/record_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk_origins(const struct edge_record *record)
{
    struct edge_settings settings;
    struct edge_origin origin;
    size_t count = 0;

    assert(edge_settings_read(record->body, &settings) == EDGE_FAULT_NONE);
    while (edge_origin_next(&settings.origins, &origin))
        count++;
    assert(count == settings.origin_count && settings.origins.len == 0);
}

static void write_again(const struct edge_record *record)
{
    static unsigned char room[EDGE_RECORD_MAX];
    struct buf out = buf_fixed(room, sizeof(room));

    assert(edge_record_write(&out, record) == EDGE_FAULT_NONE);
    assert(slice_eq(buf_view(&out),
                    slice_of(record->whole.data, record->whole.len - EDGE_TRAILER_SIZE)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of(data, size), name;
    struct edge_record record;
    struct edge_host_name host;

    (void)!edge_sni(in, &name);
    (void)!edge_host_name(in, &host);
    (void)!edge_path(in, &name);
    while (edge_record_take(&in, &record) == EDGE_FAULT_NONE) {
        if (edge_record_check(&record) != EDGE_FAULT_NONE)
            continue;
        write_again(&record);
        if (record.kind == EDGE_SETTINGS)
            walk_origins(&record);
    }
    return 0;
}
