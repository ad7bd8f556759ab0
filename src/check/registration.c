/* SPDX-License-Identifier: Apache-2.0 */
#include "check/registration.h"

#include <ctype.h>

#include "base/base.h"
#include "base/clock.h"
#include "model/hostname.h"

#define STATUS_MAX 64 /* words of "status" that are looked at */
#define EVENTS_MAX 64

static const struct {
    const char *word, *epp;
} states[REGISTRATION_STATE_COUNT] = {
#define X(id, word, epp) [REGISTRATION_##id] = {word, epp},
    REGISTRATION_STATES(X)
#undef X
};

const char *registration_state_name(enum registration_state state)
{
    return states[state].epp;
}

json_t *registration_states_to_json(const struct registration *said)
{
    json_t *list = json_array();

    for (size_t i = 0; i < REGISTRATION_STATE_COUNT; i++)
        if (said->is_in_state[i])
            json_array_append_new(list, json_string(states[i].epp));
    return list;
}

/* ---- an answer ---- */

static json_t *load(struct slice text)
{
    return json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* In any case, with or without a final dot (RFC 9083 section 3). */
static bool is_same_name(const char *said, const char *name)
{
    size_t len = strlen(name);

    return strncasecmp(said, name, len) == 0 && (!said[len] || strcmp(said + len, ".") == 0);
}

static void take_states(const json_t *list, struct registration *out)
{
    for (size_t i = 0; i < json_array_size(list) && i < STATUS_MAX; i++) {
        const char *word = json_string_value(json_array_get(list, i));

        for (size_t k = 0; word && k < REGISTRATION_STATE_COUNT; k++)
            if (strcasecmp(word, states[k].word) == 0)
                out->is_in_state[k] = true;
    }
}

/* Of several the last: it lasts that long. */
static void take_expiry(const json_t *list, struct registration *out)
{
    for (size_t i = 0; i < json_array_size(list) && i < EVENTS_MAX; i++) {
        const json_t *event = json_array_get(list, i);
        struct err ignored;
        int64_t at;

        if (strcmp(text_of(event, "eventAction"), "expiration") == 0 &&
            clock_parse(text_of(event, "eventDate"), &at, &ignored) && at > out->expires_at)
            out->expires_at = at;
    }
}

static bool read_domain(const json_t *json, const char *name, struct registration *out,
                        struct err *err)
{
    struct registration read = {.is_known = true, .is_registered = true};

    if (strcmp(text_of(json, "objectClassName"), "domain") != 0)
        return err_set(err, ERR_BAD_INPUT, "what came is not RDAP about a domain");
    if (!is_same_name(text_of(json, "ldhName"), name))
        return err_set(err, ERR_BAD_INPUT, "what came is about %.80s, not %.253s",
                       text_of(json, "ldhName"), name);
    take_states(json_object_get(json, "status"), &read);
    take_expiry(json_object_get(json, "events"), &read);
    *out = read;
    return true;
}

bool registration_read(struct slice body, const char *name, struct registration *out,
                       struct err *err)
{
    json_t *json = body.len <= REGISTRATION_BODY_MAX ? load(body) : NULL;
    bool is_read;

    if (!json)
        return err_set(err, ERR_BAD_INPUT, "what came is not JSON, or too long");
    is_read = read_domain(json, name, out, err);
    json_decref(json);
    return is_read;
}

bool registration_is_absence(struct slice body)
{
    json_t *json;
    bool is_so;

    if (body.len == 0)
        return true;
    json = body.len <= REGISTRATION_BODY_MAX ? load(body) : NULL;
    is_so = json_integer_value(json_object_get(json, "errorCode")) == 404;
    json_decref(json);
    return is_so;
}

/* ---- who is to be asked ---- */

/* [["com", "net"], ["https://..."]] (RFC 9224 section 3) */
static bool is_service(const json_t *service)
{
    return json_array_size(service) >= 2 && json_is_array(json_array_get(service, 0)) &&
           json_is_array(json_array_get(service, 1));
}

/* As names are here. */
static void lower(json_t *suffixes)
{
    char text[HOSTNAME_MAX + 1];

    for (size_t i = 0; i < json_array_size(suffixes); i++) {
        const char *suffix = json_string_value(json_array_get(suffixes, i));
        size_t len = 0;

        for (; suffix && suffix[len] && len < HOSTNAME_MAX; len++)
            text[len] = (char)tolower((unsigned char)suffix[len]);
        text[len] = '\0';
        if (suffix)
            json_array_set_new(suffixes, i, json_string(text));
    }
}

bool registration_services(struct slice text, json_t **out, struct err *err)
{
    json_t *json = text.len <= REGISTRATION_FILE_MAX ? load(text) : NULL;
    json_t *services = json_object_get(json, "services");
    bool is_good = json_array_size(services) > 0;

    for (size_t i = 0; i < json_array_size(services); i++)
        is_good = is_good && is_service(json_array_get(services, i));
    for (size_t i = 0; is_good && i < json_array_size(services); i++)
        lower(json_array_get(json_array_get(services, i), 0));
    if (is_good)
        *out = json_incref(services);
    json_decref(json);
    return is_good ||
           err_set(err, ERR_CONFIG, "this is no list of RDAP servers as IANA has it (RFC 9224)");
}

/* Octets of the longest suffix in the list that the name is under; 0: none. */
static size_t longest(const json_t *suffixes, const char *name)
{
    size_t most = 0;

    for (size_t i = 0; i < json_array_size(suffixes); i++) {
        const char *suffix = json_string_value(json_array_get(suffixes, i));

        if (suffix && hostname_is_within(name, suffix) && strlen(suffix) > most)
            most = strlen(suffix);
    }
    return most;
}

static const char *https_of(const json_t *urls)
{
    for (size_t i = 0; i < json_array_size(urls); i++) {
        const char *url = json_string_value(json_array_get(urls, i));

        if (url && strncmp(url, "https://", 8) == 0)
            return url;
    }
    return NULL;
}

const char *registration_server(const json_t *services, const char *name)
{
    const char *found = NULL;
    size_t most = 0;

    for (size_t i = 0; i < json_array_size(services); i++) {
        const json_t *service = json_array_get(services, i);
        const char *url = https_of(json_array_get(service, 1));
        size_t len = longest(json_array_get(service, 0), name);

        if (url && len > most) {
            most = len;
            found = url;
        }
    }
    return found;
}
