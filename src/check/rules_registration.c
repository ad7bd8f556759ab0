/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "check/rules.h"

#define DAY_LEN 10 /* "2026-11-24" */
#define SOON_MS (INT64_C(30) * 86400 * 1000)

static bool is_in(const struct facts *f, enum registration_state state)
{
    return f->registration && f->registration->said.is_in_state[state];
}

/* By name and by fact: neither alone is certain. */
static bool is_gone(const struct facts *f)
{
    return f->registration && !f->registration->is_in_dns;
}

static bool has_ended(const struct facts *f)
{
    const struct registration *said = &f->registration->said;

    return said->is_registered &&
           (is_in(f, REGISTRATION_REDEMPTION) || is_in(f, REGISTRATION_PENDING_DELETE) ||
            (said->expires_at && said->expires_at <= f->context->at));
}

static bool is_held(const struct facts *f)
{
    return f->registration->said.is_registered &&
           (is_in(f, REGISTRATION_CLIENT_HOLD) || is_in(f, REGISTRATION_SERVER_HOLD));
}

bool rule_is_not_registered(const struct facts *f)
{
    return is_gone(f) && !f->registration->said.is_registered;
}

bool rule_is_expired(const struct facts *f)
{
    return is_gone(f) && has_ended(f);
}

bool rule_is_on_hold(const struct facts *f)
{
    return is_gone(f) && is_held(f);
}

/* ---- how it is told ---- */

static const char *day(struct arena *mem, int64_t at)
{
    char text[CLOCK_TEXT_SIZE];

    return arena_strndup(mem, clock_text(at, text), DAY_LEN);
}

static void tell_end(struct arena *mem, const struct facts *f, struct finding_words *words)
{
    words->expected = "Renew it at the registrar";
    if (is_in(f, REGISTRATION_PENDING_DELETE)) {
        words->why = "has ended, and it is about to be deleted (pendingDelete)";
        words->expected = "It cannot be renewed any more: once it is deleted, anybody can register "
                          "it anew";
    } else if (is_in(f, REGISTRATION_REDEMPTION)) {
        words->why = "has ended, and it was deleted (redemptionPeriod)";
        words->expected = "For some weeks the registrar can get it back";
    } else {
        words->why = arena_printf(mem, "ended on %s", day(mem, f->registration->said.expires_at));
    }
}

static void tell_hold(const struct facts *f, struct finding_words *words)
{
    if (is_in(f, REGISTRATION_SERVER_HOLD)) {
        words->why = "registry holds it back (serverHold)";
        words->expected = "Ask the registrar what the registry wants before it lets it go";
    } else {
        words->why = "registrar holds it back (clientHold)";
        words->expected = "Ask the registrar what is wanted: most often a bill is open, or an "
                          "e-mail address was not confirmed";
    }
}

void rule_tell_registration(struct arena *mem, const struct facts *f, struct finding_words *words)
{
    words->other = f->names->registered;
    words->found = f->registration->is_in_dns ? "it may go out of DNS at any moment"
                                              : "it is not in DNS, whatever its records say";
    if (has_ended(f))
        tell_end(mem, f, words);
    else if (is_held(f))
        tell_hold(f, words);
}

void rule_fill_registration(struct arena *mem, const struct facts *f, struct finding *out)
{
    const struct registration *said = &f->registration->said;
    const char *text = said->is_registered ? "registered" : "not registered";

    for (size_t i = 0; i < REGISTRATION_STATE_COUNT; i++)
        if (said->is_in_state[i])
            text = arena_printf(mem, "%s, %s", text, registration_state_name(i));
    if (said->expires_at)
        text = arena_printf(mem, "%s, expires on %s", text, day(mem, said->expires_at));
    finding_add_evidence(mem, out, (struct finding_evidence){"RDAP", "domain", text, -1});
}

/* ---- a domain that is in DNS ---- */

static void note(struct arena *mem, const struct facts *f, enum finding_code code,
                 struct finding_words *words, struct finding *out)
{
    words->subject = f->names->registered;
    words->www = f->names->registered;
    finding_set(mem, out, code, words);
    out->severity = FINDING_WARNING;
    out->retry_at = f->context->retry_at;
    rule_fill_registration(mem, f, out);
}

/* Soon, or, which most owners will have seen to by then, before it ought to. */
static bool note_expiry(struct arena *mem, const struct facts *f, struct finding *out)
{
    int64_t at = f->registration->said.expires_at, until = f->context->needed_until;
    bool is_soon = at && at - f->context->at <= SOON_MS;
    struct finding_words words = {.found = ""};

    if (!at || (!is_soon && at >= until))
        return false;
    words.why = day(mem, at);
    if (at < until)
        words.found = arena_printf(mem, ", and the subscription on %s", day(mem, until));
    note(mem, f, FINDING_DOMAIN_EXPIRES, &words, out);
    if (!is_soon)
        out->severity = FINDING_ADVICE;
    return true;
}

bool registration_finding(struct arena *mem, const struct facts *first, struct finding *out)
{
    struct finding_words words = {.found = ""};

    if (!first->registration || is_gone(first) || !first->registration->said.is_registered)
        return false;
    if (!has_ended(first) && !is_held(first))
        return note_expiry(mem, first, out);
    rule_tell_registration(mem, first, &words);
    note(mem, first, has_ended(first) ? FINDING_DOMAIN_EXPIRED : FINDING_DOMAIN_ON_HOLD, &words,
         out);
    return true;
}
