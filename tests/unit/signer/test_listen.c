/* SPDX-License-Identifier: Apache-2.0 */

/* A signer that listens at a path: who may connect, how many, and over how many connections a
 * client asks. */
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "asks.h"
#include "signer/address.h"
#include "signer/protocol.h"

/* A signer that listens at a path. */
struct listener {
    struct fixture f;
    char path[128];
    pthread_t thread;
};

static void *serve_path(void *arg)
{
    struct listener *l = arg;
    struct err err = {0};

    fixture_must(signer_serve_path(&l->f.server, l->path, l->f.stop[0], &err), err.text);
    return NULL;
}

static int connect_to(const char *path)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    struct sockaddr_un at;
    struct err err;

    assert_true(fd >= 0 && signer_address(path, &at, &err));
    if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
        return fd;
    close(fd);
    return -1;
}

static void start_listener(struct listener *l)
{
    int fd;

    assert_int_equal(pipe(l->f.stop), 0);
    assert_int_equal(pthread_create(&l->thread, NULL, serve_path, l), 0);
    while ((fd = connect_to(l->path)) < 0)
        usleep(1000);
    close(fd);
}

static void stop_listener(struct listener *l)
{
    assert_int_equal(write(l->f.stop[1], "", 1), 1);
    pthread_join(l->thread, NULL);
    close(l->f.stop[0]);
    close(l->f.stop[1]);
}

static void set_up_listener(struct listener *l)
{
    fixture_keys(&l->f);
    snprintf(l->path, sizeof(l->path), "%s/.socket", l->f.dir);
}

static void test_path(void **state)
{
    struct signer *client = NULL;
    struct listener l;
    struct stat st;
    struct err err = {0};

    (void)state;
    set_up_listener(&l);
    start_listener(&l);
    assert_int_equal(stat(l.path, &st), 0);
    ok(S_ISSOCK(st.st_mode) && (st.st_mode & 07777) == 0600, "mode %o", st.st_mode);
    assert_true(signer_new_path(l.path, &client, &err));
    has_answer(client);
    ok(!signer_serve_path(&l.f.server, l.path, l.f.stop[0], &err) && err.code == ERR_CONFIG &&
           strncmp(err.text, "another signer answers at /tmp/", 31) == 0,
       "%s", err.text);
    stop_listener(&l);
    ok(stat(l.path, &st) != 0, "the path stays");
    start_listener(&l);
    has_answer(client); /* over a new connection */
    stop_listener(&l);
    ok(!signer_make_key(NULL, client, ACCOUNT, &(struct signer_key){0}, &err) &&
           err.code == ERR_SIGNER && strstr(err.text, "could not reach the signer at /tmp/") &&
           strstr(err.text, "No such file or directory"),
       "%s", err.text);
    signer_free(client);
    fixture_forget_keys(&l.f);
    all_ok();
}

/* A signer that listens and says nothing. */
static int listen_silently(const char *path)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    struct sockaddr_un at;
    struct err err;

    assert_true(fd >= 0 && signer_address(path, &at, &err));
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 2 * SIGNER_LINES_MAX), 0);
    return fd;
}

static bool is_readable_within(int fd, int ms)
{
    struct pollfd at = {.fd = fd, .events = POLLIN};

    return poll(&at, 1, ms) == 1;
}

