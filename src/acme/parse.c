/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/parse.h"

#include <string.h>

#include "acme/account.h"
#include "acme/ari.h"
#include "acme/authorization.h"
#include "acme/challenge.h"
#include "acme/directory.h"
#include "acme/order.h"
#include "acme/problem.h"
#include "acme/reader.h"
#include "acme/text.h"

#define NAME_MAX_LEN 255 /* 253 octets and "*." */

#define X(id, name) [ACME_ORDER_##id] = (name),
static const char *const order_states[] = {ACME_ORDER_STATES(X)
                                               /* Pebble: with an authorization that is given up */
                                               [ACME_ORDER_STATUS_COUNT] = "deactivated"};
#undef X
#define X(id, name) [ACME_AUTHORIZATION_##id] = (name),
static const char *const authorization_states[] = {ACME_AUTHORIZATION_STATES(X)};
#undef X
#define X(id, name) [ACME_CHALLENGE_##id] = (name),
static const char *const challenge_states[] = {ACME_CHALLENGE_STATES(X)};
static const char *const challenge_types[] = {ACME_CHALLENGE_TYPES(X)};
#undef X
static const char *const account_states[] = {
    [ACME_ACCOUNT_VALID] = "valid",
    [ACME_ACCOUNT_DEACTIVATED] = "deactivated",
    [ACME_ACCOUNT_REVOKED] = "revoked",
};

const char *acme_order_status_name(enum acme_order_status status)
{
    return order_states[status];
}

const char *acme_authorization_status_name(enum acme_authorization_status status)
{
    return authorization_states[status];
}

const char *acme_challenge_status_name(enum acme_challenge_status status)
{
    return challenge_states[status];
}

const char *acme_challenge_type_name(enum acme_challenge_type type)
{
    return challenge_types[type];
}

/* Directory --------------------------------------------------------------------------------- */

/* One that can be ordered by, and shown, as it is. */
static bool is_profile_name(const char *name)
{
    size_t len = strnlen(name, ACME_PROFILE_MAX + 1);

    for (size_t i = 0; i < len; i++)
        if (name[i] <= ' ' || name[i] > '~')
            return false;
    return len > 0 && len <= ACME_PROFILE_MAX;
}

static void read_profiles(struct acme_reader *reader, const json_t *meta,
                          struct acme_directory *directory)
{
    json_t *list = json_object_get(meta, "profiles");
    struct acme_profile *profiles;
    const char *name;
    json_t *value;
    size_t count = 0;

    if (json_object_size(list) > ACME_PROFILES_MAX) {
        acme_read_fail(reader, "\"profiles\" has more than %d members", ACME_PROFILES_MAX);
        return;
    }
    profiles = arena_array_of(reader->mem, ACME_PROFILES_MAX, struct acme_profile);
    json_object_foreach(list, name, value)
    {
        if (!is_profile_name(name))
            continue;
        profiles[count].name = arena_strdup(reader->mem, name);
        profiles[count++].description = acme_text(reader->mem, json_string_value(value));
    }
    directory->profiles = profiles;
    directory->profile_count = count;
}

bool acme_parse_directory(struct arena *mem, const char *origin, struct slice body,
                          struct acme_directory **out, struct err *err)
{
    struct acme_reader reader = {mem, origin, "directory", err, false};
    struct acme_directory *directory = arena_new_of(mem, struct acme_directory);
    const json_t *json = acme_read_object(&reader, body);
    const json_t *meta = json_object_get(json, "meta");

    directory->new_nonce = acme_read_url(&reader, json, "newNonce");
    directory->new_account = acme_read_url(&reader, json, "newAccount");
    directory->new_order = acme_read_url(&reader, json, "newOrder");
    directory->revoke_cert = acme_read_url_if_any(&reader, json, "revokeCert");
    directory->key_change = acme_read_url_if_any(&reader, json, "keyChange");
    directory->new_authz = acme_read_url_if_any(&reader, json, "newAuthz");
    directory->renewal_info = acme_read_url_if_any(&reader, json, "renewalInfo");
    directory->terms_of_service =
        acme_text(mem, json_string_value(json_object_get(meta, "termsOfService")));
    directory->website = acme_text(mem, json_string_value(json_object_get(meta, "website")));
    directory->is_external_account_required =
        acme_read_flag(&reader, meta, "externalAccountRequired");
    read_profiles(&reader, meta, directory);
    directory->caa_identities = acme_read_texts(&reader, meta, "caaIdentities", ACME_NAMES_MAX,
                                                &directory->caa_identity_count);
    if (reader.is_failed)
        return false;
    *out = directory;
    return true;
}

