/* SPDX-License-Identifier: Apache-2.0 */
#include "super/render.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/embedded.h"

#define OUT_MAX (1 << 20)

extern const struct embedded_file super_files[];
extern const size_t super_files_count;

static const char *text_of(const char *file)
{
    for (size_t i = 0; i < super_files_count; i++)
        if (strcmp(super_files[i].name, file) == 0)
            return (const char *)super_files[i].data;
    assert(!"no such embedded file");
    return "";
}

void render_set(struct render_values *values, const char *name, const char *text)
{
    assert(values->count < RENDER_VALUES_MAX);
    values->items[values->count].name = name;
    values->items[values->count].text = text;
    values->count++;
}

void render_set_number(struct render_values *values, const char *name, int64_t number)
{
    render_set(values, name, arena_printf(values->mem, "%lld", (long long)number));
}

static const char *value_of(const struct render_values *values, const char *name, size_t len)
{
    for (size_t i = 0; i < values->count; i++)
        if (strlen(values->items[i].name) == len && memcmp(values->items[i].name, name, len) == 0)
            return values->items[i].text;
    assert(!"no such value");
    return "";
}

const char *render(const char *file, const struct render_values *values)
{
    struct buf out = buf_new(values->mem, OUT_MAX);
    const char *at = text_of(file);

    for (const char *mark; (mark = strstr(at, "{{")); at = mark) {
        const char *end = strstr(mark, "}}");

        assert(end);
        buf_add(&out, at, (size_t)(mark - at));
        buf_str(&out, value_of(values, mark + 2, (size_t)(end - mark - 2)));
        mark = end + 2;
    }
    buf_str(&out, at);
    assert(buf_ok(&out));
    return buf_cstr(&out);
}

static bool octets_write(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t done = write(fd, text, len);

        if (done < 0)
            return false;
        text += done;
        len -= (size_t)done;
    }
    return fsync(fd) == 0;
}

bool file_write(struct arena *mem, const char *path, const char *text, unsigned mode,
                struct err *err)
{
    const char *beside = arena_printf(mem, "%s.new", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    bool pass = fd >= 0 && octets_write(fd, text, strlen(text));
    int number = errno;

    if (fd >= 0)
        close(fd);
    if (!pass)
        return err_errno(err, ERR_CONFIG, number, "cannot write %s", path);
    if (rename(beside, path) != 0)
        return err_errno(err, ERR_CONFIG, errno, "cannot write %s", path);
    return true;
}

bool file_read(struct arena *mem, const char *path, size_t max, const char **out, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *text;
    ssize_t len;

    if (fd < 0 && errno == ENOENT) {
        *out = NULL;
        return true;
    }
    if (fd < 0)
        return err_errno(err, ERR_CONFIG, errno, "cannot open %s", path);
    text = arena_alloc(mem, max + 2);
    len = read(fd, text, max + 1);
    close(fd);
    if (len < 0)
        return err_errno(err, ERR_CONFIG, errno, "cannot read %s", path);
    if ((size_t)len > max)
        return err_set(err, ERR_CONFIG, "%s has more than %zu octets", path, max);
    *out = text;
    return true;
}
