/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* provider: whose DNS it is, by the names of its servers, and what its form wants. The providers
 * are data (provider_rows.inc), each with the page that it was taken from; what no page said is
 * marked as not known and never guessed. Pure. */
#include "base/arena.h"
#include "check/zone.h"

#define PROVIDER_SERVERS_MAX 8 /* patterns of a row */

/* What is typed as the host of a record; the texts are for a table that people read. */
#define PROVIDER_HOSTS(X)                                                                          \
    X(UNKNOWN, "unknown", "not known")                                                             \
    X(AT, "at", "`@`, `www`")                                                                      \
    X(EMPTY, "empty", "nothing, `www`")                                                            \
    X(FULL, "full", "`example.com`, `www.example.com`")                                            \
    X(CHOSEN, "chosen", "the domain or subdomain is chosen first")

#define X(id, name, text) PROVIDER_HOST_##id,
enum provider_host { PROVIDER_HOSTS(X) PROVIDER_HOST_COUNT };
#undef X

/* How a name as value, such as the target of a CNAME, ends. */
#define PROVIDER_TARGETS(X)                                                                        \
    X(UNKNOWN, "unknown", "not known")                                                             \
    X(PLAIN, "plain", "no dot at its end")                                                         \
    X(DOT, "dot", "a dot at its end")

#define X(id, name, text) PROVIDER_TARGET_##id,
enum provider_target { PROVIDER_TARGETS(X) PROVIDER_TARGET_COUNT };
#undef X

struct provider {
    const char *name;                          /* "Cloudflare" */
    const char *servers[PROVIDER_SERVERS_MAX]; /* its servers' names: patterns for fnmatch(3) */
    enum provider_host host;
    enum provider_target target;
    /* The type to choose for a record at the domain itself that follows another name, as the form
     * calls it; "" = there is none, NULL = not known. */
    const char *apex_alias;
    int64_t ttl_min_s;         /* 0 = not known */
    const char *menu;          /* where records are edited; NULL = not known */
    const char *note;          /* one more thing to know, sentences; NULL = none */
    const char *source, *also; /* the pages that this was taken from; `also` may be NULL */
    const char *seen;          /* when they were read: "2026-11-26" */
};

/* NULL when it is not known, or the servers are of several. Servers that are lent to providers of
 * other names (NS1's) say nothing: alone they are not known, beside others these say it. */
const struct provider *provider_of(const struct zone_seen *zone);
/* All rows, in the order of the file; index below provider_count(). */
const struct provider *provider_at(size_t index);
size_t provider_count(void);

const char *provider_host_name(enum provider_host host);
const char *provider_host_text(enum provider_host host);
const char *provider_target_name(enum provider_target target);
const char *provider_target_text(enum provider_target target);

/* What is typed as the host of `fqdn`, which is `registered` or below it; of PROVIDER_HOST_CHOSEN,
 * what is chosen. NULL when it is not known. */
const char *provider_type_host(struct arena *mem, const struct provider *provider,
                               const char *registered, const char *fqdn);
/* What is typed as the value of a record of this type; NULL when it is not known. */
const char *provider_type_value(struct arena *mem, const struct provider *provider,
                                const char *type, const char *value);
