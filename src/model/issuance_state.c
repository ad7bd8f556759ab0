/* SPDX-License-Identifier: Apache-2.0 */
#include "model/issuance_state.h"

#include "base/name_table.h"

#define S(id) ISSUANCE_##id
#define E(id) ISSUANCE_EVENT_##id

/* clang-format off */
static const struct issuance_step steps[] = {
    {S(WAITING_DNS), E(DNS_OK),          S(ADMITTED),    "the names point to us"},
    {S(WAITING_DNS), E(DNS_BAD),         S(WAITING_DNS), "a name is not ready yet; it is checked again by itself"},
    {S(WAITING_DNS), E(NO_GAIN),         S(FAILED),      "no name can join the certificate now; they are looked at again by themselves"},
    {S(WAITING_DNS), E(LAPSED),          S(FAILED),      "the domain did not point to us for 30 days; it can be ordered again"},
    {S(WAITING_DNS), E(GAVE_UP),         S(PARKED),      "too many attempts have failed; it waits for help"},
    {S(ADMITTED),    E(NO_ROOM),         S(ADMITTED),    "waits for its turn under the limits of the certificate authority"},
    {S(ADMITTED),    E(CLAIM_ENDED),     S(WAITING_DNS), "a name is not its own any more; all are looked at again"},
    {S(ADMITTED),    E(PREPARED),        S(ORDERING),    "key and certificate request made"},
    {S(ORDERING),    E(ORDERED),         S(PUBLISHING),  "the certificate authority took the order"},
    {S(ORDERING),    E(VALID),           S(FINALIZING),  "the certificate authority still knows the names as validated"},
    {S(PUBLISHING),  E(NO_EDGE),         S(PUBLISHING),  "no CDN location can take up the validation; it goes on by itself"},
    {S(PUBLISHING),  E(VALUES_WAIT),     S(PUBLISHING),  "a name server has not the validation record yet"},
    {S(PUBLISHING),  E(VALUES_REFUSED),  S(PUBLISHING),  "a name server did not take the validation record; it is tried again by itself"},
    {S(PUBLISHING),  E(VALUES_LOST),     S(WAITING_DNS), "the validation record did not reach the name servers; it is checked again"},
    {S(PUBLISHING),  E(CLAIM_ENDED),     S(WAITING_DNS), "a name is not its own any more; all are looked at again"},
    {S(VALIDATING),  E(CLAIM_ENDED),     S(WAITING_DNS), "a name is not its own any more; all are looked at again"},
    {S(PUBLISHING),  E(PUBLISHED),       S(VALIDATING),  "every CDN location answers the validation"},
    {S(VALIDATING),  E(VALID),           S(FINALIZING),  "the certificate authority has validated every name"},
    {S(VALIDATING),  E(INVALID),         S(WAITING_DNS), "the certificate authority could not validate a name; it is checked again"},
    {S(ORDERING),    E(INVALID),         S(WAITING_DNS), "the certificate authority could not validate a name; it is checked again"},
    {S(FINALIZING),  E(INVALID),         S(WAITING_DNS), "the certificate authority could not validate a name; it is checked again"},
    {S(FINALIZING),  E(ISSUED),          S(ISSUED),      "certificate issued"},
    {S(ISSUED),      E(DEPLOYED),        S(DEPLOYING),   "certificate on its way to the CDN locations"},
    {S(ISSUED),      E(STAGED),          S(STAGING),     "certificate on its way to the CDN locations; visitors get the old one until all have it"},
    {S(STAGING),     E(NO_EDGE),         S(STAGING),     "no CDN location can take up the new certificate; visitors get the old one"},
    {S(STAGING),     E(UNPROVEN),        S(STAGING),     "a CDN location cannot show the new certificate yet; visitors get the old one"},
    {S(STAGING),     E(DEPLOYED),        S(DEPLOYING),   "every CDN location can show the new certificate; visitors get it from now on"},
    {S(DEPLOYING),   E(NO_EDGE),         S(DEPLOYING),   "no CDN location can take up the certificate; it goes on by itself"},
    {S(DEPLOYING),   E(UNPROVEN),        S(DEPLOYING),   "a CDN location does not show the certificate yet"},
    {S(DEPLOYING),   E(PROVEN),          S(LIVE),        "every CDN location shows the certificate"},
    {S(DEPLOYING),   E(OUTDATED),        S(FAILED),      "CDN locations show a later certificate, which the restored store lacks; another one is asked for"},

    {S(ADMITTED),    E(CA_UNAVAILABLE),  S(ADMITTED),    "the certificate authority does not answer; it goes on by itself"},
    {S(ORDERING),    E(CA_UNAVAILABLE),  S(ORDERING),    "the certificate authority did not answer; asked again by itself"},
    {S(VALIDATING),  E(CA_UNAVAILABLE),  S(VALIDATING),  "the certificate authority did not answer; asked again by itself"},
    {S(FINALIZING),  E(CA_UNAVAILABLE),  S(FINALIZING),  "the certificate authority did not answer; asked again by itself"},

    {S(ORDERING),    E(NO_ROOM),         S(ADMITTED),    "the certificate authority asks to wait"},
    {S(ORDERING),    E(CA_REFUSED),      S(PARKED),      "the certificate authority refused the order"},
    {S(VALIDATING),  E(CA_REFUSED),      S(PARKED),      "the certificate authority refused to validate"},
    {S(FINALIZING),  E(CA_REFUSED),      S(PARKED),      "the certificate authority refused to issue"},

    {S(ORDERING),    E(NAME_REFUSED),    S(WAITING_DNS), "the certificate authority does not take a name; it goes on without it"},
    {S(FINALIZING),  E(NAME_REFUSED),    S(WAITING_DNS), "the certificate authority does not take a name; it goes on without it"},

    {S(ORDERING),    E(CA_ORDER_LOST),   S(WAITING_DNS), "the order at the certificate authority has lapsed; a new one is asked for"},
    {S(PUBLISHING),  E(CA_ORDER_LOST),   S(WAITING_DNS), "the order at the certificate authority has lapsed; a new one is asked for"},
    {S(VALIDATING),  E(CA_ORDER_LOST),   S(WAITING_DNS), "the order at the certificate authority has lapsed; a new one is asked for"},
    {S(FINALIZING),  E(CA_ORDER_LOST),   S(WAITING_DNS), "the order at the certificate authority has lapsed; a new one is asked for"},

    {S(ORDERING),    E(CA_ACCOUNT_LOST), S(WAITING_DNS), "our account at the certificate authority is gone; a new one is made"},
    {S(VALIDATING),  E(CA_ACCOUNT_LOST), S(WAITING_DNS), "our account at the certificate authority is gone; a new one is made"},
    {S(FINALIZING),  E(CA_ACCOUNT_LOST), S(WAITING_DNS), "our account at the certificate authority is gone; a new one is made"},

    {S(WAITING_DNS), E(CA_GONE),         S(WAITING_DNS), "its certificate authority is not configured any more; another one is asked"},
    {S(ADMITTED),    E(CA_GONE),         S(WAITING_DNS), "its certificate authority is not configured any more; another one is asked"},
    {S(ORDERING),    E(CA_GONE),         S(WAITING_DNS), "its certificate authority is not configured any more; another one is asked"},
    {S(PUBLISHING),  E(CA_GONE),         S(WAITING_DNS), "its certificate authority is not configured any more; another one is asked"},
    {S(VALIDATING),  E(CA_GONE),         S(WAITING_DNS), "its certificate authority is not configured any more; another one is asked"},
    {S(FINALIZING),  E(CA_GONE),         S(WAITING_DNS), "its certificate authority is not configured any more; another one is asked"},
    {S(PARKED),      E(CA_GONE),         S(WAITING_DNS), "its certificate authority is not configured any more; another one is asked"},

    {S(PARKED),      E(RETRY),           S(WAITING_DNS), "it is tried again"},

    {S(WAITING_DNS), E(CANCELLED),       S(FAILED),      "cancelled"},
    {S(ADMITTED),    E(CANCELLED),       S(FAILED),      "cancelled"},
    {S(ORDERING),    E(CANCELLED),       S(FAILED),      "cancelled"},
    {S(PUBLISHING),  E(CANCELLED),       S(FAILED),      "cancelled"},
    {S(VALIDATING),  E(CANCELLED),       S(FAILED),      "cancelled"},
    {S(FINALIZING),  E(CANCELLED),       S(FAILED),      "cancelled"},
    {S(ISSUED),      E(CANCELLED),       S(FAILED),      "cancelled"},
    {S(STAGING),     E(CANCELLED),       S(FAILED),      "cancelled"},
    {S(DEPLOYING),   E(CANCELLED),       S(FAILED),      "cancelled"},
    {S(PARKED),      E(CANCELLED),       S(FAILED),      "cancelled"},
};
/* clang-format on */
#undef S
#undef E

