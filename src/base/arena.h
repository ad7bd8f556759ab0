/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * arena: memory with the lifetime of one piece of work - a request, a job run,
 * a loaded configuration. Allocation never fails (the process aborts) and
 * nothing is freed by hand: arena_free() releases all at once, after running
 * the arena_defer() callbacks in reverse order.
 *
 * Built with ARENA_DEBUG every allocation is a malloc of its own, so that ASan
 * and valgrind see each object; tests always build this way.
 */
#include <stddef.h>

#include "base/base.h"

struct arena;

struct arena *arena_new(void);
/* The same for what must not stay in memory: all of it is overwritten before it is given back. */
struct arena *arena_new_wiped(void);
void arena_free(struct arena *mem);
void *arena_alloc(struct arena *mem, size_t size);           /* zeroed */
void *arena_array(struct arena *mem, size_t n, size_t size); /* zeroed, overflow checked */
char *arena_strdup(struct arena *mem, const char *s);
char *arena_strndup(struct arena *mem, const char *s, size_t len); /* adds a NUL */
void *arena_memdup(struct arena *mem, const void *p, size_t len);
char *arena_printf(struct arena *mem, const char *fmt, ...) PRINTF(2, 3);
void arena_defer(struct arena *mem, void (*fn)(void *), void *arg);

static inline void arena_freep(struct arena **mem)
{
    arena_free(*mem);
}

#define arena_new_of(mem, type)      ((type *)arena_alloc((mem), sizeof(type)))
#define arena_array_of(mem, n, type) ((type *)arena_array((mem), (n), sizeof(type)))
