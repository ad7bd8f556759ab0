/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* handlers: what the rows of routes.c run, by the file that has them. */
#include "http/server.h"

/* sign_in.c */
http_handler web_get_sign_in, web_post_sign_in, web_post_sign_out, web_get_welcome,
    web_post_welcome;
/* accounts.c */
http_handler web_get_start, web_list_accounts;
