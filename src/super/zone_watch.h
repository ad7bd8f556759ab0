/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* zone_watch: Knot follows the files of dns/zones/ as they come, go and change. */
#include "super/layout.h"
#include "super/supervisor.h"

struct zone_watch {
    const struct layout *layout;
    const char *update_secret; /* of generate_knot() */
    int fd;                    /* readable: zone_watch_look() has something to do */
    int files;                 /* inotify */
    int timer;                 /* since the last change */
};

/* Fills in the descriptors of `watch`. */
MUST_CHECK bool zone_watch_open(struct zone_watch *watch, struct err *err);
/* Writes Knot's configuration and tells the child "dns". */
void zone_watch_look(const struct zone_watch *watch, struct supervisor *super);
void zone_watch_close(struct zone_watch *watch); /* also one that was never opened: all 0 */
