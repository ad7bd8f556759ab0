/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * root_files: roots that follow their files. A CA rolls its root, or a new trust store is
 * installed, and who verifies by them goes on without a restart. A use costs one stat(2) a file; a
 * file counts as another one when its inode, size or time of change is. Shared between threads.
 */
#include "tls/verify.h"

struct root_files;

/* Reads PEM files, at least one; `paths` stay the caller's. ERR_CONFIG. */
MUST_CHECK bool root_files_open(const char *const *paths, size_t count, struct root_files **out,
                                struct err *err);
/* NULL is fine. What was handed out stays. */
void root_files_close(struct root_files *files);

/* The certificates of all files together; they are there as long as `mem`. Files that cannot be
 * read change nothing: *out is what they had before. False, with ERR_CONFIG, tells so once for each
 * change. */
bool root_files_get(struct arena *mem, struct root_files *files, const struct verify_roots **out,
                    struct err *err);
