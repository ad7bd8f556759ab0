/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>

#include "check.h"
#include "fixture.h"
#include "signer/load.h"

/* 32 octets of 0..31 */
#define KEY32 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
/* The first 16 of them, padded. */
#define KEY16 "AAECAwQFBgcICQoLDA0ODw=="

static const unsigned char octets[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
                                       12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
                                       24, 25, 26, 27, 28, 29, 30, 31, 0,  0,  0};
static const unsigned char tsig_octets[] = {0xfb, 0xff, 0xbf, 0,  1,  2,  3,  4,  5,  6,  7,
                                            8,    9,    10,   11, 12, 13, 14, 15, 16, 17, 18,
                                            19,   20,   21,   22, 23, 24, 25, 26, 27, 28};

static void put(const char *path, const char *text, size_t len, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0 && write(fd, text, len) == (ssize_t)len && fchmod(fd, mode) == 0);
    close(fd);
}

struct row {
    const char *what, *text;
    mode_t mode;
    const char *reason; /* after the path; NULL: loaded */
    struct slice octets;
};

static void check_rows(const struct row *rows, size_t count,
                       bool (*load)(const char *path, struct secret *out, struct err *err))
{
    char path[] = "/tmp/latchkey-key-XXXXXX";

    close(mkstemp(path));
    for (size_t i = 0; i < count; i++) {
        struct secret secret = {0};
        struct err err = {0};
        char want[ERR_TEXT_MAX];
        bool is_loaded;

        put(path, rows[i].text, strlen(rows[i].text), rows[i].mode);
        is_loaded = load(path, &secret, &err);
        snprintf(want, sizeof(want), "%s%s", rows[i].reason ? path : "",
                 rows[i].reason ? rows[i].reason : "");
        ok(is_loaded == !rows[i].reason && strncmp(err.text, want, strlen(want)) == 0, "%s: %s",
           rows[i].what, err.text);
        ok(slice_eq(secret_view(&secret), rows[i].octets), "%s: octets", rows[i].what);
        unlink(path);
    }
    all_ok();
}

static void test_eab(void **state)
{
    static const struct row rows[] = {
        {"as CAs give it", KEY32, 0400, NULL, {octets, 32}},
        {"with a line end", KEY32 "\n", 0600, NULL, {octets, 32}},
        {"longer", KEY32 "AAAA", 0400, NULL, {octets, 35}},
        {"two line ends", KEY32 "\n\n", 0400, " is not one line of base64url", {0}},
        {"padded", KEY32 "=", 0400, " is not one line of base64url", {0}},
        {"plain base64", "+/" KEY32, 0400, " is not one line of base64url", {0}},
        {"empty", "", 0400, " is not one line of base64url", {0}},
        {"a line end alone", "\n", 0400, " is not one line of base64url", {0}},
        {"31 octets",
         "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg",
         0400,
         " has a key of 31 octets, at least 32 are needed",
         {0}},
        {"group may read", KEY32, 0440, " must be a file that only user ", {0}},
        {"others may read", KEY32, 0404, " must be a file that only user ", {0}},
    };

    (void)state;
    check_rows(rows, ARRAY_LEN(rows), signer_load_eab);
}

/* As keymgr and tsig-keygen write it. */
static void test_tsig(void **state)
{
    static const struct row rows[] = {
        {"as tsig-keygen writes it",
         "+/+/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxw=\n",
         0400,
         NULL,
         {tsig_octets, 32}},
        {"16 octets", KEY16, 0600, NULL, {octets, 16}},
        {"15 octets",
         "AAECAwQFBgcICQoLDA0O",
         0400,
         " has a key of 15 octets, at least 16 are needed",
         {0}},
        {"no base64", "AAECAwQFBgcICQoLDA0O!w==", 0400, " is not one line of base64", {0}},
        {"two lines", KEY16 "\nAAAA\n", 0400, " is not one line of base64", {0}},
        {"empty", "", 0400, " is not one line of base64", {0}},
        {"others may read", KEY16, 0404, " must be a file that only user ", {0}},
    };

    (void)state;
    check_rows(rows, ARRAY_LEN(rows), signer_load_tsig);
}

static void test_eab_size(void **state)
{
    char path[] = "/tmp/latchkey-eab-XXXXXX", text[SECRET_MAX];
    struct secret secret = {0};
    struct err err = {0};

    (void)state;
    close(mkstemp(path));
    memset(text, 'A', sizeof(text));
    put(path, text, sizeof(text) - 1, 0400);
    ok(signer_load_eab(path, &secret, &err), "4095: %s", err.text);
    put(path, text, sizeof(text), 0400);
    ok(!signer_load_eab(path, &secret, &err) &&
           strstr(err.text, " has 4096 octets, at most 4095 are allowed"),
       "4096: %s", err.text);
    unlink(path);
    ok(!signer_load_eab(path, &secret, &err) && strstr(err.text, "No such file"), "%s", err.text);
    all_ok();
}

static void test_server(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct signer_server server = {0};
    struct fixture f;
    char path[128];
    struct config_ca cas[] = {
        {.id = "a", .directory = CA_URL, .eab_kid = "", .eab_key_file = ""},
        {.id = "b", .directory = OTHER_URL, .eab_kid = "k-1", .eab_key_file = path},
    };
    struct config config = {.ca = cas, .ca_count = 2};
    struct err err = {0};

    (void)state;
    fixture_keys(&f);
    config.signer.keys_dir = f.dir;
    snprintf(path, sizeof(path), "%s/.eab", f.dir);
    ok(!signer_load(mem, &config, &server, &err) && err.code == ERR_CONFIG &&
           strncmp(err.text, "EAB key of CA \"b\": could not open /tmp/", 39) == 0,
       "%s", err.text);
    put(path, KEY32, strlen(KEY32), 0400);
    assert_true(signer_load(mem, &config, &server, &err));
    ok(server.ca_count == 2 && strcmp(server.cas[0].id, "a") == 0 && !server.cas[0].eab_kid &&
           strcmp(server.cas[1].directory, OTHER_URL) == 0 &&
           strcmp(server.cas[1].eab_kid, "k-1") == 0 && server.cas[1].eab_secret->len == 32,
       "CAs");
    ok(keyring_newest(server.keys, SEAL_FAMILY_SIGNER)->kid == 1, "keys");
    snprintf(path, sizeof(path), "%s/signer-1", f.dir);
    assert_int_equal(unlink(path), 0);
    ok(!signer_load(mem, &config, &server, &err) &&
           strstr(err.text, " has no signer key: \"latchkey signer init\" makes it"),
       "%s", err.text);
    fixture_forget_keys(&f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eab),
        cmocka_unit_test(test_tsig),
        cmocka_unit_test(test_eab_size),
        cmocka_unit_test(test_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
