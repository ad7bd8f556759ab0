/* SPDX-License-Identifier: Apache-2.0 */

/* Each row runs in a child that has been hardened. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "check.h"
#include "fixture.h"

static bool is_denied(long result)
{
    return result == -1 && errno == EACCES;
}

static bool no_inet(void)
{
    return is_denied(socket(AF_INET, SOCK_STREAM, 0)) && is_denied(socket(AF_INET, SOCK_DGRAM, 0));
}

static bool no_inet6(void)
{
    return is_denied(socket(AF_INET6, SOCK_STREAM, 0));
}

static bool no_netlink(void)
{
    return is_denied(socket(AF_NETLINK, SOCK_RAW, 0));
}

static bool unix_sockets(void)
{
    int pair[2];

    return socket(AF_UNIX, SOCK_SEQPACKET, 0) >= 0 &&
           socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0;
}

static bool no_program(void)
{
    char *const argv[] = {NULL};

    return is_denied(execve("/bin/true", argv, argv));
}

static bool no_ptrace(void)
{
    return is_denied(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static bool no_dump(void)
{
    struct rlimit core;

    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && getrlimit(RLIMIT_CORE, &core) == 0 &&
           core.rlim_cur == 0 && core.rlim_max == 0;
}

/* The whole of a signer's work goes on inside. */
static bool work(void)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct signer_sealed account = {.owner = ACCOUNT};
    struct signer_jws_wish wish = {
        .account = &account,
        .header = "{\"alg\":\"ES256\",\"url\":\"" CA_URL "\",\"nonce\":\"n\",\"kid\":\"k\"}",
        .payload = SLICE_LIT("{}"),
    };
    struct signer_key key;
    struct fixture f;
    struct err err = {0};
    const char *jws;
    bool is_done;

    fixture_start(&f);
    is_done = signer_make_key(mem, f.client, ACCOUNT, &key, &err);
    account.blob = key.sealed;
    is_done = is_done && signer_jws(mem, f.client, &wish, &jws, &err);
    fixture_stop(&f);
    return is_done;
}

static const struct {
    const char *what;
    bool (*holds)(void);
} rows[] = {
    {"no IPv4", no_inet},
    {"no IPv6", no_inet6},
    {"no netlink", no_netlink},
    {"Unix sockets", unix_sockets},
    {"no other program", no_program},
    {"no ptrace", no_ptrace},
    {"no dump", no_dump},
    {"requests are served", work},
};

static int run_hardened(bool (*holds)(void))
{
    pid_t pid = fork();
    struct err err = {0};
    int status;

    if (pid == 0) {
        if (!signer_harden(&err))
            fprintf(stderr, "%s\n", err.text);
        _exit(*err.text ? 2 : holds() ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int code = run_hardened(rows[i].holds);

        ok(code == 0, "%s: %d", rows[i].what, code);
    }
    ok(socket(AF_INET, SOCK_STREAM, 0) >= 0, "the parent has lost its network");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
