/* SPDX-License-Identifier: Apache-2.0 */

/* The limits of the CA that no other test of a part has at its edge: as many are taken, one more is
 * not. */
#include "base/hash.h"
#include "ca/account_store.h"
#include "ca/authority_file.h"
#include "ca/ca.h"
#include "ca/contact.h"
#include "ca/csr.h"
#include "ca/eab.h"
#include "ca/eab_store.h"
#include "ca/jws.h"
#include "ca/limit_file.h"
#include "ca/limit_store.h"
#include "ca/order_store.h"
#include "ca/pool.h"
#include "ca/state_dir.h"
#include "check.h"
#include "store_dir.h"

#define AT INT64_C(1800000000000)

static struct err err;
static struct ca_problem problem;

static void must(bool is_done)
{
    if (!is_done)
        fail_msg("%s", err.text);
}

/* `len` times the letter, with `begin` in front and `end` behind. */
static const char *text_of(struct arena *mem, const char *begin, size_t len, const char *end)
{
    size_t front = strlen(begin), all = front + len + strlen(end);
    char *text = arena_alloc(mem, all + 1);

    memcpy(text, begin, front);
    memset(text + front, 'a', len);
    memcpy(text + front + len, end, strlen(end));
    return text;
}

static bool takes_contacts(struct arena *mem, size_t count, size_t len)
{
    const char *one = text_of(mem, "mailto:", len - strlen("mailto:@a.test"), "@a.test"), *out;
    json_t *list = ca_json_keep(mem, json_array());

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(one));
    return ca_contacts_read(mem, list, &out, &problem);
}

static void test_contacts(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    (void)state;
    assert_true(takes_contacts(mem, CA_CONTACTS_MAX, 20));
    assert_false(takes_contacts(mem, CA_CONTACTS_MAX + 1, 20));
    assert_string_equal(problem.detail,
                        "Error validating contact(s) :: too many contacts provided: 11 > 10");
    assert_true(takes_contacts(mem, 1, CA_CONTACT_LENGTH));
    assert_false(takes_contacts(mem, 1, CA_CONTACT_LENGTH + 1));
    assert_string_equal(problem.detail,
                        "Error validating contact(s) :: unable to parse email address");
}

/* Below the limit it is read: zeros are no CSR. */
static void test_csr(void **state)
{
    static const char *const details[] = {"Error parsing certificate request",
                                          "Error unmarshaling finalize order request"};
    static const unsigned char zeros[CA_CSR_MAX + 1];
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_csr csr;

    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        const char *text = base64url_encode(mem, slice_of(zeros, CA_CSR_MAX + extra));

        assert_false(ca_csr_read(mem, text, &csr, &problem));
        assert_string_equal(problem.detail, details[extra]);
    }
}

static bool takes_header(struct arena *mem, const char *member, size_t len)
{
    const char *header =
        arena_printf(mem, "{\"alg\":\"ES256\",\"%s\":\"%s\"}", member, text_of(mem, "", len, ""));
    struct ca_jws jws;

    return ca_jws_parse(mem,
                        slice_str(arena_printf(
                            mem, "{\"protected\":\"%s\",\"payload\":\"\",\"signature\":\"AAAA\"}",
                            base64url_encode(mem, slice_str(header)))),
                        &jws, &problem);
}

static void test_urls_in_a_header(void **state)
{
    static const char *const members[] = {"kid", "url"};
    AUTO(arena_freep) struct arena *mem = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        ok(takes_header(mem, members[i], CA_JWS_URL_MAX), "%s", members[i]);
        ok(!takes_header(mem, members[i], CA_JWS_URL_MAX + 1), "%s, too long", members[i]);
    }
    all_ok();
}

