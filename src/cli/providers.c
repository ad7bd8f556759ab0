/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/providers.h"

#include <assert.h>

#include "base/buf.h"
#include "check/provider.h"

#define OUT_MAX 65536

static const char head[] =
    "# DNS providers\n\n"
    "Whose DNS a domain has is told by the names of its name servers, and what is to be set is "
    "said as that\n"
    "provider's form wants it: by the API (`form_host`, `form_value` and `instructions` of a "
    "finding), in the\n"
    "pages and by `latchkey check`. Where something is not known, or the servers have other names "
    "(a\n"
    "provider's own for a customer, a reseller's), both forms are told instead of one.\n\n"
    "Each row was taken from the pages that it names: the provider's own where one was found, else "
    "another's who\n"
    "describes its form. They were read on the day that the row names, in stored copies that may "
    "be older. Forms\n"
    "change: a correction is one row of `src/check/provider_rows.inc`.\n\n"
    "| provider | name servers | typed as host of `example.com`, `www.example.com` | a name as "
    "value | "
    "type at the domain itself that follows a name | shortest TTL | where | to know | from |\n"
    "|---|---|---|---|---|---|---|---|---|\n";

/* In a cell: a note or a menu has no bar. */
static void add_text(struct buf *out, const char *text, const char *if_null)
{
    buf_printf(out, " %s |", text ? text : if_null);
}

static void add_servers(struct buf *out, const struct provider *provider)
{
    for (size_t i = 0; i < PROVIDER_SERVERS_MAX && provider->servers[i]; i++)
        buf_printf(out, "%s`%s`", i > 0 ? ", " : " ", provider->servers[i]);
    buf_str(out, " |");
}

static void add_alias(struct buf *out, const char *type)
{
    if (type && *type)
        buf_printf(out, " `%s` |", type);
    else
        add_text(out, type ? "none" : NULL, "not known");
}

static void add_pages(struct buf *out, const struct provider *provider)
{
    if (!provider->source)
        buf_printf(out, " no page was found (%s) |\n", provider->seen);
    else if (!provider->also)
        buf_printf(out, " [page](%s), %s |\n", provider->source, provider->seen);
    else
        buf_printf(out, " [page](%s), [page](%s), %s |\n", provider->source, provider->also,
                   provider->seen);
}

static void add_row(struct buf *out, const struct provider *provider)
{
    buf_printf(out, "| %s |", provider->name);
    add_servers(out, provider);
    add_text(out, provider_host_text(provider->host), NULL);
    add_text(out, provider_target_text(provider->target), NULL);
    add_alias(out, provider->apex_alias);
    if (provider->ttl_min_s > 0)
        buf_printf(out, " %lld s |", (long long)provider->ttl_min_s);
    else
        add_text(out, NULL, "not known");
    add_text(out, provider->menu, "not known");
    add_text(out, provider->note, "");
    add_pages(out, provider);
}

const char *cli_providers(struct arena *mem)
{
    struct buf out = buf_new(mem, OUT_MAX);

    buf_str(&out, head);
    for (size_t i = 0; i < provider_count(); i++)
        add_row(&out, provider_at(i));
    assert(buf_ok(&out));
    return buf_cstr(&out);
}
