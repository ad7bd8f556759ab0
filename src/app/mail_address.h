/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* mail_address: enough to catch what cannot be one; whether mail arrives only sending it tells. */
#include "base/err.h"

#define EMAIL_MAX 254 /* octets: RFC 5321 section 4.5.3.1.3, less the angle brackets */

/* ERR_BAD_INPUT with the field unless `email` may be a mail address. */
MUST_CHECK bool app_check_email(const char *field, const char *email, struct err *err);
