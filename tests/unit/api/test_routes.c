/* SPDX-License-Identifier: Apache-2.0 */

/* The routes and docs/openapi.yaml say the same, in both directions. The document is read by its
 * layout: a path stands two columns in, a method four, its operationId six. */
#include <strings.h>

#include "api/openapi.h"
#include "api/routes.h"
#include "check.h"

#define OPERATIONS_MAX 128
#define TEXT_SIZE      128

struct operation {
    char method[TEXT_SIZE], path[TEXT_SIZE], id[TEXT_SIZE];
    bool is_public, takes_key, takes_body;
};

struct document {
    struct operation operations[OPERATIONS_MAX];
    size_t count;
    char path[TEXT_SIZE], method[TEXT_SIZE];
    bool in_paths;
};

static bool starts(const char *line, const char *prefix)
{
    return strncmp(line, prefix, strlen(prefix)) == 0;
}

static void read_line(struct document *d, const char *line)
{
    struct operation *last = d->count ? &d->operations[d->count - 1] : NULL;

    if (line[0] != ' ' && line[0])
        d->in_paths = starts(line, "paths:");
    if (!d->in_paths)
        return;
    if (starts(line, "  /")) {
        snprintf(d->path, sizeof(d->path), "%.*s", (int)strcspn(line + 2, ":"), line + 2);
    } else if (starts(line, "    ") && line[4] != ' ') {
        snprintf(d->method, sizeof(d->method), "%.*s", (int)strcspn(line + 4, ":"), line + 4);
    } else if (starts(line, "      operationId: ")) {
        struct operation *o = &d->operations[d->count++];

        assert_true(d->count <= OPERATIONS_MAX);
        memcpy(o->path, d->path, sizeof(o->path));
        memcpy(o->method, d->method, sizeof(o->method));
        snprintf(o->id, sizeof(o->id), "%s", line + 19);
    } else if (last && starts(line, "      security: []")) {
        last->is_public = true;
    } else if (last && strstr(line, "parameters/IdempotencyKey'")) {
        last->takes_key = true;
    } else if (last && starts(line, "      requestBody:")) {
        last->takes_body = true;
    }
}

static void read_document(struct document *d)
{
    const char *line = (const char *)api_openapi[0].data;
    char text[1024];

    *d = (struct document){0};
    while (*line) {
        size_t len = strcspn(line, "\n");

        snprintf(text, sizeof(text), "%.*s", (int)len, line);
        read_line(d, text);
        line += len + (line[len] == '\n');
    }
}

static bool is_same(const struct operation *o, const struct http_route *route)
{
    return strcasecmp(o->method, http_method_name(route->method)) == 0 &&
           strcmp(o->path, route->path) == 0;
}

static const struct operation *documented(const struct document *d, const struct http_route *route)
{
    for (size_t i = 0; i < d->count; i++)
        if (is_same(&d->operations[i], route))
            return &d->operations[i];
    return NULL;
}

static void test_each_route_is_documented(void **state)
{
    static struct document d;
    (void)state;

    read_document(&d);
    for (size_t i = 0; i < api_routes.count; i++) {
        const struct http_route *route = &api_routes.routes[i];
        const struct operation *o = documented(&d, route);

        if (!ok(o != NULL, "%s %s is not in the document", http_method_name(route->method),
                route->path))
            continue;
        ok(strcmp(o->id, route->operation) == 0, "%s is called %s in the document",
           route->operation, o->id);
        ok(o->is_public == ((route->needs & API_WHO) == API_PUBLIC), "%s: public", o->id);
        ok(o->takes_key == ((route->needs & API_REPEATABLE) != 0), "%s: Idempotency-Key", o->id);
        ok(!o->takes_body || route->max_body > 0, "%s: a body is refused", o->id);
    }
    all_ok();
}

static void test_each_operation_is_routed(void **state)
{
    static struct document d;
    (void)state;

    read_document(&d);
    for (size_t i = 0; i < d.count; i++) {
        bool is_routed = false;

        for (size_t j = 0; j < api_routes.count; j++)
            is_routed = is_routed || is_same(&d.operations[i], &api_routes.routes[j]);
        ok(is_routed, "%s has no route", d.operations[i].id);
    }
    ok(d.count == api_routes.count, "%zu operations, %zu routes", d.count, api_routes.count);
    all_ok();
}

static void test_table(void **state)
{
    (void)state;

    for (size_t i = 0; i < api_routes.count; i++) {
        const struct http_route *a = &api_routes.routes[i];

        ok(a->run != NULL, "%s has no handler", a->operation);
        ok((a->needs & API_WHO) <= API_EDGE, "%s needs what is not there", a->operation);
        for (size_t j = 0; j < i; j++) {
            const struct http_route *b = &api_routes.routes[j];

            ok(strcmp(a->operation, b->operation) != 0, "%s is there twice", a->operation);
            ok(a->run != b->run, "%s and %s have one handler", a->operation, b->operation);
        }
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_route_is_documented),
        cmocka_unit_test(test_each_operation_is_routed),
        cmocka_unit_test(test_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
