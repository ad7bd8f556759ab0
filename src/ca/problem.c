/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/problem.h"

#include <stdarg.h>

#include "ca/alg.h"

static const struct {
    const char *name;
    int status;
} types[CA_PROBLEM_COUNT] = {
#define X(id, text, code) [CA_PROBLEM_##id] = {.name = (text), .status = (code)},
    CA_PROBLEMS(X)
#undef X
};

const char *ca_problem_name(enum ca_problem_type type)
{
    return types[type].name;
}

int ca_problem_status(enum ca_problem_type type)
{
    return types[type].status;
}

/* Details quote what others sent: only printable ASCII gets into a document, a log or the database.
 */
static void clean(char *text)
{
    for (unsigned char *p = (unsigned char *)text; *p; p++) {
        if (*p < 0x20 || *p > 0x7e)
            *p = '?';
    }
}

static void problem_fill(struct ca_problem *problem, int status, enum ca_problem_type type,
                         const char *fmt, va_list ap)
{
    *problem = (struct ca_problem){.type = type, .status = status};
    vsnprintf(problem->detail, sizeof(problem->detail), fmt, ap);
    clean(problem->detail);
}

bool ca_refuse(struct ca_problem *problem, enum ca_problem_type type, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    problem_fill(problem, types[type].status, type, fmt, ap);
    va_end(ap);
    return false;
}

bool ca_refuse_as(struct ca_problem *problem, int status, enum ca_problem_type type,
                  const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    problem_fill(problem, status, type, fmt, ap);
    va_end(ap);
    return false;
}

bool ca_refuse_within(struct arena *mem, struct ca_problem *problem, const char *what)
{
    struct ca_subproblem *subs;

    if (problem->type == CA_PROBLEM_BAD_NONCE || problem->type == CA_PROBLEM_SERVER_INTERNAL)
        return false;
    snprintf(problem->detail, sizeof(problem->detail), "%s",
             arena_printf(mem, "%s :: %s", what, problem->detail));
    subs = arena_array_of(mem, problem->sub_count + 1, struct ca_subproblem);
    for (size_t i = 0; i < problem->sub_count; i++) {
        subs[i] = problem->subs[i];
        subs[i].detail = arena_printf(mem, "%s :: %s", what, subs[i].detail);
    }
    problem->subs = subs;
    return false;
}

bool ca_fail(struct ca_problem *problem, const struct err *err, const char *what)
{
    struct err cause = *err;

    (void)ca_refuse(problem, CA_PROBLEM_SERVER_INTERNAL, "%s", what);
    problem->cause = cause;
    return false;
}

static json_t *type_json(enum ca_problem_type type)
{
    return json_sprintf(CA_PROBLEM_NAMESPACE "%s", types[type].name);
}

static json_t *subproblems_json(const struct ca_problem *problem)
{
    json_t *list = json_array();

    for (size_t i = 0; i < problem->sub_count; i++) {
        const struct ca_subproblem *sub = &problem->subs[i];

        json_array_append_new(list, json_pack("{s:o, s:s, s:i, s:{s:s, s:s}}", "type",
                                              type_json(sub->type), "detail", sub->detail, "status",
                                              types[sub->type].status, "identifier", "type", "dns",
                                              "value", sub->identifier));
    }
    return list;
}

json_t *ca_problem_json(const struct ca_problem *problem)
{
    json_t *json = json_pack("{s:o, s:s, s:i}", "type", type_json(problem->type), "detail",
                             problem->detail, "status", problem->status);

    if (problem->sub_count)
        json_object_set_new(json, "subproblems", subproblems_json(problem));
    if (problem->instance)
        json_object_set_new(json, "instance", json_string(problem->instance));
    if (problem->type == CA_PROBLEM_BAD_SIGNATURE_ALGORITHM)
        json_object_set_new(json, "algorithms", ca_alg_list());
    return json;
}

const char *ca_problem_text(struct arena *mem, const struct ca_problem *problem)
{
    json_t *json = ca_problem_json(problem);
    char *text = json_dumps(json, JSON_COMPACT);
    const char *out = arena_strdup(mem, text);

    free(text);
    json_decref(json);
    return out;
}
