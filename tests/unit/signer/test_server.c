/* SPDX-License-Identifier: Apache-2.0 */

/* Transport: datagrams at the limits, restarts, many threads. */
#include <signal.h>
#include <sys/wait.h>

#include "asks.h"
#include "signer/protocol.h"

#define THREADS  8
#define REQUESTS 500

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
    ok(!signer_make_key(mem, client, ACCOUNT, &key, &err) && err.code == ERR_SIGNER &&
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
