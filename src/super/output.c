/* SPDX-License-Identifier: Apache-2.0 */
#include "super/output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/slice.h"

#define CHUNK 4096

bool output_is_notable(const char *line, size_t len)
{
    static const char *const quiet[] = {" level=debug ", " level=info ", "\"level\":\"debug\"",
                                        "\"level\":\"info\""};

    for (size_t i = 0; i < ARRAY_LEN(quiet); i++)
        if (memmem(line, len, quiet[i], strlen(quiet[i])))
            return false;
    return true;
}

static bool is_shown(const struct output *output)
{
    switch (output->shown) {
    case OUTPUT_NONE:
        return false;
    case OUTPUT_NOTABLE:
        return output_is_notable(output->line, output->len);
    case OUTPUT_ALL:
        break;
    }
    return true;
}

static void line_show(struct output *output)
{
    if (output->len > 0) {
        snprintf(output->last, sizeof(output->last), "%.*s", (int)output->len, output->line);
        if (is_shown(output))
            fprintf(stderr, "%-12s | %.*s\n", output->name, (int)output->len, output->line);
    }
    output->len = 0;
}

void output_flush(struct output *output)
{
    line_show(output);
}

static void text_take(struct output *output, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '\n')
            output->line[output->len++] = text[i];
        if (text[i] == '\n' || output->len == sizeof(output->line))
            line_show(output);
    }
}

bool output_take(struct output *output, int fd)
{
    char chunk[CHUNK];
    ssize_t len;

    while ((len = read(fd, chunk, sizeof(chunk))) > 0) {
        (void)!write(output->log, chunk, (size_t)len); /* a full disk must not stop the children */
        text_take(output, chunk, (size_t)len);
    }
    return len < 0 && (errno == EAGAIN || errno == EINTR);
}
