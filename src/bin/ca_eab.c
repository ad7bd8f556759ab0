/* SPDX-License-Identifier: Apache-2.0 */

/* `latchkey ca eab`: the keys of external account binding, through the management socket. */
#include "bin/ca_words.h"
#include "ca/manage_client.h"

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value ? value : "";
}

static bool add(struct arena *mem, const struct ca_input *input, const char *dir, struct err *err)
{
    const struct ca_manage_request ask = {
        .dir = dir,
        .method = "POST",
        .path = "/eab",
        .body =
            json_pack("{s:s, s:b}", "name", input->more ? input->more : "", "once", input->is_once),
    };
    json_t *key;

    if (!ca_manage_ask(mem, &ask, &key, err))
        return false;
    if (input->common.is_json)
        ca_print_json(key);
    else
        printf("kid      %s\nHMAC key %s\n", text(key, "kid"), text(key, "mac_key"));
    return true;
}

static void print_key(const json_t *key)
{
    const char *used = text(key, "used");

    printf("%s %s accounts: %lld%s, last: %s %s\n", text(key, "kid"), text(key, "created"),
           json_integer_value(json_object_get(key, "accounts")),
           json_is_true(json_object_get(key, "once")) ? " of 1" : "", *used ? used : "never",
           text(key, "name"));
}

static bool list(struct arena *mem, const struct ca_input *input, const char *dir, struct err *err)
{
    const struct ca_manage_request ask = {.dir = dir, .method = "GET", .path = "/eab"};
    json_t *answer, *key;
    size_t i;

    if (!ca_manage_ask(mem, &ask, &answer, err))
        return false;
    if (input->common.is_json) {
        ca_print_json(answer);
        return true;
    }
    json_array_foreach(json_object_get(answer, "keys"), i, key)
    {
        print_key(key);
    }
    return true;
}

static bool revoke(struct arena *mem, const struct ca_input *input, const char *dir,
                   struct err *err)
{
    struct ca_manage_request ask = {.dir = dir, .method = "DELETE"};
    const char *kid = input->more;
    json_t *answer;

    if (!kid || kid[strspn(kid, "0123456789abcdef")] != '\0')
        return err_set(err, ERR_BAD_INPUT, "\"%s\" is no kid of this CA", kid ? kid : "");
    ask.path = arena_printf(mem, "/eab/%s", kid);
    if (!ca_manage_ask(mem, &ask, &answer, err))
        return false;
    if (input->common.is_json)
        ca_print_json(answer);
    return true;
}

static const struct {
    const char *name;
    bool (*run)(struct arena *mem, const struct ca_input *input, const char *dir, struct err *err);
} verbs[] = {{"add", add}, {"list", list}, {"revoke", revoke}};

bool ca_word_eab(struct arena *mem, const struct ca_input *input, const struct ca_options *ca,
                 struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (strcmp(input->subject, verbs[i].name) == 0)
            return verbs[i].run(mem, input, ca->dir, err);
    }
    return err_set(err, ERR_BAD_INPUT, "eab %s: neither add, list nor revoke", input->subject);
}
