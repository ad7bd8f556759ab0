/* SPDX-License-Identifier: Apache-2.0 */

/* The words of `latchkey ca` that ask the running CA, through its management socket (R45). */
#include "bin/ca_words.h"
#include "ca/fault.h"
#include "ca/manage_client.h"

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"

static bool check_subject(const struct ca_input *input, struct err *err)
{
    const char *subject = input->subject;

    return !subject || subject[strspn(subject, PLAIN)] == '\0' ||
           err_set(err, ERR_BAD_INPUT, "\"%s\" is no %s", subject, input->word->subject);
}

static json_t *revocation_json(const struct ca_input *input)
{
    return json_pack("{s:s*, s:s*}", "reason", input->reason, "account", input->account);
}

bool ca_word_act(struct arena *mem, const struct ca_input *input, const struct ca_options *ca,
                 struct err *err)
{
    const struct ca_word *word = input->word;
    struct ca_manage_request ask = {.dir = ca->dir, .method = "POST"};
    json_t *answer;
    long long count;

    if (!check_subject(input, err))
        return false;
    ask.path = arena_printf(mem, "%s%s%s", word->path, input->subject ? input->subject : "",
                            word->path_end);
    if (word->has_body)
        ask.body = revocation_json(input);
    if (!ca_manage_ask(mem, &ask, &answer, err))
        return false;
    count = json_integer_value(json_object_get(answer, word->counted));
    printf(input->common.is_json ? "{\"ok\":true,\"%s\":%lld}\n" : "%s: %lld\n", word->counted,
           count);
    return true;
}

void ca_print_json(const json_t *answer)
{
    json_dumpf(answer, stdout, JSON_COMPACT);
    putchar('\n');
}

static void print_faults(const struct ca_input *input, const json_t *answer)
{
    const json_t *list = json_object_get(answer, "faults"), *fault;
    size_t i;

    if (input->common.is_json) {
        ca_print_json(answer);
        return;
    }
    if (json_array_size(list) == 0)
        puts("no faults");
    json_array_foreach(list, i, fault)
    {
        long long left = json_integer_value(json_object_get(fault, "left"));
        long long for_s = json_integer_value(json_object_get(fault, "for_s"));

        printf("%s: %lld %% of requests", json_string_value(json_object_get(fault, "kind")),
               json_integer_value(json_object_get(fault, "share")));
        if (left)
            printf(", %lld more", left);
        if (for_s)
            printf(", for %lld s", for_s);
        printf(": %s\n", json_string_value(json_object_get(fault, "text")));
    }
}

bool ca_word_faults(struct arena *mem, const struct ca_input *input, const struct ca_options *ca,
                    struct err *err)
{
    const struct ca_manage_request ask = {.dir = ca->dir, .method = "GET", .path = "/faults"};
    json_t *answer;

    if (!ca_manage_ask(mem, &ask, &answer, err))
        return false;
    print_faults(input, answer);
    return true;
}

static json_t *fault_json(const struct ca_input *input)
{
    const struct {
        const char *key;
        int64_t value;
    } members[] = {{"count", input->count},
                   {"for_s", input->for_s},
                   {"share", input->share},
                   {"wait_s", input->wait_s}};
    json_t *body = json_object();

    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if (members[i].value != CA_NOT_GIVEN)
            json_object_set_new(body, members[i].key, json_integer(members[i].value));
    }
    return body;
}

bool ca_word_fault(struct arena *mem, const struct ca_input *input, const struct ca_options *ca,
                   struct err *err)
{
    bool is_off = strcmp(input->subject, "off") == 0;
    struct ca_manage_request ask = {.dir = ca->dir, .method = "DELETE", .path = "/faults"};
    enum ca_fault_kind kind;
    json_t *answer;

    if (!is_off && !ca_fault_parse(input->subject, &kind))
        return err_set(err, ERR_NOT_FOUND, "there is no fault \"%s\"", input->subject);
    if (!is_off)
        ask = (struct ca_manage_request){
            .dir = ca->dir,
            .method = "POST",
            .path = arena_printf(mem, "/faults/%s", input->subject),
            .body = fault_json(input),
        };
    return ca_manage_ask(mem, &ask, &answer, err);
}

bool ca_word_clock(struct arena *mem, const struct ca_input *input, const struct ca_options *ca,
                   struct err *err)
{
    struct ca_manage_request ask = {.dir = ca->dir, .method = "GET", .path = "/clock"};
    json_t *answer;

    if (input->subject)
        ask = (struct ca_manage_request){
            .dir = ca->dir,
            .method = "PUT",
            .path = "/clock",
            .body = json_pack("{s:s}", "to", input->subject),
        };
    if (!ca_manage_ask(mem, &ask, &answer, err))
        return false;
    if (input->common.is_json)
        ca_print_json(answer);
    else
        printf("%s, %lld s from real time\n", json_string_value(json_object_get(answer, "now")),
               json_integer_value(json_object_get(answer, "offset_s")));
    return true;
}

static bool agree(struct arena *mem, const struct ca_input *input, const char *dir, struct err *err)
{
    struct ca_manage_request ask = {.dir = dir, .method = "POST"};
    json_t *answer;

    if (!input->more || input->more[strspn(input->more, PLAIN)] != '\0')
        return err_set(err, ERR_BAD_INPUT, "terms agree: which account, or \"all\"?");
    ask.path = arena_printf(mem, "/accounts/%s/agree", input->more);
    if (!ca_manage_ask(mem, &ask, &answer, err))
        return false;
    printf(input->common.is_json ? "{\"ok\":true,\"accounts\":%lld}\n" : "accounts: %lld\n",
           json_integer_value(json_object_get(answer, "accounts")));
    return true;
}

bool ca_word_terms(struct arena *mem, const struct ca_input *input, const struct ca_options *ca,
                   struct err *err)
{
    struct ca_manage_request ask = {.dir = ca->dir, .method = "GET", .path = "/terms"};
    json_t *answer;

    if (input->subject && strcmp(input->subject, "agree") == 0)
        return agree(mem, input, ca->dir, err);
    if (input->subject && strcmp(input->subject, "change") != 0)
        return err_set(err, ERR_BAD_INPUT, "terms %s: neither change nor agree", input->subject);
    if (input->subject)
        ask.method = "POST";
    if (!ca_manage_ask(mem, &ask, &answer, err))
        return false;
    printf(input->common.is_json ? "{\"ok\":true,\"version\":%lld}\n" : "version: %lld\n",
           json_integer_value(json_object_get(answer, "version")));
    return true;
}