/* Calls that go on at once have a connection each, up to the limit; who comes later waits. */
static void test_calls_at_once(void **state)
{
    pthread_t threads[SIGNER_LINES_MAX + 1];
    struct wait waits[SIGNER_LINES_MAX + 1];
    int fds[SIGNER_LINES_MAX], listener;
    struct signer *client;
    struct listener l;
    struct err err;

    (void)state;
    set_up_listener(&l);
    listener = listen_silently(l.path);
    assert_true(signer_new_path(l.path, &client, &err));
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        waits[i] = (struct wait){.client = client};
        assert_int_equal(pthread_create(&threads[i], NULL, ask_nobody, &waits[i]), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        fds[i] = is_readable_within(listener, 2000) ? accept(listener, NULL, NULL) : -1;
        ok(fds[i] >= 0 && is_readable_within(fds[i], 2000), "no call over connection %zu", i + 1);
    }
    ok(!is_readable_within(listener, 100), "a connection more");
    close(listener);
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        close(fds[i]);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        pthread_join(threads[i], NULL);
        ok(!waits[i].is_answered, "answered by nobody");
    }
    signer_free(client);
    fixture_forget_keys(&l.f);
    all_ok();
}

static void test_dead_socket_and_other_files(void **state)
{
    struct listener l;
    struct sockaddr_un at;
    struct err err = {0};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    char path[256];

    (void)state;
    set_up_listener(&l);
    assert_true(signer_address(l.path, &at, &err));
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
    close(fd); /* as after a kill: the path is there, nobody answers */
    start_listener(&l);
    fd = -1;
    for (int i = 0; i < 500 && fd < 0; i++, usleep(1000))
        fd = connect_to(l.path);
    ok(fd >= 0, "nobody answers at the old path");
    close(fd);
    stop_listener(&l);
    snprintf(path, sizeof(path), "%s/edge-1", l.f.dir);
    ok(!signer_serve_path(&l.f.server, path, 0, &err) &&
           strstr(err.text, "/edge-1 is not a socket"),
       "%s", err.text);
    memset(path, 'x', 108);
    path[108] = '\0';
    ok(!signer_serve_path(&l.f.server, path, 0, &err) &&
           strstr(err.text, " has 108 octets, a socket's path at most 107"),
       "%s", err.text);
    fixture_forget_keys(&l.f);
    all_ok();
}

static bool is_answered(int fd)
{
    static const char request[] = "{\"id\":9,\"op\":\"export\"}";
    char reply[512];

    return send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) > 0 &&
           recv(fd, reply, sizeof(reply), 0) > 0;
}

static void test_number_of_connections(void **state)
{
    int fds[SIGNER_CONNECTION_MAX + 1];
    struct listener l;

    (void)state;
    set_up_listener(&l);
    start_listener(&l);
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        fds[i] = connect_to(l.path);
        assert_true(fds[i] >= 0);
        ok(is_answered(fds[i]) == (i < SIGNER_CONNECTION_MAX), "connection %zu", i + 1);
    }
    close(fds[5]);
    usleep(20000);
    fds[5] = connect_to(l.path);
    ok(is_answered(fds[5]), "the place is not free again");
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        close(fds[i]);
    stop_listener(&l);
    fixture_forget_keys(&l.f);
    all_ok();
}

/* The child's exit status: 0 refused, 1 answered, 2 could not try. */
static int ask_as_other_user(const char *path)
{
    int status, fd;
    pid_t pid = fork();

    if (pid == 0) {
        if (setuid(65534) != 0)
            _exit(2);
        fd = connect_to(path);
        _exit(fd < 0 ? 2 : is_answered(fd));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WEXITSTATUS(status);
}

static void test_other_user(void **state)
{
    struct listener l;

    (void)state;
    if (geteuid() != 0)
        skip();
    set_up_listener(&l);
    start_listener(&l);
    assert_int_equal(ask_as_other_user(l.path), 2); /* modes keep it out */
    assert_true(chmod(l.f.dir, 0755) == 0 && chmod(l.path, 0666) == 0);
    assert_int_equal(ask_as_other_user(l.path), 0); /* and without them SO_PEERCRED */
    stop_listener(&l);
    fixture_forget_keys(&l.f);
}
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path),
        cmocka_unit_test(test_calls_at_once),
        cmocka_unit_test(test_dead_socket_and_other_files),
        cmocka_unit_test(test_number_of_connections),
        cmocka_unit_test(test_other_user),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
