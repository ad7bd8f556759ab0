/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "edge/record_digest.h"
#include "feed/vantage_gate.h"

/* What an edge takes up of what a relay hands it. */

static char dir[64];
static struct keyring *ring;
static const struct vantage_keys keys_of_default = {NULL, "default"};

static void write_key(const char *name, int octet)
{
    char path[96];
    unsigned char key[EDGE_FEED_KEY_SIZE];
    int fd;

    memset(key, octet, sizeof(key));
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0400);
    assert_true(fd >= 0 && write(fd, key, sizeof(key)) == (ssize_t)sizeof(key));
    close(fd);
}

static int set_up(void **state)
{
    struct err err;

    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/latchkey-gate-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    write_key("feed-default-1", 1);
    write_key("feed-default-2", 2);
    write_key("feed-other-1", 3);
    return keyring_load(dir, &ring, &err) ? 0 : -1;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"feed-default-1", "feed-default-2", "feed-other-1"};
    char path[96];

    (void)state;
    keyring_free(ring);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        (void)unlink(path);
    }
    return rmdir(dir);
}

/* How a question was made. */
struct making {
    enum edge_frame_kind kind;
    const char *group;
    int octet; /* of the key */
    uint8_t kid;
    int64_t ends_in_ms;
    const char *address; /* NULL: one that is right */
};

static struct slice make(struct arena *mem, const struct making *how, unsigned number)
{
    struct buf out = buf_new(mem, EDGE_FRAME_MAX);
    unsigned char key[EDGE_FEED_KEY_SIZE], mac[EDGE_MAC_SIZE];

    memset(key, how->octet, sizeof(key));
    edge_frame_write(&out, how->kind,
                     slice_str(arena_printf(
                         mem,
                         "{\"id\":\"qst_0123456789abcdefghjkm%05u\",\"until\":%lld,\"names\":[{"
                         "\"name\":\"shop.example\",\"probes\":[{\"address\":\"%s\"}]}]}",
                         number, (long long)(clock_real_ms() + how->ends_in_ms),
                         how->address ? how->address : "192.0.2.1")));
    buf_u8(&out, how->kid);
    assert_true(
        edge_record_mac(slice_of(key, sizeof(key)), slice_str(how->group), buf_view(&out), mac));
    buf_add(&out, mac, sizeof(mac));
    return buf_view(&out);
}

static bool take(struct vantage_gate *gate, struct arena *mem, struct slice octets,
                 struct vantage_taken *out, struct err *err)
{
    struct vantage_keys keys = keys_of_default;

    keys.ring = ring;
    return vantage_gate_take(gate, mem, &keys, octets, out, err);
}

static const struct {
    struct making how;
    enum err_code want; /* ERR_NONE: it is taken up */
    const char *text;
} rows[] = {
    {{EDGE_QUESTION, "default", 1, 1, 1500, NULL}, ERR_NONE, ""},
    {{EDGE_QUESTION, "default", 2, 2, 1500, NULL}, ERR_NONE, ""},
    {{EDGE_QUESTION, "default", 9, 1, 1500, NULL}, ERR_FORBIDDEN, "a question is not authentic"},
    {{EDGE_QUESTION, "other", 3, 1, 1500, NULL}, ERR_FORBIDDEN, "a question is not authentic"},
    {{EDGE_QUESTION, "default", 2, 1, 1500, NULL}, ERR_FORBIDDEN, "a question is not authentic"},
    {{EDGE_QUESTION, "default", 1, 7, 1500, NULL}, ERR_FORBIDDEN, "under feed key 7"},
    {{EDGE_ANSWER, "default", 1, 1, 1500, NULL}, ERR_BAD_INPUT, "no question"},
    {{EDGE_QUESTION, "default", 1, 1, -1, NULL}, ERR_FORBIDDEN, "is not fresh"},
    {{EDGE_QUESTION, "default", 1, 1, 3 * VANTAGE_MS, NULL}, ERR_FORBIDDEN, "is not fresh"},
    {{EDGE_QUESTION, "default", 1, 1, 1500, "localhost"}, ERR_BAD_INPUT, "localhost"},
};

