/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bin/commands.h"
#include "check.h"
#include "cli/commands.h"

static const struct cli_command *const commands[] = {&cmd_config, &cmd_version};

#define OUTPUT_MAX 65536

static const struct {
    int exit;
    const char *args[4];
    const char *out; /* what the output, stderr included, holds */
} rows[] = {
    {CLI_USAGE, {NULL}, "Usage: latchkey COMMAND"},
    {CLI_DONE, {"help"}, "version    print the version"},
    {CLI_DONE, {"--help"}, "config     check, show"},
    {CLI_DONE, {"help", "--man"}, ".SH COMMAND: version\n"},
    {CLI_DONE, {"--version"}, "latchkey " LATCHKEY_VERSION "\n"},
    {CLI_DONE, {"version"}, "latchkey " LATCHKEY_VERSION "\n"},
    {CLI_DONE, {"version", "--json"}, "{\"version\":\"" LATCHKEY_VERSION "\"}\n"},
    {CLI_USAGE, {"version", "x"}, "latchkey version: too many arguments: \"x\"\n"},
    {CLI_DONE, {"version", "--help"}, "Usage: latchkey version [OPTION...]"},
    {CLI_USAGE, {"nope"}, "there is no command \"nope\""},
    {CLI_USAGE, {"config"}, "Usage: latchkey config"},
    {CLI_USAGE, {"config", "x"}, "Usage: latchkey config"},
    {CLI_USAGE, {"config", "--nope"}, "unrecognized option '--nope'"},
    {CLI_NO,
     {"config", "check", "-c/nonexistent"},
     "latchkey: cannot open /nonexistent: No such file or directory\n"},
    {CLI_NO,
     {"config", "check", "-jc/nonexistent"},
     "{\"error\":{\"code\":\"config\",\"text\":\"cannot open /nonexistent: No such file or "
     "directory"
     "\"}}\n"},
    {CLI_FAILED, {"config", "show", "-c/nonexistent"}, "cannot open /nonexistent"},
    {CLI_DONE, {"config", "check", "-c/dev/null"}, "/dev/null: ok\n"},
    {CLI_DONE, {"config", "show", "-c/dev/null"}, "mode: sandbox\n"},
    {CLI_DONE, {"config", "sample"}, "# brand: \"platform\"\n"},
    {CLI_DONE, {"config", "man"}, ".TH LATCHKEY.YAML 5"},
};

/* In a process of its own, since argp exits. */
static int run(const char *const *args, char *out)
{
    int ends[2], status;
    size_t len = 0;
    ssize_t got;
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        static char words[6][64] = {"latchkey"}; /* not on the heap: argv is changed on the way */
        char *argv[6] = {words[0]};
        int argc = 1;

        for (; args[argc - 1]; argc++) {
            snprintf(words[argc], sizeof(words[argc]), "%s", args[argc - 1]);
            argv[argc] = words[argc];
        }
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        exit(cli_main(commands, ARRAY_LEN(commands), argc, argv));
    }
    close(ends[1]);
    while ((got = read(ends[0], out + len, OUTPUT_MAX - 1 - len)) > 0)
        len += (size_t)got;
    out[len] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_commands(void **state)
{
    (void)state;
    static char out[OUTPUT_MAX];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int status = run(rows[i].args, out);

        ok(status == rows[i].exit, "row %zu: exit %d", i, status);
        ok(strstr(out, rows[i].out) != NULL, "row %zu: %.200s", i, out);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_commands)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
