/* SPDX-License-Identifier: Apache-2.0 */

/* Signing in over a real store, through the functions of src/app; passwords as they are hashed. */
#include <pthread.h>

#include "app/password.h"
#include "app/user.h"
#include "base/clock.h"
#include "fixture.h"
#include "model/sign_in.h"

static const struct caller operator_caller = {.scope = {.kind = SCOPE_PLATFORM}, .actor = "test"};
static const char good[] = "correct horse battery";

struct scene {
    struct fixture f;
    struct config config;
    struct app app;
    const struct user *user;
    struct err err;
};

static void open_scene(struct scene *s)
{
    *s = (struct scene){0};
    fixture_open_migrated(&s->f);
    partner_add(&s->f, "par_a");
    s->app = (struct app){.db = s->f.db, .config = &s->config};
    assert_true(app_user_add(&s->app, &operator_caller, s->f.mem,
                             &(struct user_input){.email = "Person@Mail.example",
                                                  .name = "Person",
                                                  .partner_id = "par_a"},
                             &s->user, &s->err));
}

static const char *new_link(struct scene *s)
{
    struct login_link_made made;

    assert_true(
        app_login_link_make(&s->app, &operator_caller, s->f.mem, s->user->id, &made, &s->err));
    return made.secret;
}

static bool is_signed_in(struct scene *s, const char *session)
{
    struct signed_in who;
    bool is_found;

    assert_true(app_session_find(&s->app, s->f.mem, session, &who, &is_found, &s->err));
    if (is_found)
        assert_string_equal(scope_partner_id(&who.caller.scope), "par_a");
    return is_found;
}

static bool sign_in(struct scene *s, const char *email, const char *password, const char *client,
                    const char **session)
{
    return app_sign_in(&s->app, s->f.mem, &(struct sign_in_input){email, password, client}, session,
                       &s->err);
}

static void test_which_passwords(void)
{
    static const struct {
        const char *password, *why; /* NULL: it may be taken */
    } rows[] = {
        {NULL, "has 0 characters, at least 12 are needed"},
        {"11 octets..", "has 11 characters, at least 12 are needed"},
        {"\u00e4\u00f6\u00fc\u00df\u00e9\u00e8", "has 6 characters, at least 12 are needed"},
        {"12 octets...", NULL},
        {"\u00e4\u00f6\u00fc\u00df\u00e9\u00e8\u00e0\u00ea\u00ee\u00f4\u00fb\u00eb", NULL},
        {"            ", "has fewer than 5 different characters: it is easily guessed"},
        {"abcdabcdabcd", "has fewer than 5 different characters: it is easily guessed"},
        {"abcdabcdabce", NULL},
        {"Ann.Partner@Mail.Example", "is the address that you sign in with"},
    };
    char longest[PASSWORD_MAX + 2];
    struct err err = {0};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool may_be = password_check(rows[i].password, "ann.partner@mail.example", &err);

        ok(may_be == !rows[i].why, "row %zu", i);
        ok(may_be || (strcmp(err.field, "password") == 0 && strcmp(err.text, rows[i].why) == 0),
           "row %zu: %s", i, err.text);
    }
    for (size_t i = 0; i < sizeof(longest); i++)
        longest[i] = (char)('a' + i % 26);
    longest[PASSWORD_MAX + 1] = '\0';
    ok(!password_check(longest, "", &err) &&
           strcmp(err.text, "has 201 octets, at most 200 are allowed") == 0,
       "%s", err.text);
    longest[PASSWORD_MAX] = '\0';
    ok(password_check(longest, "", &err), "200 octets");
}

static void test_password(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct err err = {0};
    const char *hash, *other;

    (void)state;
    assert_true(password_hash(mem, good, &hash, &err) && password_hash(mem, good, &other, &err));
    ok(strncmp(hash, "$argon2id$v=19$m=19456,t=2,p=1$", 31) == 0, "%s", hash);
    ok(strcmp(hash, other) != 0, "each hash has a salt of its own");
    ok(password_matches(hash, good), "the right one");
    ok(!password_matches(hash, "correct horse batterz"), "a wrong one");
    ok(!password_matches(hash, ""), "an empty one");
    ok(!password_matches(NULL, good), "nobody's");
    test_which_passwords();
    all_ok();
}

