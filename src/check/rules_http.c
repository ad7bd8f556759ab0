/* SPDX-License-Identifier: Apache-2.0 */
#include "check/rules.h"

static bool fails_with(const struct facts *f, enum probe_outcome outcome)
{
    return f->bad && f->probes_bad == f->seen->probe_count && f->bad->outcome == outcome;
}

bool rule_is_http_refused(const struct facts *f)
{
    return fails_with(f, PROBE_REFUSED);
}

bool rule_is_http_timeout(const struct facts *f)
{
    return fails_with(f, PROBE_TIMEOUT);
}

bool rule_is_http_unreachable(const struct facts *f)
{
    return fails_with(f, PROBE_UNREACHABLE);
}

bool rule_is_http_cut(const struct facts *f)
{
    return fails_with(f, PROBE_CUT);
}

bool rule_is_http_redirected(const struct facts *f)
{
    return fails_with(f, PROBE_REDIRECTED);
}

bool rule_is_http_wrong_server(const struct facts *f)
{
    return fails_with(f, PROBE_WRONG_ANSWER);
}

bool rule_is_http_partly(const struct facts *f)
{
    return f->probes_bad > 0 && !rule_is_reached_elsewhere(f);
}

bool rule_is_http_looping(const struct facts *f)
{
    return fails_with(f, PROBE_LOOP);
}

bool rule_is_http_bad_redirect(const struct facts *f)
{
    return fails_with(f, PROBE_BAD_REDIRECT);
}

bool rule_is_http_tls_port(const struct facts *f)
{
    return fails_with(f, PROBE_WRONG_ANSWER) && f->bad->who.kind == ANSWERER_TLS_PORT;
}

/* What keeps a program out that a person is let in by, or may be. */
bool rule_is_http_blocked(const struct facts *f)
{
    return fails_with(f, PROBE_WRONG_ANSWER) &&
           (f->bad->status == 401 || f->bad->status == 403 || f->bad->status == 406 ||
            f->bad->status == 429 || f->bad->who.kind == ANSWERER_FIREWALL ||
            f->bad->who.kind == ANSWERER_COOKIE);
}

/* A certificate authority asks by IPv6 first, and by IPv4 only if there is nobody to connect to. */
bool rule_is_http_ipv6_wrong(const struct facts *f)
{
    size_t wrong = 0, v6 = 0;

    for (size_t i = 0; i < f->seen->probe_count; i++) {
        const struct probe *probe = &f->seen->probes[i];
        bool is_dialled = probe->outcome != PROBE_REFUSED && probe->outcome != PROBE_TIMEOUT &&
                          probe->outcome != PROBE_UNREACHABLE && probe->outcome != PROBE_OK;

        v6 += probe->address.is_v6;
        wrong += probe->address.is_v6 && is_dialled;
    }
    return v6 > 0 && wrong == v6 && v6 < f->seen->probe_count;
}

static bool has_strangers_alone(const struct facts *f)
{
    return facts_ours(f) == 0 && f->seen->stranger_count > 0;
}

bool rule_is_cdn_in_front(const struct facts *f)
{
    if (!has_strangers_alone(f) || f->seen->stranger_count < facts_foreign(f))
        return false;
    for (size_t i = 0; i < f->seen->stranger_count; i++)
        if (f->seen->strangers[i].outcome != PROBE_OK)
            return false;
    return true;
}

static const struct probe *find_kind(const struct facts *f, enum answerer_kind kind)
{
    for (size_t i = 0; i < f->seen->stranger_count; i++)
        if (f->seen->strangers[i].who.kind == kind)
            return &f->seen->strangers[i];
    return NULL;
}

bool rule_is_cdn_elsewhere(const struct facts *f)
{
    return has_strangers_alone(f) && f->seen->stranger_count == facts_foreign(f) &&
           find_kind(f, ANSWERER_CDN);
}

bool rule_is_cdn_looping(const struct facts *f)
{
    return f->seen->is_looping;
}

void rule_tell_http(struct arena *mem, const struct facts *f, struct finding_words *words)
{
    if (f->bad->who.kind != ANSWERER_NONE)
        words->why = arena_printf(mem, "%s, from %s", f->bad->text, f->bad->who.text);
    if (f->bad->location)
        words->other = f->bad->location;
}

void rule_tell_cdn(struct arena *mem, const struct facts *f, struct finding_words *words)
{
    const struct probe *probe = find_kind(f, ANSWERER_CDN);

    (void)mem;
    words->other = probe ? probe->who.text : "another server";
}

/* Who answers at the wrong address. */
void rule_tell_stranger(struct arena *mem, const struct facts *f, struct finding_words *words)
{
    for (size_t i = 0; i < f->seen->stranger_count; i++)
        if (f->seen->strangers[i].who.kind != ANSWERER_NONE) {
            words->why = arena_printf(mem, ", where %s answers", f->seen->strangers[i].who.text);
            return;
        }
    words->why = "";
}
