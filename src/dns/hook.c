/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#define EXEC_FAIL 127
#define PAUSE_MS  20

/* What it wrote last. */
struct output {
    char text[HOOK_OUTPUT_MAX + 1];
    size_t len;
};

static const char **environment_of(struct arena *mem, const struct hook *hook)
{
    const char **env = arena_array_of(mem, hook->env_count + 4, const char *);
    size_t n = 0;

    env[n++] = "PATH=" HOOK_PATH;
    env[n++] = arena_printf(mem, "HOME=%s", hook->home);
    env[n++] = "LANG=C.UTF-8";
    for (size_t i = 0; i < hook->env_count; i++)
        env[n++] = hook->env[i];
    return env;
}

/* The words of exec are not const, though it changes nothing. */
static char *const *exec_words(const char *const *words)
{
    union {
        const char *const *in;
        char *const *out;
    } both = {.in = words};

    return both.out;
}

static bool set_limits(const struct hook *hook)
{
    const struct {
        int what;
        rlim_t most;
    } limits[] = {
        {RLIMIT_CORE, 0},
        {RLIMIT_CPU, (rlim_t)(hook->timeout_ms + 999) / 1000},
        {RLIMIT_DATA, HOOK_MEMORY_MAX},
        {RLIMIT_FSIZE, HOOK_FILE_MAX},
        {RLIMIT_NOFILE, HOOK_FILES_MAX},
        {RLIMIT_NPROC, HOOK_PROCESSES_MAX},
    };

    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        struct rlimit limit = {limits[i].most, limits[i].most}, had;

        if (getrlimit((__rlimit_resource_t)limits[i].what, &had) != 0)
            return false;
        if (had.rlim_max < limit.rlim_max) /* stricter already */
            limit.rlim_cur = limit.rlim_max = had.rlim_max;
        if (setrlimit((__rlimit_resource_t)limits[i].what, &limit) != 0)
            return false;
    }
    return true;
}

/* Dies with the worker, whose next run calls it again. */
static bool stand_alone(pid_t parent)
{
    return setsid() >= 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

/* In the child of a process with threads: only what is safe in a signal handler. */
static _Noreturn void child_main(const struct hook *hook, const char *const *env, int out,
                                 pid_t parent)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigset_t none;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC), number;

    sigemptyset(&none);
    for (int i = 1; i < NSIG; i++)
        (void)sigaction(i, &plain, NULL); /* SIGKILL, SIGSTOP and the library's own refuse */
    if (null >= 0 && stand_alone(parent) && sigprocmask(SIG_SETMASK, &none, NULL) == 0 &&
        chdir(hook->home) == 0 && dup2(null, 0) == 0 && dup2(out, 1) == 1 && dup2(out, 2) == 2 &&
        close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0 && set_limits(hook))
        execve(hook->words[0], exec_words(hook->words), exec_words(env));
    number = errno;
    (void)!write(2, strerrordesc_np(number), strlen(strerrordesc_np(number)));
    _exit(EXEC_FAIL);
}

/* Only the end is kept: an error stands there most often. */
static void keep(struct output *output, const char *octets, size_t len)
{
    size_t room = HOOK_OUTPUT_MAX, drop;

    if (len > room) {
        octets += len - room;
        len = room;
    }
    drop = output->len + len > room ? output->len + len - room : 0;
    memmove(output->text, output->text + drop, output->len - drop);
    output->len -= drop;
    memcpy(output->text + output->len, octets, len);
    output->len += len;
}

/* Until it has closed its end; false when the time is over. */
static bool read_output(int fd, int64_t until_ms, struct output *output)
{
    char octets[1024];

    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int64_t left = until_ms - clock_boot_ms();
        ssize_t len;

        if (left <= 0)
            return false;
        if (poll(&ready, 1, (int)left) <= 0)
            continue;
        len = read(fd, octets, sizeof(octets));
        if (len == 0 || (len < 0 && errno != EINTR))
            return true;
        if (len > 0)
            keep(output, octets, (size_t)len);
    }
}

/* It may have closed its output and go on. It stays to be reaped, so that its number is its own;
 * where SIGCHLD is ignored there is nobody to wait for. */
static bool wait_for_end(pid_t pid, int64_t until_ms)
{
    for (;;) {
        struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
        siginfo_t ended = {0};

        if (waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 ? ended.si_pid != 0
                                                                               : errno == ECHILD)
            return true;
        if (clock_boot_ms() >= until_ms)
            return false;
        nanosleep(&pause, NULL);
    }
}

/* One line, of what can be printed. */
static const char *printable(struct output *output)
{
    size_t len = output->len;

    while (len > 0 && (output->text[len - 1] == '\n' || output->text[len - 1] == ' '))
        len--;
    output->text[len] = '\0';
    for (size_t i = 0; i < len; i++)
        if (output->text[i] < ' ' || output->text[i] > '~')
            output->text[i] = output->text[i] == '\n' ? ' ' : '?';
    return output->text;
}

static bool judge(const struct hook *hook, bool is_over, int status, struct output *output,
                  struct err *err)
{
    const char *text = printable(output), *colon = *text ? ": " : "";
    const char *program = hook->words[0];

    if (!is_over)
        return err_set(err, ERR_DNS_UPDATE, "%s did not end in %lld s and was killed%s%s", program,
                       (long long)(hook->timeout_ms / 1000), colon, text);
    if (WIFSIGNALED(status))
        return err_set(err, ERR_DNS_UPDATE, "%s was ended by signal %d%s%s", program,
                       WTERMSIG(status), colon, text);
    if (WEXITSTATUS(status) == EXEC_FAIL)
        return err_set(err, ERR_DNS_UPDATE, "%s could not be started, or what it starts%s%s",
                       program, colon, text);
    return WEXITSTATUS(status) == 0 || err_set(err, ERR_DNS_UPDATE, "%s ended with status %d%s%s",
                                               program, WEXITSTATUS(status), colon, text);
}

bool hook_run(struct arena *mem, const struct hook *hook, struct err *err)
{
    AUTO(fd_closep) int from = -1;
    const char **env = environment_of(mem, hook);
    int64_t until_ms = clock_boot_ms() + hook->timeout_ms;
    struct output output = {0};
    int ends[2], status = 0;
    pid_t parent = getpid(), pid;
    bool is_over;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_errno(err, ERR_INTERNAL, errno, "could not make a pipe");
    from = ends[0];
    pid = fork();
    if (pid == 0)
        child_main(hook, env, ends[1], parent);
    close(ends[1]);
    if (pid < 0)
        return err_errno(err, ERR_INTERNAL, errno, "could not start %s", hook->words[0]);
    is_over = read_output(from, until_ms, &output) && wait_for_end(pid, until_ms);
    (void)kill(-pid, SIGKILL); /* and what it has left running */
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return err_errno(err, ERR_DNS_UPDATE, errno, "how %s ended cannot be known",
                             hook->words[0]);
    return judge(hook, is_over, status, &output, err);
}
