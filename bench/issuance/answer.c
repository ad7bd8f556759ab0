/* SPDX-License-Identifier: Apache-2.0 */

/* answer: bench/ca/answerer.h as a program: `answer PORT THUMBPRINT`, until it is killed. */
#include <stdio.h>
#include <unistd.h>

#include "../ca/answerer.h"
#include "base/slice.h"

int main(int argc, char **argv)
{
    struct answerer *answerer;
    struct err err = {0};
    int64_t port;

    if (argc != 3 || !slice_i64(slice_str(argv[1]), 1, UINT16_MAX, &port)) {
        fputs("usage: answer PORT THUMBPRINT\n", stderr);
        return 64;
    }
    if (!answerer_start((uint16_t)port, (const char *const *)&argv[2], 1, &answerer, &err)) {
        fprintf(stderr, "answer: %s\n", err.text);
        return 1;
    }
    pause();
    return 0;
}
