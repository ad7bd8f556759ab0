/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/certificate.h"
#include "certs.h"
#include "check.h"
#include "world.h"

#define PEM_OF "Content-Type: application/pem-certificate-chain\r\nConnection: close\r\n\r\n"

/* What a URL that ends so is answered by. */
static void serve_chain(struct world *w, const char *path, const char *links, const char *pem)
{
    fake_route(&w->ca, path, arena_printf(w->mem, "HTTP/1.1 200 OK\r\n%s" PEM_OF "%s", links, pem));
}

static const struct test_cert *make_ca(struct arena *mem, const char *cn,
                                       const struct test_cert *issuer)
{
    return test_cert_make(mem, &(struct test_cert_wish){.cn = cn,
                                                        .issuer = issuer,
                                                        .not_before = 0,
                                                        .not_after = INT64_C(2000000000000),
                                                        .is_ca = true});
}

static const struct test_cert *make_leaf(struct arena *mem, const struct test_cert *issuer)
{
    static const char *const names[] = {"a.example", NULL};

    return test_cert_make(mem, &(struct test_cert_wish){.cn = "a.example",
                                                        .names = names,
                                                        .issuer = issuer,
                                                        .not_before = 0,
                                                        .not_after = INT64_C(2000000000000)});
}

/* The chain that the CA offers first leads to Root A; /alt/0 is broken, /alt/1 has another leaf
 * under Root C, /alt/2 leads to Root B and /alt/3 to Root C. */
static void serve_all(struct world *w)
{
    const struct test_cert *a = make_ca(w->mem, "Root A", NULL),
                           *b = make_ca(w->mem, "Root B", NULL),
                           *c = make_ca(w->mem, "Root C", NULL), *own = make_ca(w->mem, "Own", a),
                           *own_b = make_ca(w->mem, "Own", b), *own_c = make_ca(w->mem, "Own", c),
                           *leaf = make_leaf(w->mem, own);

    serve_chain(w, "/cert",
                "Link: <{}/alt/0>;rel=alternate, <{}/alt/1>;rel=\"alternate\"\r\n"
                "Link: <javascript:x>;rel=alternate, <{}/dir>;rel=index\r\n"
                "Link: <{}/alt/2>;rel=\"alternate\"\r\nLink: <{}/alt/3>;rel=\"alternate\"\r\n",
                test_pem_join(w->mem, leaf->pem, own->pem, NULL));
    serve_chain(w, "/alt/0", "", "-----BEGIN");
    serve_chain(w, "/alt/1", "",
                test_pem_join(w->mem, make_leaf(w->mem, own_c)->pem, own_c->pem, NULL));
    serve_chain(w, "/alt/2", "", test_pem_join(w->mem, leaf->pem, own_b->pem, NULL));
    serve_chain(w, "/alt/3", "", test_pem_join(w->mem, leaf->pem, own_c->pem, NULL));
}

static void test_preferred(void **state)
{
    static const struct {
        const char *root, *got;
        int requests;
    } rows[] = {
        {"Root A", "Root A", 1}, {"Root B", "Root B", 4}, {"Root C", "Root C", 5},
        {"Root D", "Root A", 5}, {"", "Root A", 5},
    };
    struct world *w = world_new();
    const char *url = arena_printf(w->mem, "%s/cert", w->ca.origin);

    (void)state;
    serve_all(w);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct acme_certificate *got = NULL;
        int before = w->ca.posts;
        struct err err = {.text = ""};

        ok(acme_certificate_get_preferred(w->mem, &w->call, url, rows[i].root, &got, &err) &&
               strcmp(got->root, rows[i].got) == 0,
           "%s: %s %s", rows[i].root, got ? got->root : "", err.text);
        ok(w->ca.posts - before == rows[i].requests, "%s: %d requests", rows[i].root,
           w->ca.posts - before);
    }
    world_free(w);
    all_ok();
}

static void test_alternates(void **state)
{
    struct world *w = world_new();
    struct acme_certificate *got;
    struct err err;

    (void)state;
    serve_all(w);
    assert_true(acme_certificate_get(w->mem, &w->call,
                                     arena_printf(w->mem, "%s/cert", w->ca.origin), &got, &err));
    assert_int_equal(got->alternate_count, 4); /* the link to no URL is passed over */
    assert_string_equal(got->alternates[3], arena_printf(w->mem, "%s/alt/3", w->ca.origin));
    assert_int_equal(got->chain.count, 2);
    assert_false(acme_certificate_get(w->mem, &w->call,
                                      arena_printf(w->mem, "%s/alt/0", w->ca.origin), &got, &err));
    assert_int_equal(err.code, ERR_CA_PROTOCOL);
    assert_string_equal(err.text, "Test CA, certificate: no certificate in 10 octets");
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_preferred),
        cmocka_unit_test(test_alternates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