/* What this process has computed so far: that does not grow while others have the processor. */
static int64_t computed_us(void)
{
    struct timespec used;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return used.tv_sec * INT64_C(1000000) + used.tv_nsec / 1000;
}

/* As much for somebody who is not there as for a wrong password: within a factor of two. */
static void test_same_time(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct err err = {0};
    const char *hash;
    int64_t t0, wrong, nobody;

    (void)state;
    assert_true(password_hash(mem, good, &hash, &err));
    t0 = computed_us();
    for (int i = 0; i < 10; i++)
        (void)password_matches(hash, "wrong password");
    wrong = computed_us() - t0;
    for (int i = 0; i < 10; i++)
        (void)password_matches(NULL, "wrong password");
    nobody = computed_us() - t0 - wrong;
    ok(nobody * 2 >= wrong, "nobody: %lld us, wrong: %lld us", (long long)nobody, (long long)wrong);
    all_ok();
}

static void test_link(void **state)
{
    struct scene s;
    const struct user *user;
    const char *first, *link, *session, *again;

    (void)state;
    open_scene(&s);
    first = new_link(&s);
    link = new_link(&s);
    ok(!app_login_link_find(&s.app, s.f.mem, first, &user, &s.err) && s.err.code == ERR_GONE,
       "a newer link ends the older: %s", s.err.text);
    ok(app_login_link_find(&s.app, s.f.mem, link, &user, &s.err) &&
           strcmp(user->id, s.user->id) == 0,
       "whose it is");
    ok(!app_login_link_use(&s.app, s.f.mem, link, "short", &session, &s.err) &&
           s.err.code == ERR_BAD_INPUT,
       "%s", s.err.text);
    ok(app_login_link_use(&s.app, s.f.mem, link, good, &session, &s.err), "%s", s.err.text);
    ok(is_signed_in(&s, session), "signed in by it");
    ok(!app_login_link_use(&s.app, s.f.mem, link, good, &again, &s.err) && s.err.code == ERR_GONE,
       "once only: %s", s.err.text);
    ok(app_login_link_use(&s.app, s.f.mem, new_link(&s), "another good one", &again, &s.err) &&
           !is_signed_in(&s, session) && is_signed_in(&s, again),
       "a new password ends the other sessions");
    ok(app_sign_out(&s.app, again, &s.err) && !is_signed_in(&s, again), "signed out");
    ok(!is_signed_in(&s, "") && !is_signed_in(&s, link), "no session");
    fixture_close(&s.f);
    all_ok();
}

static void test_sign_in(void **state)
{
    struct scene s;
    const char *session;

    (void)state;
    open_scene(&s);
    ok(!sign_in(&s, "person@mail.example", good, "", &session) && s.err.code == ERR_UNAUTHENTICATED,
       "no password chosen yet: %s", s.err.text);
    assert_true(app_login_link_use(&s.app, s.f.mem, new_link(&s), good, &session, &s.err));
    ok(sign_in(&s, "PERSON@mail.EXAMPLE", good, "", &session) && is_signed_in(&s, session),
       "the address in any case");
    ok(!sign_in(&s, "nobody@mail.example", good, "", &session) &&
           strcmp(s.err.text, "the address or the password is wrong") == 0,
       "%s", s.err.text);
    for (int i = 0; i <= SIGN_IN_FREE_TRIES; i++)
        ok(!sign_in(&s, "person@mail.example", "wrong password", "", &session) &&
               strcmp(s.err.text, "the address or the password is wrong") == 0,
           "try %d: %s", i, s.err.text);
    ok(!sign_in(&s, "person@mail.example", good, "", &session) && s.err.code == ERR_RATE_LIMITED &&
           s.err.retry_at > clock_now(),
       "even the right one has to wait now: %s", s.err.text);
    fixture_close(&s.f);
    all_ok();
}

/* Somebody who is not there has to wait just as somebody who is. */
static void test_nobody_waits_too(void **state)
{
    struct scene s;
    const char *session;

    (void)state;
    open_scene(&s);
    for (int i = 0; i <= SIGN_IN_FREE_TRIES; i++)
        ok(!sign_in(&s, "nobody@mail.example", "wrong password", "", &session) &&
               s.err.code == ERR_UNAUTHENTICATED,
           "try %d: %s", i, s.err.text);
    ok(!sign_in(&s, "NOBODY@mail.example", "wrong password", "", &session) &&
           strcmp(s.err.text, "too many wrong passwords: try again in 1 s") == 0,
       "%s", s.err.text);
    fixture_close(&s.f);
    all_ok();
}

