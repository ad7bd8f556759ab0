/* SPDX-License-Identifier: Apache-2.0 */
#include "app/mail_address.h"

#include <string.h>

#include "app/app.h"

bool app_check_email(const char *field, const char *email, struct err *err)
{
    const char *at;

    if (!app_check_text_of(field, email, EMAIL_MAX, err))
        return false;
    at = strrchr(email, '@');
    if (!at || at == email || !at[1] || strpbrk(email, " ,;<>\"()"))
        return err_field(err, field, "\"%.80s\" is not a mail address", email);
    return true;
}
