/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "check/finding.h"

/* ---- writing ---- */

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *number_or_null(int64_t value)
{
    return value < 0 ? json_null() : json_integer(value);
}

static json_t *records_json(const struct finding_record *records, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}", "type", records[i].type,
                                              "name", records[i].name, "value", records[i].value,
                                              "ttl", number_or_null(records[i].ttl)));
    return list;
}

json_t *finding_action_to_json(const struct finding_action *action)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:s?, s:s?}", "op",
                     finding_op_name(action->op), "type", action->type, "name", action->name,
                     "fqdn", action->fqdn, "value", action->value, "ttl",
                     number_or_null(action->ttl), "form_host", action->form_host, "form_value",
                     action->form_value);
}

static json_t *actions_json(const struct finding *f)
{
    json_t *list = json_array();

    for (size_t i = 0; i < f->action_count; i++)
        json_array_append_new(list, finding_action_to_json(&f->actions[i]));
    return list;
}

static json_t *evidence_json(const struct finding *f)
{
    json_t *list = json_array();

    for (size_t i = 0; i < f->evidence_count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}", "resolver",
                                              f->evidence[i].resolver, "rcode",
                                              f->evidence[i].rcode, "answer", f->evidence[i].answer,
                                              "ttl", number_or_null(f->evidence[i].ttl)));
    return list;
}

static json_t *problem_json(const char *text)
{
    json_t *problem = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;

    return problem ? problem : json_null();
}

json_t *finding_to_json(const struct finding *f)
{
    char at[CLOCK_TEXT_SIZE];
    json_t *consequences = json_array();

    for (size_t i = 0; i < f->consequence_count; i++)
        json_array_append_new(consequences, finding_to_json(&f->consequences[i]));
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:s, s:o, s:s?}", "code",
        finding_code_name(f->code), "severity", finding_severity_name(f->severity), "subject",
        f->subject, "who_acts", who_acts_name(f->who_acts), "title", f->title, "detail", f->detail,
        "found", records_json(f->found, f->found_count), "expected",
        records_json(f->expected, f->expected_count), "actions", actions_json(f), "auto_retry",
        f->retry_at != 0, "retry_at",
        text_or_null(f->retry_at ? clock_text(f->retry_at, at) : NULL), "evidence",
        evidence_json(f), "ca_problem", problem_json(f->ca_problem), "docs", f->docs,
        "consequences", consequences, "instructions", f->instructions);
}

/* ---- reading ---- */

static bool read_text(struct arena *mem, const json_t *json, const char *key, const char **out,
                      struct err *err)
{
    const json_t *value = json_object_get(json, key);

    if (!json_is_string(value))
        return err_set(err, ERR_BAD_INPUT, "finding: \"%s\" is not a text", key);
    *out = arena_strdup(mem, json_string_value(value));
    return true;
}

/* NULL where there is none: so it is in what was stored before there were any. */
static bool read_optional(struct arena *mem, const json_t *json, const char *key, const char **out,
                          struct err *err)
{
    const json_t *value = json_object_get(json, key);

    *out = NULL;
    return !value || json_is_null(value) || read_text(mem, json, key, out, err);
}

static bool read_number(const json_t *json, const char *key, int64_t *out, struct err *err)
{
    const json_t *value = json_object_get(json, key);

    if (!value || json_is_null(value)) {
        *out = -1;
        return true;
    }
    if (!json_is_integer(value))
        return err_set(err, ERR_BAD_INPUT, "finding: \"%s\" is not a number", key);
    *out = json_integer_value(value);
    return true;
}

typedef bool (*read_fn)(struct arena *mem, const json_t *item, struct finding *out,
                        struct err *err);

static bool read_record(struct arena *mem, const json_t *item, struct finding_record *out,
                        struct err *err)
{
    return read_text(mem, item, "type", &out->type, err) &&
           read_text(mem, item, "name", &out->name, err) &&
           read_text(mem, item, "value", &out->value, err) &&
           read_number(item, "ttl", &out->ttl, err);
}

static bool read_found(struct arena *mem, const json_t *item, struct finding *out, struct err *err)
{
    struct finding_record record;

    if (!read_record(mem, item, &record, err))
        return false;
    finding_add_found(mem, out, record);
    return true;
}

static bool read_expected(struct arena *mem, const json_t *item, struct finding *out,
                          struct err *err)
{
    struct finding_record record;

    if (!read_record(mem, item, &record, err))
        return false;
    finding_add_expected(mem, out, record);
    return true;
}

