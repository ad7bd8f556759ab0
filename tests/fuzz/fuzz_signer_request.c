/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>

#include "../unit/signer/fixture.h"
#include "signer/answer.h"
#include "signer/protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Keys of 32 times 'k', so that stored inputs can hold blobs that open. */
static void set_up(struct fixture *f)
{
    static const char *const names[] = {"edge-1", "signer-1", "feed-default-1"};
    char path[128], octets[32];
    struct err err;

    fixture_keys(f);
    keyring_free(f->keys);
    memset(octets, 'k', sizeof(octets));
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        int fd;

        snprintf(path, sizeof(path), "%s/%s", f->dir, names[i]);
        (void)unlink(path);
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0400);
        fixture_must(write(fd, octets, sizeof(octets)) == sizeof(octets), path);
        close(fd);
    }
    fixture_must(keyring_load(f->dir, &f->keys, &err), err.text);
    f->server.keys = f->keys;
    remove_folder(f->dir);
}

/* Whatever comes, the reply is a JSON object with an id that says how it went, within its limit. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fixture f;
    AUTO(arena_freep) struct arena *mem = arena_new();
    json_auto_t *reply = NULL;
    struct slice text;

    if (!f.keys)
        set_up(&f);
    text = signer_answer(mem, &f.server, slice_of(data, size));
    assert(text.len <= SIGNER_DATAGRAM_MAX);
    reply = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    assert(json_is_integer(json_object_get(reply, "id")));
    if (json_is_true(json_object_get(reply, "ok")))
        return 0;
    assert(strlen(json_string_value(json_object_get(reply, "code"))) > 0);
    assert(strlen(json_string_value(json_object_get(reply, "text"))) > 0);
    return 0;
}
