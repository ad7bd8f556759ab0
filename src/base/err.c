/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define X(id, name, http, actor) [ERR_##id] = {name, http, ACTOR_##actor},
static const struct {
    const char *name;
    int http;
    enum err_actor actor;
} kinds[ERR_COUNT] = {[ERR_NONE] = {"ok", 200, ACTOR_CALLER}, ERR_CODES(X)};
#undef X

static const char *const actors[] = {
    [ACTOR_CALLER] = "caller",
    [ACTOR_OWNER] = "owner",
    [ACTOR_OPERATOR] = "operator",
    [ACTOR_WAIT] = "wait",
};

bool err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    va_list ap;

    *err = (struct err){.code = code};
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    return false;
}

bool err_field(struct err *err, const char *field, const char *fmt, ...)
{
    va_list ap;

    *err = (struct err){.code = ERR_BAD_INPUT};
    snprintf(err->field, sizeof(err->field), "%s", field);
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    return false;
}

static void append(struct err *err, const char *text)
{
    size_t len = strlen(err->text);

    snprintf(err->text + len, sizeof(err->text) - len, ": %s", text);
}

bool err_wrap(struct err *err, const char *fmt, ...)
{
    char inner[sizeof(err->text)];
    va_list ap;

    memcpy(inner, err->text, sizeof(inner));
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    append(err, inner);
    return false;
}

bool err_errno(struct err *err, enum err_code code, int number, const char *fmt, ...)
{
    char reason[128];
    va_list ap;

    *err = (struct err){.code = code};
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    append(err, strerror_r(number, reason, sizeof(reason)));
    return false;
}

const char *err_name(enum err_code code)
{
    return kinds[code].name;
}

int err_http(enum err_code code)
{
    return kinds[code].http;
}

enum err_actor err_actor(enum err_code code)
{
    return kinds[code].actor;
}

const char *err_actor_name(enum err_actor actor)
{
    return actors[actor];
}
