/* SPDX-License-Identifier: Apache-2.0 */
#include "check/record_form.h"

#include "base/buf.h"
#include "check/host_field.h"
#include "check/provider.h"

#define TEXT_MAX 2048 /* octets of the instructions */

/* What the instructions of one finding speak of. */
struct about {
    const struct provider *provider; /* NULL = not known */
    const char *registered;
    bool has_name_value; /* a record with a name as value is set */
    bool has_apex;       /* addresses of the domain itself are set */
    const char *cname;   /* a name of ours that it could follow instead; NULL = none */
};

static const struct provider *provider_for(const struct facts *f)
{
    return f->zone ? provider_of(f->zone) : NULL;
}

/* Who serves the zone, and by which keys, is set at the registrar, in forms of their own. */
static bool is_in_zone(const struct finding_action *action)
{
    return strcmp(action->type, "DS") != 0 && strcmp(action->type, "NS") != 0;
}

/* ---- where ---- */

static void say_place(struct buf *out, const struct provider *provider)
{
    if (!provider)
        return;
    buf_printf(out, "DNS is at %s", provider->name);
    if (provider->menu)
        buf_printf(out, "; its records are edited in \"%s\"", provider->menu);
    buf_str(out, ". ");
}

/* ---- what ---- */

/* The domain stands between the two. */
static const struct {
    const char *before, *after;
} host_sentences[PROVIDER_HOST_COUNT] = {
    [PROVIDER_HOST_UNKNOWN] = {"Most forms add the domain to a host by themselves: \"www\" is "
                               "typed, and \"@\" or nothing for ",
                               " itself. Others want the full name: the records that are there "
                               "show which."},
    [PROVIDER_HOST_AT] = {"The form adds the domain to a host by itself; the host of ",
                          " itself is \"@\"."},
    [PROVIDER_HOST_EMPTY] = {"The form adds the domain to a host by itself; the host of ",
                             " itself is left empty."},
    [PROVIDER_HOST_FULL] = {"The host is the full name there, such as \"www.", "\"."},
    [PROVIDER_HOST_CHOSEN] = {"No host is typed there: ", ", or its subdomain, is chosen first."},
};

static void say_host(struct buf *out, const struct about *about)
{
    enum provider_host host = about->provider ? about->provider->host : PROVIDER_HOST_UNKNOWN;

    buf_str(out, host_sentences[host].before);
    buf_str(out, about->registered);
    buf_str(out, host_sentences[host].after);
}

static const char *const value_sentences[PROVIDER_TARGET_COUNT] = {
    [PROVIDER_TARGET_UNKNOWN] = " Where the form adds the domain to a value as well, the value "
                                "ends with a dot.",
    [PROVIDER_TARGET_PLAIN] = " A name as value has no dot at its end.",
    [PROVIDER_TARGET_DOT] = " A name as value ends with a dot, else the domain is added to it.",
};

static void say_value(struct buf *out, const struct about *about)
{
    enum provider_target target =
        about->provider ? about->provider->target : PROVIDER_TARGET_UNKNOWN;

    if (about->has_name_value)
        buf_str(out, value_sentences[target]);
}

static void say_alias(struct buf *out, const struct about *about)
{
    const char *type = about->provider ? about->provider->apex_alias : NULL;

    if (!about->has_apex || !about->cname || !type || !*type)
        return;
    buf_printf(out,
               " In place of all addresses of %s, one record of the type \"%s\" with the value %s "
               "can be set: it follows when our addresses change.",
               about->registered, type, about->cname);
}

static void say_rest(struct buf *out, const struct provider *provider)
{
    if (!provider)
        return;
    if (provider->ttl_min_s > CHECK_RECORD_TTL)
        buf_printf(out, " The shortest TTL there is %lld seconds.", (long long)provider->ttl_min_s);
    if (provider->note)
        buf_printf(out, " %s", provider->note);
}

static const char *instructions(struct arena *mem, const struct about *about)
{
    struct buf out = buf_new(mem, TEXT_MAX);

    say_place(&out, about->provider);
    say_host(&out, about);
    say_value(&out, about);
    say_alias(&out, about);
    say_rest(&out, about->provider);
    return buf_ok(&out) ? buf_cstr(&out) : NULL;
}

const char *record_form_general(struct arena *mem, const char *registered)
{
    const struct about about = {.registered = registered, .has_name_value = true};

    return instructions(mem, &about);
}

/* ---- a finding ---- */

static void note_action(struct about *about, const struct finding_action *action)
{
    bool is_set = action->op != FINDING_REMOVE;
    bool is_address = strcmp(action->type, "A") == 0 || strcmp(action->type, "AAAA") == 0;

    about->has_name_value = about->has_name_value || (is_set && strcmp(action->type, "CNAME") == 0);
    about->has_apex =
        about->has_apex || (is_set && is_address && strcmp(action->fqdn, about->registered) == 0);
}

static struct finding_action typed(struct arena *mem, const struct provider *provider,
                                   const char *registered, const struct finding_action *action)
{
    struct finding_action out = *action;

    if (!provider || !is_in_zone(action))
        return out;
    out.form_host = provider_type_host(mem, provider, registered, action->fqdn);
    out.form_value = provider_type_value(mem, provider, action->type, action->value);
    return out;
}

const char *record_form_instructions(struct arena *mem, const struct facts *f,
                                     const struct finding_action *actions, size_t count)
{
    const char *cname = f->expected->cname;
    struct about about = {.provider = provider_for(f),
                          .registered = f->names->registered,
                          .cname = cname && *cname ? cname : NULL};
    bool is_any_in_zone = false;

    for (size_t i = 0; i < count; i++) {
        note_action(&about, &actions[i]);
        is_any_in_zone = is_any_in_zone || is_in_zone(&actions[i]);
    }
    return is_any_in_zone ? instructions(mem, &about) : NULL;
}

void record_form_fill(struct arena *mem, const struct facts *f, struct finding *finding)
{
    const struct provider *provider = provider_for(f);
    struct finding_action *list = arena_array_of(mem, finding->action_count, struct finding_action);

    for (size_t i = 0; i < finding->action_count; i++)
        list[i] = typed(mem, provider, f->names->registered, &finding->actions[i]);
    finding->actions = list;
    finding->instructions =
        record_form_instructions(mem, f, finding->actions, finding->action_count);
}

const char *record_form_host_words(struct arena *mem, const struct facts *f)
{
    const struct provider *provider = provider_for(f);
    const char *typed_host =
        provider ? provider_type_host(mem, provider, f->names->registered, f->name) : NULL;

    if (!typed_host && strcmp(f->name, f->names->registered) == 0)
        return "\"@\", or nothing,";
    if (!typed_host)
        typed_host = host_field(mem, f->names->registered, f->name);
    return *typed_host ? arena_printf(mem, "\"%s\"", typed_host) : "nothing";
}
