/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef ARENA_DEBUG
#define CHUNK_SIZE 0u
#else
#define CHUNK_SIZE 16384u
#endif

struct chunk {
    struct chunk *next;
    size_t used;
    size_t size;
    alignas(max_align_t) unsigned char data[];
};

struct deferred {
    struct deferred *next;
    void (*fn)(void *);
    void *arg;
};

struct arena {
    struct chunk *chunks;
    struct deferred *deferred;
    bool is_wiped;
};

static void *alloc_or_die(size_t size)
{
    void *p = malloc(size);

    if (!p) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return p;
}

struct arena *arena_new(void)
{
    struct arena *mem = alloc_or_die(sizeof(*mem));

    *mem = (struct arena){0};
    return mem;
}

struct arena *arena_new_wiped(void)
{
    struct arena *mem = arena_new();

    mem->is_wiped = true;
    return mem;
}

void arena_free(struct arena *mem)
{
    struct chunk *c, *next;

    if (!mem)
        return;
    for (struct deferred *d = mem->deferred; d; d = d->next)
        d->fn(d->arg);
    for (c = mem->chunks; c; c = next) {
        next = c->next;
        if (mem->is_wiped)
            explicit_bzero(c->data, c->used);
        free(c);
    }
    free(mem);
}

/* Not cleared: what a text or octets are copied into. */
static void *take(struct arena *mem, size_t size)
{
    struct chunk *c = mem->chunks;
    const size_t align = alignof(max_align_t);
    void *p;

    if (size > SIZE_MAX / 2)
        abort();
    size = (size + align - 1) / align * align;
    if (!c || c->size - c->used < size) {
        size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;
        c = alloc_or_die(sizeof(*c) + room);
        *c = (struct chunk){.next = mem->chunks, .size = room};
        mem->chunks = c;
    }
    p = c->data + c->used;
    c->used += size;
    return p;
}

void *arena_alloc(struct arena *mem, size_t size)
{
    return memset(take(mem, size), 0, size);
}

void *arena_array(struct arena *mem, size_t n, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(n, size, &total))
        abort();
    return arena_alloc(mem, total);
}

char *arena_strdup(struct arena *mem, const char *s)
{
    size_t len = strlen(s) + 1;

    return memcpy(take(mem, len), s, len);
}

char *arena_strndup(struct arena *mem, const char *s, size_t len)
{
    char *copy = take(mem, len + 1);

    if (len)
        memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

void *arena_memdup(struct arena *mem, const void *p, size_t len)
{
    return len ? memcpy(take(mem, len), p, len) : arena_alloc(mem, 1);
}

/* Mostly the text fits into what the newest chunk has left, and is written there at once. */
char *arena_printf(struct arena *mem, const char *fmt, ...)
{
    struct chunk *c = mem->chunks;
    const size_t room = c ? c->size - c->used : 0;
    unsigned char *place = room ? c->data + c->used : NULL;
    va_list ap, again;
    char *s;
    int len;

    va_start(ap, fmt);
    va_copy(again, ap);
    len = vsnprintf((char *)place, room, fmt, ap);
    va_end(ap);
    if (len < 0)
        abort();
    if ((size_t)len >= room && room)
        memset(place, 0, room); /* arena_free() wipes no more than what is used */
    s = take(mem, (size_t)len + 1);
    if ((size_t)len >= room)
        vsnprintf(s, (size_t)len + 1, fmt, again);
    va_end(again);
    return s;
}

void arena_defer(struct arena *mem, void (*fn)(void *), void *arg)
{
    struct deferred *d = arena_new_of(mem, struct deferred);

    *d = (struct deferred){.next = mem->deferred, .fn = fn, .arg = arg};
    mem->deferred = d;
}