/* One client that tries many addresses; a right password of its own in between does not help it. */
static void test_client(void **state)
{
    struct scene s;
    const char *session;

    (void)state;
    open_scene(&s);
    assert_true(app_login_link_use(&s.app, s.f.mem, new_link(&s), good, &session, &s.err));
    for (int i = 0; i <= SIGN_IN_CLIENT_FREE; i++) {
        ok(!sign_in(&s, arena_printf(s.f.mem, "p%d@mail.example", i), "wrong password",
                    i % 2 ? "2001:db8::1" : "2001:db8::2:3", &session) &&
               s.err.code == ERR_UNAUTHENTICATED,
           "try %d: %s", i, s.err.text);
        if (i < SIGN_IN_CLIENT_FREE)
            ok(sign_in(&s, "person@mail.example", good, "2001:db8::1", &session), "%s", s.err.text);
    }
    ok(!sign_in(&s, "person@mail.example", good, "2001:db8::ffff", &session) &&
           s.err.code == ERR_RATE_LIMITED,
       "the whole network waits: %s", s.err.text);
    ok(sign_in(&s, "person@mail.example", good, "2001:db8:0:1::1", &session), "another network: %s",
       s.err.text);
    fixture_close(&s.f);
    all_ok();
}

static void *guess(void *arg)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct scene *s = arg;
    struct err err = {0};
    const char *session;
    bool is_in = app_sign_in(&s->app, mem,
                             &(struct sign_in_input){"person@mail.example", "wrong password", ""},
                             &session, &err);

    return (void *)(uintptr_t)(!is_in && err.code == ERR_UNAUTHENTICATED);
}

/* Many at once are many: no more passwords are looked at than one after another. */
static void test_guesses_at_once(void **state)
{
    enum { GUESSES = 24 };
    pthread_t threads[GUESSES];
    size_t looked_at = 0;
    struct scene s;

    (void)state;
    open_scene(&s);
    for (size_t i = 0; i < GUESSES; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, guess, &s), 0);
    for (size_t i = 0; i < GUESSES; i++) {
        void *was_looked_at;

        pthread_join(threads[i], &was_looked_at);
        looked_at += (size_t)(uintptr_t)was_looked_at;
    }
    ok(looked_at == SIGN_IN_FREE_TRIES + 1, "%zu of %d passwords were looked at", looked_at,
       (int)GUESSES);
    fixture_close(&s.f);
    all_ok();
}

static void test_who_may_add(void **state)
{
    static const struct {
        struct user_input in;
        bool is_partner;
        const char *want;
    } rows[] = {
        {{"b@mail.example", "B", "par_a", NULL}, true, NULL},
        {{"c@mail.example", "C", "par_b", NULL}, true, "there is no partner par_b"},
        {{"d@mail.example", "D", NULL, NULL}, true, "only the operator may add an operator"},
        {{"d@mail.example", "D", NULL, NULL}, false, NULL},
        {{"PERSON@mail.example", "E", "par_a", NULL},
         true,
         "somebody signs in with PERSON@mail.example already"},
        {{"not an address", "F", "par_a", NULL}, true, "\"not an address\" is not a mail address"},
        {{"g@mail.example", "", "par_a", NULL}, true, "name is missing"},
        {{"h@mail.example", "H", NULL, "acc_nobody"}, true, "there is no account acc_nobody"},
    };
    const struct caller partner = {.scope = scope_partner("par_a"), .actor = "test"};
    struct scene s;

    (void)state;
    open_scene(&s);
    partner_add(&s.f, "par_b");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        const struct user *user;
        bool is_added = app_user_add(&s.app, rows[i].is_partner ? &partner : &operator_caller,
                                     s.f.mem, &rows[i].in, &user, &err);

        ok(is_added == !rows[i].want && (is_added || strcmp(err.text, rows[i].want) == 0),
           "row %zu: %s", i, err.text);
    }
    fixture_close(&s.f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_password),
        cmocka_unit_test(test_same_time),
        cmocka_unit_test(test_link),
        cmocka_unit_test(test_sign_in),
        cmocka_unit_test(test_nobody_waits_too),
        cmocka_unit_test(test_client),
        cmocka_unit_test(test_guesses_at_once),
        cmocka_unit_test(test_who_may_add),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
