/* SPDX-License-Identifier: Apache-2.0 */
#include "config/limits.h"

#include <string.h>

#include "base/name_table.h"

static const char *const names[CONFIG_LIMIT_COUNT] = {
#define X(id, name, count, period, what) [CONFIG_LIMIT_##id] = (name),
    CONFIG_LIMITS(X)
#undef X
};

static const char *const whats[CONFIG_LIMIT_COUNT] = {
#define X(id, name, count, period, what) [CONFIG_LIMIT_##id] = (what),
    CONFIG_LIMITS(X)
#undef X
};

static const struct config_limits letsencrypt = {{
#define X(id, name, count, period, what) [CONFIG_LIMIT_##id] = {(count), (period), (count)},
    CONFIG_LIMITS(X)
#undef X
}};

static const struct config_limits none;

DEFINE_NAME_PARSE(config_limit_parse, enum config_limit, names)

const char *config_limit_name(enum config_limit limit)
{
    return names[limit];
}

const char *config_limit_what(enum config_limit limit)
{
    return whats[limit];
}

/* An entry on top of those before it. */
static bool apply(const char *text, struct config_limits *limits, struct err *err)
{
    const char *rate = strpbrk(text, " \t");
    enum config_limit limit;
    char name[32];

    if (strcmp(text, "letsencrypt") == 0 || strcmp(text, "none") == 0) {
        *limits = *text == 'n' ? none : letsencrypt;
        return true;
    }
    if (!rate)
        return err_set(err, ERR_CONFIG, "\"%.40s\" is neither letsencrypt, none nor \"NAME RATE\"",
                       text);
    snprintf(name, sizeof(name), "%.*s", (int)(rate - text), text);
    if (!config_limit_parse(name, &limit))
        return err_set(err, ERR_CONFIG,
                       "there is no limit \"%s\": there are orders_per_account, "
                       "certificates_per_domain, certificates_per_set and failures_per_name",
                       name);
    return rate_parse(rate, &limits->rates[limit], err);
}

bool config_limit_format(const char *text, struct err *err)
{
    struct config_limits limits;

    return apply(text, &limits, err);
}

void config_limits_of(const struct config_ca *ca, struct config_limits *out)
{
    struct err ignored;

    *out = ca->kind == CONFIG_CA_PUBLIC ? letsencrypt : none;
    for (size_t i = 0; i < ca->limits.count; i++)
        (void)!apply(ca->limits.items[i], out, &ignored);
}