bool acme_directory_has_profile(const struct acme_directory *directory, const char *name)
{
    for (size_t i = 0; i < directory->profile_count; i++)
        if (strcmp(directory->profiles[i].name, name) == 0)
            return true;
    return false;
}

/* Account ----------------------------------------------------------------------------------- */

bool acme_parse_account(struct arena *mem, const char *origin, struct slice body,
                        struct acme_account_info **out, struct err *err)
{
    struct acme_reader reader = {mem, origin, "account", err, false};
    struct acme_account_info *account = arena_new_of(mem, struct acme_account_info);
    const json_t *json = acme_read_object(&reader, body);

    account->status = (enum acme_account_status)acme_read_word(
        &reader, json, "status", account_states, ARRAY_LEN(account_states));
    account->contacts =
        acme_read_texts(&reader, json, "contact", ACME_CONTACTS_MAX, &account->contact_count);
    account->orders = acme_read_url_if_any(&reader, json, "orders");
    if (reader.is_failed)
        return false;
    *out = account;
    return true;
}

bool acme_parse_order_list(struct arena *mem, const char *origin, struct slice body,
                           struct acme_order_list **out, struct err *err)
{
    struct acme_reader reader = {mem, origin, "list of orders", err, false};
    struct acme_order_list *list = arena_new_of(mem, struct acme_order_list);
    const json_t *json = acme_read_object(&reader, body);

    list->urls = acme_read_urls(&reader, json, "orders", ACME_ORDERS_A_PAGE_MAX, &list->count);
    if (reader.is_failed)
        return false;
    *out = list;
    return true;
}

/* Order ------------------------------------------------------------------------------------- */

static const char *read_identifier(struct acme_reader *reader, const json_t *identifier)
{
    const char *type = acme_read_text(reader, identifier, "type", NAME_MAX_LEN);
    const char *value = acme_read_text(reader, identifier, "value", NAME_MAX_LEN);

    if (type && strcmp(type, "dns") != 0)
        acme_read_fail(reader, "an identifier of type %.60s is not one that was asked for",
                       acme_text(reader->mem, type));
    for (const char *c = value ? value : ""; *c; c++)
        if (*c <= ' ' || *c > '~')
            acme_read_fail(reader, "an identifier is no host name: %.200s",
                           acme_text(reader->mem, value));
    return value;
}

static void read_names(struct acme_reader *reader, const json_t *json, struct acme_order *order)
{
    const json_t *list =
        acme_read_array(reader, json, "identifiers", ACME_NAMES_MAX, &order->name_count);
    const char **names = arena_array_of(reader->mem, order->name_count + 1, const char *);

    for (size_t i = 0; i < order->name_count; i++)
        names[i] = read_identifier(reader, json_array_get(list, i));
    order->names = names;
}

static enum acme_order_status read_order_status(struct acme_reader *reader, const json_t *json)
{
    int status = acme_read_word(reader, json, "status", order_states, ARRAY_LEN(order_states));

    return status == ACME_ORDER_STATUS_COUNT ? ACME_ORDER_INVALID : (enum acme_order_status)status;
}

bool acme_parse_order(struct arena *mem, const char *origin, struct slice body,
                      struct acme_order **out, struct err *err)
{
    struct acme_reader reader = {mem, origin, "order", err, false};
    struct acme_order *order = arena_new_of(mem, struct acme_order);
    const json_t *json = acme_read_object(&reader, body);

