/* SPDX-License-Identifier: Apache-2.0 */

/* Transport: datagrams at the limits, restarts, many threads, who may connect. */
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "check.h"
#include "fixture.h"
#include "signer/address.h"
#include "signer/protocol.h"

#define THREADS  8
#define REQUESTS 500

static bool has_answer(struct signer *client)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct signer_key key;
    struct err err = {0};

    return ok(signer_make_key(mem, client, SIGNER_ACCOUNT, ACCOUNT, &key, &err), "%s", err.text);
}

static const char *ask_raw(struct arena *mem, int fd, const char *datagram, size_t len)
{
    char *reply = arena_alloc(mem, SIGNER_DATAGRAM_MAX + 1);

    assert_int_equal(send(fd, datagram, len, 0), len);
    assert_true(recv(fd, reply, SIGNER_DATAGRAM_MAX, 0) > 0);
    return reply;
}

/* One octet under, at and over the limit; what is over it is answered too. */
static void test_datagram_limit(void **state)
{
    static const char request[] = "{\"id\":9,\"op\":\"export\"}";
    AUTO(arena_freep) struct arena *mem = arena_new();
    char *datagram = arena_alloc(mem, SIGNER_DATAGRAM_MAX + 1);
    struct fixture f;

    (void)state;
    fixture_start(&f);
    memset(datagram, ' ', SIGNER_DATAGRAM_MAX + 1);
    memcpy(datagram, request, sizeof(request) - 1);
    for (size_t over = 0; over < 3; over++) {
        size_t len = SIGNER_DATAGRAM_MAX - 1 + over;
        const char *reply = ask_raw(mem, f.pair[1], datagram, len),
                   *want = over < 2
                               ? "{\"id\":9,\"ok\":false,\"code\":\"bad_input\",\"text\":\"no "
                                 "request \\\"export\\\"\",\"field\":\"op\"}"
                               : "{\"id\":0,\"ok\":false,\"code\":\"bad_input\",\"text\":\"not "
                                 "a JSON object: '[' or '{' expected near end of file\"}";

        ok(strcmp(reply, want) == 0, "%zu octets: %s", len, reply);
    }
    ok(strstr(ask_raw(mem, f.pair[1], "", 0), "not a JSON object"), "an empty datagram");
    has_answer(f.client);
    fixture_stop(&f);
    all_ok();
}

/* Replies to those who were there before are not taken for ours. */
static void test_stale_replies(void **state)
{
    struct fixture f;

    (void)state;
    fixture_start(&f);
    for (int i = 1; i <= 5; i++)
        assert_true(send(f.pair[1], "{\"id\":1,\"op\":\"x\"}", 17, 0) == 17);
    assert_true(send(f.pair[1], "hello", 5, 0) == 5);
    has_answer(f.client);
    fixture_stop(&f);
    all_ok();
}

/* Keys, and a client at one end of a connection whose other end no signer has yet. */
static void fixture_on_fd(struct fixture *f)
{
    fixture_keys(f);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, f->pair), 0);
    assert_int_equal(pipe(f->stop), 0);
    f->client = signer_new_fd(f->pair[1]);
}

static void leave_fd(struct fixture *f)
{
    signer_free(f->client);
    close(f->pair[0]);
    close(f->stop[0]);
    close(f->stop[1]);
    fixture_forget_keys(f);
}

static pid_t fork_signer(struct fixture *f)
{
    pid_t pid = fork();
    struct err err = {0};

    if (pid == 0)
        _exit(signer_serve_fd(&f->server, f->pair[0], f->stop[0], &err) ? 0 : 1);
    return pid;
}

static void end(pid_t pid)
{
    int status;

    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

struct restart {
    struct fixture *f;
    pid_t pid;
};

static void *start_later(void *arg)
{
    struct restart *restart = arg;

    usleep(200000);
    restart->pid = fork_signer(restart->f);
    return NULL;
}

/* Killed and replaced on the same descriptor, as `latchkey run` does it. */
static void test_replaced_on_the_same_fd(void **state)
{
    struct fixture f;
    struct restart restart = {&f, 0};
    pthread_t later;

    (void)state;
    fixture_on_fd(&f);
    restart.pid = fork_signer(&f);
    for (int i = 0; i < 3; i++) {
        has_answer(f.client);
        end(restart.pid);
        assert_int_equal(pthread_create(&later, NULL, start_later, &restart), 0);
        has_answer(f.client); /* asked while nobody is there */
        pthread_join(later, NULL);
    }
    end(restart.pid);
    leave_fd(&f);
    all_ok();
}

struct wait {
    struct signer *client;
    bool is_answered;
    int64_t took_ms;
    struct err err;
};

static void *ask_nobody(void *arg)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct wait *wait = arg;
    struct signer_key key;
    int64_t start = clock_boot_ms();

    wait->is_answered =
        signer_make_key(mem, wait->client, SIGNER_ACCOUNT, ACCOUNT, &key, &wait->err);
    wait->took_ms = clock_boot_ms() - start;
    return NULL;
}

