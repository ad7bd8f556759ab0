/* SPDX-License-Identifier: Apache-2.0 */
/*
 * problem_rows: which row of the table in src/acme/problem.c each answer of a CA comes to.
 *
 *     problem_rows --list      the rows' names, a line each
 *     problem_rows             reads a JSON object a line, prints one for each:
 *
 *     {"place": "answer"|"replacing", "status": 400, "headers": {...}, "body": "..."}
 *     {"place": "object", "problem": {...}}         a challenge's or an order's "error"
 *     {"directory": URL, "ca_file": FILE}           the library asks for it, which must fail
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "acme/answer.h"
#include "acme/directory.h"
#include "acme/problem_parse.h"

#define ORIGIN      "https://ca.example"
#define HEADERS_MAX 64
#define TIMEOUT_MS  3000

static const char *const reactions[] = {
    [ACME_RETRY_NOW] = "retry now",
    [ACME_RETRY_AT] = "retry at",
    [ACME_BACK_OFF] = "back off",
    [ACME_REREAD] = "reread",
    [ACME_NEW_ORDER] = "new order",
    [ACME_NEW_KEY] = "new key",
    [ACME_REGISTER] = "register",
    [ACME_DROP_NAME] = "drop name",
    [ACME_DROP_REPLACES] = "drop replaces",
    [ACME_DEFAULT_PROFILE] = "default profile",
    [ACME_DROP_CONTACT] = "drop contact",
    [ACME_IS_DONE] = "is done",
    [ACME_STOP] = "stop",
};
static const char *const scopes[] = {
    [ACME_SCOPE_NAME] = "name", [ACME_SCOPE_ACCOUNT] = "account", [ACME_SCOPE_CA] = "CA"};

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));

    return text ? text : "";
}

static void read_answer(struct arena *mem, json_t *line, enum acme_problem_place place,
                        struct acme_problem *out)
{
    struct http_header headers[HEADERS_MAX];
    struct http_response response = {
        .status = (int)json_integer_value(json_object_get(line, "status")),
        .headers = headers,
        .body = slice_str(text_of(line, "body")),
    };
    const char *name;
    json_t *value;

    json_object_foreach(json_object_get(line, "headers"), name, value)
    {
        if (response.header_count < HEADERS_MAX)
            headers[response.header_count++] = (struct http_header){name, json_string_value(value)};
    }
    acme_answer_problem(mem, ORIGIN, &response, place, out);
}

static bool refuse_to_sign(void *arg, struct arena *mem, const struct acme_sign_request *want,
                           const char **jws, struct err *err)
{
    (void)arg;
    (void)mem;
    (void)want;
    (void)jws;
    return err_set(err, ERR_SIGNER, "nothing is signed here");
}

/* A failure without a problem document comes out of the transport. */
static void fetch(struct arena *mem, const json_t *line, struct acme_problem *out)
{
    static const struct net_allowed loopback = {.prefix = {{.octets = {127}}, 8}};
    static const struct net_policy policy = {.allowed = &loopback, .allowed_count = 1};
    const struct acme_options options = {
        .name = "CA",
        .directory_url = text_of(line, "directory"),
        .user_agent = "problem_rows/1",
        .timeout_ms = TIMEOUT_MS,
        .http = {.policy = &policy, .ca_file = text_of(line, "ca_file")},
        .sign = refuse_to_sign};
    AUTO(acme_client_freep) struct acme_client *client = NULL;
    struct acme_call call = {.problem = out};
    struct acme_directory *directory;
    struct err err;

    if (!acme_client_new(&options, &client, &err)) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    call.client = client;
    if (acme_directory(mem, &call, &directory, &err)) {
        fputs("the directory is there\n", stderr);
        exit(1);
    }
}

static json_t *subproblems_of(const struct acme_problem *problem)
{
    json_t *list = json_array();

    for (size_t i = 0; i < problem->subproblem_count; i++) {
        const struct acme_subproblem *one = &problem->subproblems[i];

        json_array_append_new(list,
                              json_pack("[s, s, s]", one->identifier, acme_problem_name(one->type),
                                        reactions[one->reaction]));
    }
    return list;
}

static json_t *algorithms_of(const struct acme_problem *problem)
{
    json_t *list = json_array();

    for (size_t i = 0; i < problem->algorithm_count; i++)
        json_array_append_new(list, json_string(problem->algorithms[i]));
    return list;
}

static void print(struct arena *mem, const struct acme_problem *problem,
                  enum acme_problem_place place)
{
    json_auto_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s?, s:s?, s:o, s:o}", "row",
                  acme_problem_row_name(mem, acme_problem_row_of(problem, place)), "scope",
                  scopes[problem->scope], "reaction", reactions[problem->reaction], "actor",
                  err_actor_name(problem->actor), "meaning", problem->meaning, "retry_at",
                  (json_int_t)problem->retry_at, "page", problem->page, "terms", problem->terms,
                  "subproblems", subproblems_of(problem), "algorithms", algorithms_of(problem));

    json_dumpf(json, stdout, JSON_COMPACT);
    putchar('\n');
}

static void take_line(const char *text)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    json_auto_t *line = json_loads(text, 0, NULL);
    enum acme_problem_place place = ACME_IN_ANSWER;
    struct acme_problem problem = {0};

    if (strcmp(text_of(line, "place"), "object") == 0)
        place = ACME_IN_OBJECT;
    if (strcmp(text_of(line, "place"), "replacing") == 0)
        place = ACME_IN_REPLACING;
    if (json_object_get(line, "directory"))
        fetch(mem, line, &problem);
    else if (place == ACME_IN_OBJECT)
        acme_problem_parse(mem, ORIGIN, json_object_get(line, "problem"), 0, place, &problem);
    else
        read_answer(mem, line, place, &problem);
    print(mem, &problem, place);
}

int main(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    char *line = NULL;
    size_t size = 0;

    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < acme_problem_row_count(); i++)
            puts(acme_problem_row_name(mem, i));
        return 0;
    }
    while (getline(&line, &size, stdin) > 0)
        take_line(line);
    free(line);
    return 0;
}