    order->status = read_order_status(&reader, json);
    read_names(&reader, json, order);
    order->authorizations = acme_read_urls(&reader, json, "authorizations", ACME_NAMES_MAX,
                                           &order->authorization_count);
    order->finalize = acme_read_url(&reader, json, "finalize");
    order->profile = acme_read_text_if_any(&reader, json, "profile", ACME_PROFILE_MAX);
    order->replaces = acme_read_text_if_any(&reader, json, "replaces", ACME_CERTIFICATE_ID_MAX);
    order->not_before_at = acme_read_time(&reader, json, "notBefore");
    order->not_after_at = acme_read_time(&reader, json, "notAfter");
    order->expires_at = acme_read_time(&reader, json, "expires");
    order->error = acme_read_problem(&reader, json, "error");
    if (order->status == ACME_ORDER_VALID)
        order->certificate = acme_read_url(&reader, json, "certificate");
    if (reader.is_failed)
        return false;
    *out = order;
    return true;
}

/* Authorization and challenge --------------------------------------------------------------- */

static enum acme_challenge_type challenge_type(const char *name)
{
    for (size_t i = ACME_CHALLENGE_OTHER + 1; name && i < ACME_CHALLENGE_TYPE_COUNT; i++)
        if (strcmp(challenge_types[i], name) == 0)
            return (enum acme_challenge_type)i;
    return ACME_CHALLENGE_OTHER;
}

static void read_challenge(struct acme_reader *reader, const json_t *json,
                           struct acme_challenge *challenge)
{
    challenge->type = challenge_type(acme_read_text(reader, json, "type", ACME_TEXT_MAX));
    challenge->status = (enum acme_challenge_status)acme_read_word(
        reader, json, "status", challenge_states, ARRAY_LEN(challenge_states));
    challenge->url = acme_read_url(reader, json, "url");
    challenge->error = acme_read_problem(reader, json, "error");
    if (challenge->type == ACME_CHALLENGE_OTHER)
        return;
    challenge->token = acme_read_text(reader, json, "token", ACME_TEXT_MAX);
    if (challenge->token && !acme_token_is_valid(challenge->token))
        acme_read_fail(reader, "\"token\" is not %d to %d characters of base64url: %.60s",
                       ACME_TOKEN_MIN, ACME_TOKEN_MAX, acme_text(reader->mem, challenge->token));
}

const struct acme_challenge *acme_authorization_find(const struct acme_authorization *authorization,
                                                     enum acme_challenge_type type)
{
    for (size_t i = 0; i < authorization->challenge_count; i++)
        if (authorization->challenges[i].type == type)
            return &authorization->challenges[i];
    return NULL;
}

static void read_challenges(struct acme_reader *reader, const json_t *json,
                            struct acme_authorization *authorization)
{
    const json_t *list = acme_read_array(reader, json, "challenges", ACME_CHALLENGES_MAX,
                                         &authorization->challenge_count);
    struct acme_challenge *challenges =
        arena_array_of(reader->mem, ACME_CHALLENGES_MAX, struct acme_challenge);

    for (size_t i = 0; i < authorization->challenge_count; i++)
        read_challenge(reader, json_array_get(list, i), &challenges[i]);
    authorization->challenges = challenges;
}

bool acme_parse_authorization(struct arena *mem, const char *origin, struct slice body,
                              struct acme_authorization **out, struct err *err)
{
    struct acme_reader reader = {mem, origin, "authorization", err, false};
    struct acme_authorization *authorization = arena_new_of(mem, struct acme_authorization);
    const json_t *json = acme_read_object(&reader, body);

    authorization->status = (enum acme_authorization_status)acme_read_word(
        &reader, json, "status", authorization_states, ARRAY_LEN(authorization_states));
    authorization->identifier = read_identifier(&reader, json_object_get(json, "identifier"));
    authorization->is_wildcard = acme_read_flag(&reader, json, "wildcard");
    authorization->expires_at = acme_read_time(&reader, json, "expires");
    read_challenges(&reader, json, authorization);
    if (reader.is_failed)
        return false;
    *out = authorization;
    return true;
}

bool acme_parse_challenge(struct arena *mem, const char *origin, struct slice body,
                          struct acme_challenge **out, struct err *err)
{
    struct acme_reader reader = {mem, origin, "challenge", err, false};
    struct acme_challenge *challenge = arena_new_of(mem, struct acme_challenge);

    read_challenge(&reader, acme_read_object(&reader, body), challenge);
    if (reader.is_failed)
        return false;
    *out = challenge;
    return true;
}
