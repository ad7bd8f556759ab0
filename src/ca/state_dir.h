/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* state_dir: the CA's folder: whole files, replaced at once and durable when the call returns. */
#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

const char *ca_state_path(struct arena *mem, const char *dir, const char *name);
MUST_CHECK bool ca_state_make_dir(const char *dir, struct err *err); /* one level, 0700 */
bool ca_state_exists(const char *path);
/* out->data = NULL when there is no such file; ERR_CONFIG over `max` octets. */
MUST_CHECK bool ca_state_read(struct arena *mem, const char *path, size_t max, struct slice *out,
                              struct err *err);
MUST_CHECK bool ca_state_write(struct arena *mem, const char *path, struct slice text,
                               unsigned mode, struct err *err);
MUST_CHECK bool ca_state_rename(const char *from, const char *to, struct err *err);
MUST_CHECK bool ca_state_remove(const char *path, struct err *err); /* fine when not there */
/* Waits until nobody else holds the lock of `dir`. */
MUST_CHECK bool ca_state_lock(struct arena *mem, const char *dir, int *out, struct err *err);
void ca_state_unlockp(int *lock);
