/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* page: a template with what every page has: the texts, the brand, who is signed in, the code of
 * forms, the addresses of style and script. Internal to src/web. */
#include "web/call.h"

struct web_page {
    const char *name;  /* of the template */
    const char *title; /* for the window: a key of the catalogue; the brand is added */
    const char *about; /* the thing that the page is about, before the title; NULL: none */
    const char *place; /* which entry of the menu is the current one, "accounts"; NULL: none */
    int status;        /* 0: 200 */
    json_t *data;      /* stolen; an object, or NULL */
};

MUST_CHECK bool web_reply_page(struct http_req *req, struct http_res *res,
                               const struct web_page *page, struct err *err);

/* A part of a page, for an event or an answer to a script's request; `data` as above. */
MUST_CHECK bool web_render_part(struct http_req *req, const char *name, json_t *data,
                                struct slice *out, struct err *err);

/* The same as the whole answer to a script's request. */
MUST_CHECK bool web_reply_part(struct http_req *req, struct http_res *res, const char *name,
                               json_t *data, struct err *err);

/* http_options.problem: an error as a page (or as a part, when a script asked). */
bool web_problem(struct http_res *res, const struct err *err);

/* A form that was refused is shown again: puts {"field": ..., "text": ...} of `err` into `data` as
 * "problem", and for the page "problem_<field>": text. False for errors that are not the form's. */
bool web_take_problem(json_t *data, const struct err *err);
/* The HTTP status of a form shown again. */
#define WEB_FORM_AGAIN 422
/* The same for what took the problem: WEB_FORM_AGAIN, or 429 for who must wait. */
int web_form_status(const struct err *err);