static bool takes_kid(struct arena *mem, size_t len)
{
    const char *header = arena_printf(mem, "{\"alg\":\"HS256\",\"kid\":\"%s\",\"url\":\"u\"}",
                                      text_of(mem, "", len, ""));
    const json_t *value = ca_json_keep(mem, json_pack("{s:s, s:s, s:s}", "protected",
                                                      base64url_encode(mem, slice_str(header)),
                                                      "payload", "e30", "signature", "AAAA"));
    struct ca_eab eab;

    return ca_eab_read(mem, value, "u", &eab, &problem);
}

static void test_kid_of_a_binding(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    (void)state;
    assert_true(takes_kid(mem, CA_EAB_KID_MAX));
    assert_false(takes_kid(mem, CA_EAB_KID_MAX + 1));
}

static void test_names(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *extra[CA_SUFFIXES_MAX];
    struct ca_suffixes suffixes;
    struct ca_names names;
    json_t *list;

    (void)state;
    for (size_t i = 0; i < CA_SUFFIXES_MAX; i++)
        extra[i] = arena_printf(mem, "s%zu.internal", i);
    assert_true(ca_suffixes_make(mem, extra, CA_SUFFIXES_MAX - 4, &suffixes, &err));
    assert_false(ca_suffixes_make(mem, extra, CA_SUFFIXES_MAX - 3, &suffixes, &err));
    assert_string_equal(err.text, "29 permitted suffixes are too many, at most 28");
    list = ca_json_keep(mem, json_pack("[{s:s, s:s}]", "type", "dns", "value",
                                       "a.b.c.d.e.f.g.h.i.test")); /* CA_NAME_LABELS_MAX */
    assert_true(ca_names_read(mem, &suffixes, list, &names, &problem));
}

static void write_file(struct arena *mem, const char *path, size_t size)
{
    must(ca_state_write(mem, path, slice_str(text_of(mem, "#", size - 1, "")), 0600, &err));
}

static void test_file_of_limits(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *path = store_dir_next(mem);
    struct ca_limits limits;

    (void)state;
    write_file(mem, path, CA_LIMIT_FILE_MAX);
    must(ca_limits_load(path, &limits, &err));
    write_file(mem, path, CA_LIMIT_FILE_MAX + 1);
    assert_false(ca_limits_load(path, &limits, &err));
    assert_string_equal(err.text,
                        arena_printf(mem, "%s has 65537 octets, at most 65536 are read", path));
}

/* Roots, and their CRLs, of many years. */
static void test_file_of_roots(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *path = store_dir_next(mem), *name = strrchr(path, '/') + 1;
    const char *dir = arena_strndup(mem, path, (size_t)(name - 1 - path));

    (void)state;
    write_file(mem, path, CA_AUTHORITY_FILE_MAX - 10);
    must(ca_authority_prepend(mem, dir, name, "0123456789", &err));
    assert_false(ca_authority_prepend(mem, dir, name, "0", &err));
    assert_string_equal(err.text, arena_printf(mem, "%s has grown too large", path));
}

/* --- in the database ------------------------------------------------------------------------- */

static void test_keys_for_binding(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(db_closep) struct db *db = store_dir_open(mem);
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct ca_eab_keys keys;

    (void)state;
    must(db_tx_begin(db, &tx, &err));
    for (int i = 0; i <= CA_EAB_KEYS_MAX; i++) {
        struct ca_eab_key key = {.kid = arena_printf(mem, "%d", i),
                                 .mac_key = SLICE_LIT("key"),
                                 .name = "",
                                 .created_at = AT + i};

        ok(ca_eab_add(mem, tx, &key, &err) == (i < CA_EAB_KEYS_MAX), "%d", i);
    }
    all_ok();
    assert_string_equal(err.text, "there are 1000 keys already: revoke what is no longer used");
    must(ca_eab_list(mem, tx, &keys, &err));
    assert_int_equal(keys.count, CA_EAB_KEYS_MAX);
    must(ca_eab_revoke(tx, "7", AT, &err));
    must(ca_eab_add(mem, tx,
                    &(struct ca_eab_key){
                        .kid = "more", .mac_key = SLICE_LIT("key"), .name = "", .created_at = AT},
                    &err));
}

