/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/answer.h"

#include "acme/link.h"
#include "acme/problem_parse.h"
#include "acme/retry_after.h"
#include "acme/text.h"
#include "base/clock.h"

#define ERROR_BODY_MAX (64 * 1024) /* a longer one is not looked into */

bool acme_answer_is_2xx(const struct http_response *response)
{
    return response->status >= 200 && response->status <= 299;
}

struct slice acme_answer_header(const struct http_response *response, const char *name)
{
    const char *value = http_header(response, name);

    return slice_str(value ? value : "");
}

int64_t acme_answer_retry_at(const struct http_response *response)
{
    int64_t at;

    return acme_retry_after(acme_answer_header(response, "Retry-After"),
                            acme_answer_header(response, "Date"), clock_now(), &at)
               ? at
               : 0;
}

/* Which links are looked for. */
struct link_wish {
    const char *origin, *rel;
    bool (*is_allowed)(const char *url, const char *origin);
};

static size_t find_links(struct arena *mem, const struct http_response *response,
                         const struct link_wish *wish, const char **urls, size_t max)
{
    struct slice value, target;
    const char *header;
    size_t at = 0, count = 0;

    while ((header = http_header_next(response, "Link", &at))) {
        value = slice_str(header);
        while (count < max && acme_link_next(&value, wish->rel, &target)) {
            const char *url = arena_strndup(mem, (const char *)target.data, target.len);

            if (wish->is_allowed(url, wish->origin))
                urls[count++] = url;
        }
    }
    return count;
}

size_t acme_answer_links(struct arena *mem, const char *origin,
                         const struct http_response *response, const char *rel, const char **urls,
                         size_t max)
{
    const struct link_wish wish = {origin, rel, acme_url_is_allowed};

    return find_links(mem, response, &wish, urls, max);
}

const char *acme_answer_link(struct arena *mem, const char *origin,
                             const struct http_response *response, const char *rel)
{
    const char *url;

    return acme_answer_links(mem, origin, response, rel, &url, 1) == 1 ? url : NULL;
}

const char *acme_answer_page(struct arena *mem, const char *origin,
                             const struct http_response *response, const char *rel)
{
    const struct link_wish wish = {origin, rel, acme_page_is_allowed};
    const char *url;

    return find_links(mem, response, &wish, &url, 1) == 1 ? url : NULL;
}

static void read_document(struct arena *mem, const char *origin,
                          const struct http_response *response, enum acme_problem_place place,
                          struct acme_problem *out)
{
    const char *body = (const char *)response->body.data;
    json_auto_t *json = response->body.len <= ERROR_BODY_MAX
                            ? json_loadb(body, response->body.len, JSON_REJECT_DUPLICATES, NULL)
                            : NULL;

    if (json_is_string(json_object_get(json, "type"))) {
        acme_problem_parse(mem, origin, json, response->status, place, out);
        return;
    }
    *out = (struct acme_problem){
        .type = ACME_PROBLEM_NOT_ACME, .status = response->status, .type_text = "", .detail = ""};
    acme_problem_classify(out, place);
}

void acme_answer_problem(struct arena *mem, const char *origin,
                         const struct http_response *response, enum acme_problem_place place,
                         struct acme_problem *out)
{
    int64_t at = acme_answer_retry_at(response);

    read_document(mem, origin, response, place, out);
    if (at > 0)
        out->retry_at = at;
    out->terms = acme_answer_page(mem, origin, response, "terms-of-service");
    if (!out->page)
        out->page = acme_answer_page(mem, origin, response, "help");
    if (!out->page && out->type == ACME_PROBLEM_USER_ACTION_REQUIRED)
        out->page = out->terms;
}