/* req: R44, R49 */
static void test_what_is_taken_up(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *mem = arena_new();
        struct vantage_gate gate = {.next = 0};
        struct slice octets = make(mem, &rows[i].how, i);
        struct vantage_taken taken;
        struct err err = {0};
        bool is_taken = take(&gate, mem, octets, &taken, &err);

        ok(is_taken == (rows[i].want == ERR_NONE) && err.code == rows[i].want &&
               strstr(err.text, rows[i].text),
           "row %u: %s", i, err.text);
        if (is_taken)
            ok(taken.kid == rows[i].how.kid && taken.question.count == 1, "row %u", i);
        arena_free(mem);
    }
    all_ok();
}

/* Any octet that is changed on the way, and the same again. */
static void test_a_relay_can_neither_alter_nor_repeat(void **state)
{
    struct arena *mem = arena_new();
    struct vantage_gate gate = {.next = 0};
    struct slice octets = make(mem, &rows[0].how, 1);
    unsigned char *copy = arena_memdup(mem, octets.data, octets.len);
    struct vantage_taken taken;
    struct err err;
    (void)state;

    for (size_t i = 0; i < octets.len; i++) {
        copy[i] ^= 1;
        ok(!take(&gate, mem, slice_of(copy, octets.len), &taken, &err), "octet %zu", i);
        copy[i] ^= 1;
        ok(!take(&gate, mem, slice_of(copy, i), &taken, &err), "cut at %zu", i);
    }
    ok(take(&gate, mem, octets, &taken, &err), "%s", err.text);
    ok(!take(&gate, mem, octets, &taken, &err) && strstr(err.text, "has come before"), "%s",
       err.text);
    arena_free(mem);
    all_ok();
}

static void test_a_minute(void **state)
{
    struct arena *mem = arena_new();
    struct vantage_gate gate = {.next = 0};
    struct vantage_taken taken;
    struct err err;
    (void)state;

    for (unsigned i = 0; i < VANTAGE_PER_MIN; i++)
        ok(take(&gate, mem, make(mem, &rows[0].how, i), &taken, &err), "%u: %s", i, err.text);
    ok(!take(&gate, mem, make(mem, &rows[0].how, 999), &taken, &err) &&
           err.code == ERR_RATE_LIMITED,
       "one more than %d", VANTAGE_PER_MIN);
    for (size_t i = 0; i < VANTAGE_PER_MIN; i++)
        gate.taken[i].at -= 60000;
    ok(take(&gate, mem, make(mem, &rows[0].how, 999), &taken, &err), "a minute later: %s",
       err.text);
    arena_free(mem);
    all_ok();
}

/* What it answers is authentic under the key of the question, and no question. */
static void test_an_answer(void **state)
{
    struct arena *mem = arena_new();
    struct vantage_keys keys = keys_of_default;
    const struct vantage_view said = {.id = "qst_0123456789abcdefghjkmnpqrs", .until = 1};
    unsigned char key[EDGE_FEED_KEY_SIZE];
    struct edge_frame frame;
    struct slice octets;
    struct err err;
    (void)state;

    keys.ring = ring;
    memset(key, 2, sizeof(key));
    assert_true(vantage_gate_answer(mem, &keys, 2, &said, &octets, &err));
    assert_true(edge_frame_read(octets, EDGE_ANSWER, &frame));
    assert_true(edge_frame_mac_ok(slice_of(key, sizeof(key)), slice_str("default"), &frame));
    assert_false(edge_frame_read(octets, EDGE_QUESTION, &frame));
    assert_false(vantage_gate_answer(mem, &keys, 9, &said, &octets, &err));
    arena_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_taken_up),
        cmocka_unit_test(test_a_relay_can_neither_alter_nor_repeat),
        cmocka_unit_test(test_a_minute),
        cmocka_unit_test(test_an_answer),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
