/* SPDX-License-Identifier: Apache-2.0 */
#include "app/app.h"

#include "base/slice.h"

bool app_need_operator(const struct caller *caller, const char *what, struct err *err)
{
    if (caller->scope.kind == SCOPE_PLATFORM)
        return true;
    return err_set(err, ERR_FORBIDDEN, "only the operator may %s", what);
}

bool app_check_text_of(const char *field, const char *text, size_t max, struct err *err)
{
    size_t len = text ? strlen(text) : 0;

    if (len == 0)
        return err_field(err, field, "%s is missing", field);
    if (len > max)
        return err_field(err, field, "%s has %zu octets, at most %zu are allowed", field, len, max);
    if (!slice_is_utf8(slice_of(text, len)))
        return err_field(err, field, "%s is not UTF-8", field);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return err_field(err, field, "%s has a control character at position %zu", field, i);
    return true;
}

bool app_check_text(const char *field, const char *text, struct err *err)
{
    return app_check_text_of(field, text, APP_TEXT_MAX, err);
}
