/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/contact.h"

#include <ctype.h>

#define SCHEME "mailto:"

static bool is_plain(const char *text)
{
    for (; *text; text++) {
        if (!isgraph((unsigned char)*text))
            return false;
    }
    return true;
}

static bool is_mail_address(const char *address)
{
    const char *at = strchr(address, '@');

    return at && at != address && !strchr(address, ',') && strchr(at, '.') && at[1] != '.' &&
           at[strlen(at) - 1] != '.' &&
           strspn(at + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") ==
               strlen(at + 1);
}

static bool check_contact(const char *contact, struct ca_problem *problem)
{
    const char *address;

    if (!*contact)
        return ca_refuse(problem, CA_PROBLEM_INVALID_CONTACT, "empty contact");
    if (strncmp(contact, SCHEME, strlen(SCHEME)) != 0)
        return ca_refuse(problem, CA_PROBLEM_UNSUPPORTED_CONTACT,
                         "only contact scheme 'mailto:' is supported");
    address = contact + strlen(SCHEME);
    if (strchr(address, '?'))
        return ca_refuse(problem, CA_PROBLEM_INVALID_CONTACT,
                         "contact email contains a question mark");
    if (strchr(address, '#'))
        return ca_refuse(problem, CA_PROBLEM_INVALID_CONTACT, "contact email contains a '#'");
    if (!is_plain(contact))
        return ca_refuse(problem, CA_PROBLEM_INVALID_CONTACT,
                         "contact email contains non-ASCII characters");
    if (strlen(contact) > CA_CONTACT_LENGTH || !is_mail_address(address))
        return ca_refuse(problem, CA_PROBLEM_INVALID_CONTACT, "unable to parse email address");
    return true;
}

static bool check_contacts(const json_t *list, struct ca_problem *problem)
{
    if (json_array_size(list) > CA_CONTACTS_MAX)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "too many contacts provided: %zu > %d",
                         json_array_size(list), CA_CONTACTS_MAX);
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!check_contact(json_string_value(json_array_get(list, i)), problem))
            return false;
    }
    return true;
}

static bool is_list_of_texts(const json_t *value)
{
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (!json_is_string(json_array_get(value, i)))
            return false;
    }
    return json_is_array(value);
}

bool ca_contacts_read(struct arena *mem, const json_t *value, const char **out,
                      struct ca_problem *problem)
{
    char *text;

    if (!value || json_is_null(value)) {
        *out = "[]";
        return true;
    }
    if (!is_list_of_texts(value))
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "Error unmarshaling JSON");
    if (!check_contacts(value, problem))
        return ca_refuse_within(mem, problem, "Error validating contact(s)");
    text = json_dumps(value, JSON_COMPACT);
    *out = arena_strdup(mem, text);
    free(text);
    return true;
}
