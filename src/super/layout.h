/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * layout: where everything of `latchkey run` is on this machine: the folder --dir, the programs,
 * the ports.
 */
#include "config/config.h"

#define LAYOUT_PORT_BASE_MIN 1024
#define LAYOUT_PORT_BASE_MAX 65529 /* six ports from there */

struct layout {
    const char *dir; /* absolute; the folders below are in it */
    const char *run, *log, *keys, *ca, *dns, *zones, *edge;
    const char *config_file;
    const char *latchkey, *nginx, *knotd, *module; /* absolute paths of programs and module */
    const char *user;                              /* nginx's "user" directive, or "" */
    bool has_ipv6;                                 /* ::1 can be listened on */
    const struct config *cfg;
    bool is_config_new; /* latchkey.yaml was written by this start */
};

/* Finds the programs and makes the folders. The folder must belong to the user who runs, and its
 * name hold nothing that nginx or Knot would read as syntax. cfg is not yet set. ERR_CONFIG. */
MUST_CHECK bool layout_make(struct arena *mem, const char *dir, struct layout *out,
                            struct err *err);

/* Writes latchkey.yaml if there is none, and reads it. `port_base` 0: the usual ports, or those of
 * the file; else six ports from there: http and https of the edges, front, CA, DNS, origin. */
MUST_CHECK bool layout_config(struct arena *mem, struct layout *layout, int64_t port_base,
                              struct err *err);

/* Names the first port that is taken; then a latchkey.yaml that this start has written goes, so
 * that the next one may choose other ports. */
MUST_CHECK bool layout_check_ports(struct arena *mem, const struct layout *layout, struct err *err);

/* "127.0.0.1:8080", "[::1]:8080" */
const char *layout_endpoint(struct arena *mem, const char *address, int64_t port);