static bool read_action(struct arena *mem, const json_t *item, struct finding *out, struct err *err)
{
    struct finding_action action;
    const char *op;

    if (!read_text(mem, item, "op", &op, err) || !read_text(mem, item, "type", &action.type, err) ||
        !read_text(mem, item, "name", &action.name, err) ||
        !read_text(mem, item, "fqdn", &action.fqdn, err) ||
        !read_text(mem, item, "value", &action.value, err) ||
        !read_number(item, "ttl", &action.ttl, err) ||
        !read_optional(mem, item, "form_host", &action.form_host, err) ||
        !read_optional(mem, item, "form_value", &action.form_value, err))
        return false;
    if (!finding_op_parse(op, &action.op))
        return err_set(err, ERR_BAD_INPUT, "finding: op \"%.40s\" is not known", op);
    finding_add_action(mem, out, action);
    return true;
}

static bool read_evidence(struct arena *mem, const json_t *item, struct finding *out,
                          struct err *err)
{
    struct finding_evidence evidence;

    if (!read_text(mem, item, "resolver", &evidence.resolver, err) ||
        !read_text(mem, item, "rcode", &evidence.rcode, err) ||
        !read_text(mem, item, "answer", &evidence.answer, err) ||
        !read_number(item, "ttl", &evidence.ttl, err))
        return false;
    finding_add_evidence(mem, out, evidence);
    return true;
}

static bool read_consequence(struct arena *mem, const json_t *item, struct finding *out,
                             struct err *err)
{
    struct finding *list = arena_array_of(mem, out->consequence_count + 1, struct finding);

    for (size_t i = 0; i < out->consequence_count; i++)
        list[i] = out->consequences[i];
    if (json_array_size(json_object_get(item, "consequences")) > 0)
        return err_set(err, ERR_BAD_INPUT, "finding: consequences of a consequence");
    if (!finding_from_json(mem, item, &list[out->consequence_count], err))
        return false;
    out->consequences = list;
    out->consequence_count++;
    return true;
}

static const struct {
    const char *key;
    read_fn read;
} lists[] = {
    {"found", read_found},       {"expected", read_expected},        {"actions", read_action},
    {"evidence", read_evidence}, {"consequences", read_consequence},
};

static bool read_lists(struct arena *mem, const json_t *json, struct finding *out, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        const json_t *list = json_object_get(json, lists[i].key);

        if (!json_is_array(list) || json_array_size(list) > FINDING_LIST_MAX)
            return err_set(err, ERR_BAD_INPUT, "finding: \"%s\" is not a list of at most %d",
                           lists[i].key, FINDING_LIST_MAX);
        for (size_t k = 0; k < json_array_size(list); k++)
            if (!lists[i].read(mem, json_array_get(list, k), out, err))
                return false;
    }
    return true;
}

static bool read_words(struct arena *mem, const json_t *json, struct finding *out, struct err *err)
{
    const char *code, *severity, *who;

    if (!read_text(mem, json, "code", &code, err) ||
        !read_text(mem, json, "severity", &severity, err) ||
        !read_text(mem, json, "who_acts", &who, err) ||
        !read_text(mem, json, "subject", &out->subject, err) ||
        !read_text(mem, json, "title", &out->title, err) ||
        !read_text(mem, json, "detail", &out->detail, err) ||
        !read_text(mem, json, "docs", &out->docs, err) ||
        !read_optional(mem, json, "instructions", &out->instructions, err))
        return false;
    if (!finding_code_parse(code, &out->code))
        return err_set(err, ERR_BAD_INPUT, "finding: code \"%.60s\" is not known", code);
    if (!finding_severity_parse(severity, &out->severity))
        return err_set(err, ERR_BAD_INPUT, "finding: severity \"%.40s\" is not known", severity);
    if (!who_acts_parse(who, &out->who_acts))
        return err_set(err, ERR_BAD_INPUT, "finding: who_acts \"%.40s\" is not known", who);
    return true;
}

static void free_text(char **text)
{
    free(*text);
}

static bool read_rest(struct arena *mem, const json_t *json, struct finding *out, struct err *err)
{
    const json_t *at = json_object_get(json, "retry_at");
    const json_t *problem = json_object_get(json, "ca_problem");

    if (json_is_string(at) && !clock_parse(json_string_value(at), &out->retry_at, err))
        return false;
    if (json_is_object(problem)) {
        AUTO(free_text) char *text = json_dumps(problem, JSON_COMPACT);

        out->ca_problem = arena_strdup(mem, text);
    }
    return true;
}

bool finding_from_json(struct arena *mem, const json_t *json, struct finding *out, struct err *err)
{
    struct finding finding = {0};

    if (!read_words(mem, json, &finding, err) || !read_rest(mem, json, &finding, err) ||
        !read_lists(mem, json, &finding, err))
        return false;
    *out = finding;
    return true;
}