/* A signer that died with the request in its hands: the next one is asked again, soon. */
static void test_request_lost(void **state)
{
    char lost[SIGNER_DATAGRAM_MAX];
    struct fixture f;
    struct wait wait;
    pthread_t asking;
    pid_t pid;

    (void)state;
    fixture_on_fd(&f);
    wait = (struct wait){.client = f.client};
    assert_int_equal(pthread_create(&asking, NULL, ask_nobody, &wait), 0);
    assert_true(recv(f.pair[0], lost, sizeof(lost), 0) > 0);
    pid = fork_signer(&f);
    pthread_join(asking, NULL);
    ok(wait.is_answered, "%s", wait.err.text);
    ok(wait.took_ms < SIGNER_DEADLINE_MS / 2, "took %lld ms", (long long)wait.took_ms);
    has_answer(f.client); /* the second reply is not taken for the next one */
    end(pid);
    leave_fd(&f);
    all_ok();
}

/* The deadline holds for those who wait for their turn too. */
static void test_nobody_answers(void **state)
{
    pthread_t threads[3];
    struct wait waits[3];
    struct signer *client;
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    client = signer_new_fd(pair[1]);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        waits[i] = (struct wait){.client = client};
        assert_int_equal(pthread_create(&threads[i], NULL, ask_nobody, &waits[i]), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        pthread_join(threads[i], NULL);
        ok(!waits[i].is_answered && waits[i].err.code == ERR_SIGNER, "%s", waits[i].err.text);
        ok(waits[i].took_ms >= SIGNER_DEADLINE_MS - 50 &&
               waits[i].took_ms < SIGNER_DEADLINE_MS + 1000,
           "took %lld ms", (long long)waits[i].took_ms);
    }
    close(pair[0]);
    signer_free(client);
    all_ok();
}

static void test_other_end_gone(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct signer_key key;
    struct signer *client;
    struct err err = {0};
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    client = signer_new_fd(pair[1]);
    close(pair[0]);
    ok(!signer_make_key(mem, client, SIGNER_ACCOUNT, ACCOUNT, &key, &err) &&
           err.code == ERR_SIGNER &&
           strcmp(err.text, "could not talk to the signer: Broken pipe") == 0,
       "%s", err.text);
    signer_free(client);
    all_ok();
}

struct load {
    struct signer *client;
    int number, failed;
};

static void *ask_often(void *arg)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct load *load = arg;
    unsigned char octets[2] = {(unsigned char)load->number, 0};
    struct err err = {0};

    for (int i = 0; i < REQUESTS; i++) {
        struct signer_record record = {"default", slice_of(octets, 2), 0, {0}}, again = record;

        octets[1] = (unsigned char)i;
        if (!signer_mac(load->client, &record, 1, &err) ||
            !signer_mac(load->client, &again, 1, &err) || record.kid != 1 ||
            memcmp(record.mac, again.mac, 32) != 0)
            load->failed++;
    }
    return NULL;
}

static void test_threads(void **state)
{
    pthread_t threads[THREADS];
    struct load loads[THREADS];
    struct fixture f;

    (void)state;
    fixture_start(&f);
    for (int i = 0; i < THREADS; i++) {
        loads[i] = (struct load){f.client, i, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &loads[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ok(loads[i].failed == 0, "thread %d: %d failed", i, loads[i].failed);
    }
    fixture_stop(&f);
    all_ok();
}

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
    ok(!signer_make_key(NULL, client, SIGNER_ACCOUNT, ACCOUNT, &(struct signer_key){0}, &err) &&
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
        cmocka_unit_test(test_datagram_limit),
        cmocka_unit_test(test_stale_replies),
        cmocka_unit_test(test_replaced_on_the_same_fd),
        cmocka_unit_test(test_request_lost),
        cmocka_unit_test(test_nobody_answers),
        cmocka_unit_test(test_other_end_gone),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_path),
        cmocka_unit_test(test_calls_at_once),
        cmocka_unit_test(test_dead_socket_and_other_files),
        cmocka_unit_test(test_number_of_connections),
        cmocka_unit_test(test_other_user),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
