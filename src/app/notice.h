/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* notice: what the operator is to know at once, as people read it: certificate authorities that do
 * not answer, what is stored as a notice for as long as it lasts, and certificates that a restored
 * store lacks. */
#include "app/app.h"
#include "store/text_list.h"

/* Each a clause without full stop: what is wrong, and what happens next and when. For the operator
 * alone: of all tenants. */
MUST_CHECK bool app_notices(const struct app *app, struct arena *mem, struct text_list *out,
                            struct err *err);
