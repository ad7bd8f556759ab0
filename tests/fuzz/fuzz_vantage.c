/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdlib.h>

#include "check/vantage.h"
#include "edge/question.h"

/* What is asked of edges and what they say: the frame, and the text in it. What is read is written
 * so that it is read the same again. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(struct slice text, bool is_answer)
{
    struct arena *mem = arena_new();
    struct vantage_view view, again;
    struct err err = {0};
    json_t *json;
    char *written;

    if (!vantage_read(mem, text, is_answer, &view, &err)) {
        assert(err.code == ERR_BAD_INPUT && err.text[0]);
        arena_free(mem);
        return;
    }
    assert(view.count <= VANTAGE_NAMES_MAX);
    json = vantage_to_json(&view, is_answer);
    written = json_dumps(json, JSON_COMPACT);
    if (strlen(written) <= VANTAGE_TEXT_MAX)
        assert(vantage_read(mem, slice_str(written), is_answer, &again, &err) &&
               again.count == view.count && again.until == view.until);
    free(written);
    json_decref(json);
    arena_free(mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum edge_frame_kind kinds[] = {EDGE_QUESTION, EDGE_ANSWER};

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct edge_frame frame;

        look(slice_of(data, size), kinds[i] == EDGE_ANSWER);
        if (!edge_frame_read(slice_of(data, size), kinds[i], &frame))
            continue;
        assert(frame.text.len + 1 + EDGE_TRAILER_SIZE == size);
        look(frame.text, kinds[i] == EDGE_ANSWER);
    }
    return 0;
}
