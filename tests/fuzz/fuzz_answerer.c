/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "check/answerer.h"

/* The answer of whoever is there instead of us: status, one header, page. What is said of it is
 * one of our own texts. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int statuses[] = {200, 400, 403, 406, 503};

/* The first octet is the status, then come "name: value", a line feed, and the body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *text = size ? arena_strndup(mem, (const char *)data + 1, size - 1) : "";
    size_t line = strcspn(text, "\n"), name = strcspn(text, ":\n");
    struct http_header header;
    struct http_response response = {.headers = &header, .header_count = name < line};
    struct answerer who;

    if (size == 0)
        return 0;
    header.name = arena_strndup(mem, text, name);
    header.value = name < line ? arena_strndup(mem, text + name + 1, line - name - 1) : "";
    response.status = statuses[data[0] % ARRAY_LEN(statuses)];
    response.body =
        line + 2 <= size ? slice_of(data + line + 2, size - line - 2) : slice_of(data, 0);
    who = answerer_of(&response);
    assert((who.kind == ANSWERER_NONE) == (who.text == NULL));
    for (const char *at = who.text; at && *at; at++)
        assert(*at >= 0x20 && *at < 0x7f);
    return 0;
}
