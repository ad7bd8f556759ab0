/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * output: what a child prints: all of it to its log file, and line by line, with the child's name
 * in front, to our standard error.
 */
#include "base/err.h"

#define OUTPUT_LINE_MAX 4096 /* octets; a longer line is shown in pieces */
#define OUTPUT_LAST_MAX 256

enum output_shown {
    OUTPUT_NONE,    /* only to the log */
    OUTPUT_NOTABLE, /* what output_is_notable() says */
    OUTPUT_ALL,
};

struct output {
    const char *name;
    int log; /* file descriptor */
    enum output_shown shown;
    char line[OUTPUT_LINE_MAX];
    size_t len;
    char last[OUTPUT_LAST_MAX]; /* the last line, for messages; cut */
};

/* Takes everything that can be read from `fd` (non-blocking) now. False at its end. */
bool output_take(struct output *output, int fd);
/* Shows an unfinished line. */
void output_flush(struct output *output);
/* Whether a line is worth showing without being asked for: a line of our own log below warn is not.
 */
bool output_is_notable(const char *line, size_t len);
