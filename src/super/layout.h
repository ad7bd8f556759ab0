/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * layout: where everything of `latchkey run`, or of `latchkey ca`, is on this machine: the folder
 * --dir, the programs, the configuration.
 */
#include "config/config.h"

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

enum layout_for {
    LAYOUT_RUN, /* everything */
    LAYOUT_CA,  /* the sandbox CA alone: no module, no edges; knotd may be missing (NULL) */
};

/* Finds the programs and makes the folders. The folder must belong to the user who runs, and its
 * name hold nothing that nginx or Knot would read as syntax. cfg is not yet set. ERR_CONFIG. */
MUST_CHECK bool layout_make(struct arena *mem, const char *dir, enum layout_for what,
                            struct layout *out, struct err *err);

/* Writes `fresh` as latchkey.yaml if there is none, and reads the file. */
MUST_CHECK bool layout_config(struct arena *mem, struct layout *layout, const char *fresh,
                              struct err *err);

/* A place to listen on. */
struct layout_port {
    const char *address;
    int64_t port;
};

/* Names the first that is taken; then a latchkey.yaml that this start has written goes, so that the
 * next one may choose others. */
MUST_CHECK bool layout_check_ports(struct arena *mem, const struct layout *layout,
                                   const struct layout_port *ports, size_t count, struct err *err);

/* Whether one of `list` is this address, however either is written; texts that are none are no
 * address. */
bool layout_has_address(struct config_list list, const char *address);

/* "127.0.0.1:8080", "[::1]:8080" */
const char *layout_endpoint(struct arena *mem, const char *address, int64_t port);