static int64_t add_account(struct arena *mem, struct db *db)
{
    struct ca_account account = {
        .key_hash = "key", .jwk = "{}", .status = CA_STATUS_VALID, .contact = "[]"};
    int64_t id;

    must(ca_account_add(mem, db, &account, &id, &err));
    return id;
}

static void test_paused_names(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(db_closep) struct db *db = store_dir_open(mem);
    AUTO(db_tx_endp) struct db *tx = NULL;
    int64_t account = add_account(mem, db);
    struct ca_names names;

    (void)state;
    must(db_tx_begin(db, &tx, &err));
    for (int i = 0; i <= CA_PAUSES_MAX; i++) {
        must(ca_pause_list(mem, tx, account, &names, &err));
        ok((int)names.count == i, "%d of %d", (int)names.count, i);
        must(ca_pause_add(tx, account, arena_printf(mem, "%04d.test", i), AT, &err));
    }
    must(ca_pause_list(mem, tx, account, &names, &err));
    assert_int_equal(names.count, CA_PAUSES_MAX);
    assert_string_equal(names.items[CA_PAUSES_MAX - 1], "0999.test");
    all_ok();
}

/* What a killed CA left is taken up page by page. */
static void test_orders_left_in_processing(void **state)
{
    static const char *const name = "a.test";
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(db_closep) struct db *db = store_dir_open(mem);
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct ca_order order = {.account_id = add_account(mem, db),
                             .status = CA_STATUS_READY,
                             .names = {.items = &name, .count = 1},
                             .profile = "classic",
                             .expires_at = AT};
    struct ca_ids ids;

    (void)state;
    must(db_tx_begin(db, &tx, &err));
    for (int i = 0; i <= CA_ORDER_PAGE; i++) {
        must(ca_order_add(mem, tx, &order, &order.id, &err) &&
             ca_order_finalize(tx, order.id, SLICE_LIT("CSR"), &err));
    }
    must(ca_order_processing(mem, tx, 1, &ids, &err));
    assert_int_equal(ids.count, CA_ORDER_PAGE);
    must(ca_order_processing(mem, tx, 0, &ids, &err));
    assert_int_equal(ids.count, CA_ORDER_PAGE);
    must(ca_order_processing(mem, tx, ids.items[CA_ORDER_PAGE - 1], &ids, &err));
    assert_int_equal(ids.count, 1);
    assert_int_equal(ids.items[0], order.id);
}

/* --- what waits ------------------------------------------------------------------------------ */

static bool work(void *arg, struct arena *mem, int64_t id, const void *hint)
{
    (void)arg;
    (void)mem;
    (void)id;
    (void)hint;
    return true;
}

static void test_places(void **state)
{
    static const size_t limits[] = {CA_VALIDATIONS_MAX, CA_ISSUES_MAX};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        struct ca_pool *pool = ca_pool_new(1, limits[i], work, NULL);
        size_t count = 0;

        while (count <= limits[i] && ca_pool_reserve(pool))
            count++;
        ok(count == limits[i], "%zu of %zu", count, limits[i]);
        ca_pool_release(pool);
        ok(ca_pool_reserve(pool), "a place that was given back");
        ca_pool_free(pool);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contacts),
        cmocka_unit_test(test_csr),
        cmocka_unit_test(test_urls_in_a_header),
        cmocka_unit_test(test_kid_of_a_binding),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_file_of_limits),
        cmocka_unit_test(test_file_of_roots),
        cmocka_unit_test(test_keys_for_binding),
        cmocka_unit_test(test_paused_names),
        cmocka_unit_test(test_orders_left_in_processing),
        cmocka_unit_test(test_places),
    };

    return cmocka_run_group_tests(tests, store_dir_make, store_dir_remove);
}
