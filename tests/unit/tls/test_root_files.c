/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs.h"
#include "check.h"
#include "tls/chain.h"
#include "tls/root_files.h"

#define FROM    INT64_C(1795478400000) /* 2026-11-24T00:00:00Z */
#define TO      (FROM + INT64_C(86400000))
#define READERS 4

struct world {
    struct arena *mem;
    char dir[32], path[64], part[64];
    const char *paths[1];
    struct test_cert *first, *second;
    struct root_files *files;
};

static void put(struct world *w, const char *text)
{
    FILE *file = fopen(w->part, "we");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(rename(w->part, w->path), 0);
}

static struct test_cert *root(struct arena *mem, const char *cn)
{
    return test_cert_make(mem, &(struct test_cert_wish){
                                   .cn = cn, .not_before = FROM, .not_after = TO, .is_ca = true});
}

static void world_open(struct world *w)
{
    struct err err = {0};

    *w = (struct world){.mem = arena_new(), .dir = "/tmp/latchkey-roots-XXXXXX"};
    assert_non_null(mkdtemp(w->dir));
    snprintf(w->path, sizeof(w->path), "%s/roots.pem", w->dir);
    snprintf(w->part, sizeof(w->part), "%s/new.pem", w->dir);
    w->paths[0] = w->path;
    w->first = root(w->mem, "First");
    w->second = root(w->mem, "Second");
    put(w, w->first->pem);
    assert_true(root_files_open(w->paths, 1, &w->files, &err));
}

static void world_close(struct world *w)
{
    root_files_close(w->files);
    (void)unlink(w->path);
    assert_int_equal(rmdir(w->dir), 0);
    arena_free(w->mem);
}

static bool trusts(const struct verify_roots *roots, const struct test_cert *cert)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct chain chain;
    struct err err = {0};

    assert_true(chain_from_der(mem, &cert->der, 1, &chain, &err));
    return verify_chain(roots, &chain, FROM + 1000).verdict != VERIFY_UNKNOWN_ROOT;
}

static void test_follows(void **state)
{
    struct arena *early = arena_new(), *late = arena_new();
    const struct verify_roots *before, *same, *after;
    struct err err = {0};
    struct world w;

    (void)state;
    world_open(&w);
    assert_true(root_files_get(early, w.files, &before, &err));
    assert_true(root_files_get(early, w.files, &same, &err));
    ok(before == same, "nothing is read again that has not changed");
    ok(trusts(before, w.first) && !trusts(before, w.second), "the first root");
    put(&w, w.second->pem);
    assert_true(root_files_get(late, w.files, &after, &err));
    ok(trusts(after, w.second) && !trusts(after, w.first), "the second root");
    ok(trusts(before, w.first), "what was handed out is there still");
    arena_free(early);
    world_close(&w);
    arena_free(late); /* outlives the files */
    all_ok();
}

static void test_unreadable(void **state)
{
    static const char *const texts[] = {
        "", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", NULL};
    struct world w;

    (void)state;
    world_open(&w);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const struct verify_roots *roots = NULL;
        struct err err = {0};

        if (texts[i])
            put(&w, texts[i]);
        else
            (void)unlink(w.path);
        ok(!root_files_get(w.mem, w.files, &roots, &err) && err.code == ERR_CONFIG &&
               strstr(err.text, w.path),
           "row %zu: told: %s", i, err.text);
        ok(roots && trusts(roots, w.first), "row %zu: what there was", i);
        ok(root_files_get(w.mem, w.files, &roots, &err) && trusts(roots, w.first),
           "row %zu: told once", i);
    }
    put(&w, w.second->pem);
    {
        const struct verify_roots *roots;
        struct err err = {0};

        ok(root_files_get(w.mem, w.files, &roots, &err) && trusts(roots, w.second), "mended");
    }
    world_close(&w);
    all_ok();
}

static void test_absent(void **state)
{
    static const char *const path[] = {"/nowhere/roots.pem"};
    struct root_files *files;
    struct err err = {0};

    (void)state;
    assert_false(root_files_open(path, 1, &files, &err));
    assert_int_equal(err.code, ERR_CONFIG);
    assert_non_null(strstr(err.text, path[0]));
}

static void *read_on(void *arg)
{
    struct world *w = arg;

    for (size_t i = 0; i < 200; i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        const struct verify_roots *roots;
        struct err err = {0};

        if (!root_files_get(mem, w->files, &roots, &err) ||
            trusts(roots, w->first) == trusts(roots, w->second))
            return w;
    }
    return NULL;
}

/* Threads use them while they change. */
static void test_threads(void **state)
{
    pthread_t threads[READERS];
    struct world w;

    (void)state;
    world_open(&w);
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_on, &w), 0);
    for (size_t i = 0; i < 50; i++)
        put(&w, i % 2 ? w.first->pem : w.second->pem);
    for (size_t i = 0; i < READERS; i++) {
        void *failed;

        pthread_join(threads[i], &failed);
        ok(!failed, "thread %zu had one root or the other", i);
    }
    world_close(&w);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_follows),
        cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_absent),
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