#define X(id, name) [ISSUANCE_##id] = name,
static const char *const names[ISSUANCE_STATE_COUNT] = {ISSUANCE_STATES(X)};
#undef X
#define X(id, name) [ISSUANCE_EVENT_##id] = name,
static const char *const event_names[ISSUANCE_EVENT_COUNT] = {ISSUANCE_EVENTS(X)};
#undef X

const struct issuance_step *issuance_step(enum issuance_state from, enum issuance_event on)
{
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        if (steps[i].from == from && steps[i].on == on)
            return &steps[i];
    return NULL;
}

const struct issuance_step *issuance_steps(size_t *count)
{
    *count = ARRAY_LEN(steps);
    return steps;
}

bool issuance_event_is_failure(enum issuance_event event)
{
    return event == ISSUANCE_EVENT_DNS_BAD || event == ISSUANCE_EVENT_INVALID ||
           event == ISSUANCE_EVENT_CA_UNAVAILABLE || event == ISSUANCE_EVENT_CA_REFUSED ||
           event == ISSUANCE_EVENT_CA_ORDER_LOST || event == ISSUANCE_EVENT_VALUES_LOST ||
           event == ISSUANCE_EVENT_VALUES_REFUSED || event == ISSUANCE_EVENT_GAVE_UP;
}

bool issuance_state_is_final(enum issuance_state state)
{
    return state == ISSUANCE_LIVE || state == ISSUANCE_FAILED;
}

const char *issuance_state_name(enum issuance_state state)
{
    return names[state];
}

const char *issuance_event_name(enum issuance_event event)
{
    return event_names[event];
}

DEFINE_NAME_PARSE(issuance_state_parse, enum issuance_state, names)
