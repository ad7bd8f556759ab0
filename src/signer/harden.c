/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <jansson.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "signer/server.h"

/* System calls that a signer never makes; each then fails with EACCES. */
static const int never[] = {
    SCMP_SYS(execve),           SCMP_SYS(execveat),          SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(io_uring_setup),
};

static void free_filter(scmp_filter_ctx *filter)
{
    if (*filter)
        seccomp_release(*filter);
}

/* 0 or a negative errno, as libseccomp has it. */
static int deny(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp not_unix = {.arg = 0, .op = SCMP_CMP_NE, .datum_a = AF_UNIX};
    int code =
        seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 1, &not_unix);

    for (size_t i = 0; code == 0 && i < ARRAY_LEN(never); i++)
        code = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EACCES), never[i], 0, NULL);
    return code == 0 ? seccomp_load(filter) : code;
}

static bool filter_calls(struct err *err)
{
    AUTO(free_filter) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int code = filter ? deny(filter) : -ENOMEM;

    return code == 0 ||
           err_errno(err, ERR_SIGNER, -code, "could not give up the network with seccomp");
}

/* Only where no limit can make a later allocation fail. ONFAULT: reserved space stays unused. */
static void lock_memory(void)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

    (void)setrlimit(RLIMIT_MEMLOCK, &limit);
    if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY)
        (void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

/* A private key is JSON for a moment, inside libjose. */
static void wipe_and_free(void *memory)
{
    if (memory)
        OPENSSL_cleanse(memory, malloc_usable_size(memory));
    free(memory);
}

bool signer_harden(struct err *err)
{
    const struct rlimit none = {0, 0};

    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return err_errno(err, ERR_SIGNER, errno, "could not refuse to be dumped");
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return err_errno(err, ERR_SIGNER, errno, "could not refuse core dumps");
    if (!filter_calls(err))
        return false;
    json_set_alloc_funcs(malloc, wipe_and_free);
    lock_memory();
    return true;
}
