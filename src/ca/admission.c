/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/admission.h"

#include "base/clock.h"
#include "base/hash.h"
#include "ca/limit_store.h"
#include "ca/token.h"

#define MS_US        INT64_C(1000)
#define SECOND_MS    INT64_C(1000)
#define NETWORK_BITS 48
#define PAUSED_SHOWN 2 /* names in the sentence */

/* Boulder's sentences: `what` (5) `where` in the last 3h0m0s, retry after ... */
static const struct {
    const char *what;
    const char *where; /* NULL: for whom it is */
} sentences[CA_LIMIT_COUNT] = {
    [CA_LIMIT_ACCOUNTS_PER_ADDRESS] = {"too many new registrations", "from this IP address"},
    [CA_LIMIT_ACCOUNTS_PER_NETWORK] = {"too many new registrations",
                                       "from this /48 subnet of IPv6 addresses"},
    [CA_LIMIT_ORDERS_PER_ACCOUNT] = {"too many new orders", "from this account"},
    [CA_LIMIT_CERTIFICATES_PER_DOMAIN] = {"too many certificates", NULL},
    [CA_LIMIT_CERTIFICATES_PER_SET] = {"too many certificates",
                                       "already issued for this exact set of identifiers"},
    [CA_LIMIT_FAILURES_PER_NAME] = {"too many failed authorizations", NULL},
};

/* Buckets that are asked together. */
struct asking {
    struct arena *mem;
    const struct ca *ca;
    struct db *tx;
    int64_t now; /* unix milliseconds */
    struct err *err;

    /* Of those that refuse, the one that is free last; retry_us 0: none. */
    enum ca_limit_id refusing;
    const char *whom;
    int64_t retry_us;
};

enum taking { TAKE, LOOK };

static bool is_on(const struct ca *ca, enum ca_limit_id id)
{
    return ca->limits.items[id].count > 0;
}

static bool spend(struct asking *asking, enum ca_limit_id id, const char *subject,
                  struct ca_spending *out)
{
    int64_t tat_us;

    if (!ca_bucket_get(asking->mem, asking->tx, ca_limit_name(id), subject, &tat_us, asking->err))
        return false;
    *out = ca_limit_spend(&asking->ca->limits.items[id], tat_us, asking->now * MS_US);
    return true;
}

static bool keep(const struct asking *asking, enum ca_limit_id id, const char *subject,
                 const struct ca_spending *spending)
{
    return ca_bucket_set(asking->tx, ca_limit_name(id), subject, spending->tat_us, asking->err);
}

/* `whom` is shown to people. */
static bool ask(struct asking *asking, enum ca_limit_id id, enum taking taking, const char *subject,
                const char *whom)
{
    struct ca_spending spending;

    if (!is_on(asking->ca, id))
        return true;
    if (!spend(asking, id, subject, &spending))
        return false;
    if (!spending.is_allowed && spending.retry_us > asking->retry_us) {
        asking->refusing = id;
        asking->whom = whom;
        asking->retry_us = spending.retry_us;
    }
    return taking == LOOK || !spending.is_allowed || keep(asking, id, subject, &spending);
}

/* Counts what has happened: no longer refused, and an empty bucket stays as it is. */
static bool count(struct asking *asking, enum ca_limit_id id, const char *subject, bool *was_empty)
{
    struct ca_spending spending;

    *was_empty = false;
    if (!is_on(asking->ca, id))
        return true;
    if (!spend(asking, id, subject, &spending))
        return false;
    *was_empty = !spending.is_allowed;
    return *was_empty || keep(asking, id, subject, &spending);
}

/* --- refusing -------------------------------------------------------------------------------- */

/* "168h0m0s", as Go writes a duration. */
static const char *span_text(struct arena *mem, int64_t span_s)
{
    int64_t h = span_s / 3600, m = span_s / 60 % 60, s = span_s % 60;

    if (h)
        return arena_printf(mem, "%lldh%lldm%llds", (long long)h, (long long)m, (long long)s);
    return m ? arena_printf(mem, "%lldm%llds", (long long)m, (long long)s)
             : arena_printf(mem, "%llds", (long long)s);
}

/* The next whole second, "2026-11-25 14:19:21 UTC". */
static const char *instant_text(struct arena *mem, int64_t at)
{
    char text[CLOCK_TEXT_SIZE];

    clock_text((at + SECOND_MS - 1) / SECOND_MS * SECOND_MS, text);
    return arena_printf(mem, "%.10s %.8s UTC", text, text + strlen("2026-11-25T"));
}

static bool refuse(const struct asking *asking, struct ca_problem *problem)
{
    enum ca_limit_id id = asking->refusing;
    const struct ca_limit *limit = &asking->ca->limits.items[id];
    int64_t retry_at = (asking->retry_us + MS_US - 1) / MS_US;
    const char *where = sentences[id].where;
    const char *page = ca_url(asking->mem, asking->ca, CA_LIMITS_PATH "#%s", ca_limit_anchor(id));

    if (!where)
        where = arena_printf(asking->mem, "%sfor \"%s\"",
                             id == CA_LIMIT_CERTIFICATES_PER_DOMAIN ? "already issued " : "",
                             asking->whom);
    (void)ca_refuse(problem, CA_PROBLEM_RATE_LIMITED,
                    "%s (%lld) %s in the last %s, retry after %s: see %s", sentences[id].what,
                    (long long)limit->burst, where, span_text(asking->mem, limit->period_s),
                    instant_text(asking->mem, retry_at), page);
    problem->retry_at = retry_at;
    problem->help = page;
    return false;
}

static bool conclude(const struct asking *asking, bool is_asked, const char *what,
                     struct ca_problem *problem)
{
    if (!is_asked)
        return ca_fail(problem, asking->err, what);
    return !asking->retry_us || refuse(asking, problem);
}

/* --- accounts -------------------------------------------------------------------------------- */

static const char *network_text(struct arena *mem, const struct address *address)
{
    struct address network = *address;
    char text[ADDRESS_TEXT_SIZE];

    memset(network.octets + NETWORK_BITS / 8, 0, sizeof(network.octets) - NETWORK_BITS / 8);
    return arena_printf(mem, "%s/%d", address_text(&network, text), NETWORK_BITS);
}

bool ca_admit_account(const struct ca_call *call, struct db *tx, struct ca_problem *problem)
{
    const char *client = call->req->client;
    struct address address;
    struct err err = {0};
    struct asking asking = {
        .mem = call->mem, .ca = call->ca, .tx = tx, .now = call->now, .err = &err};
    bool is_asked;

    if (!address_parse(client, &address, &err))
        return true; /* not known, as without a front */
    is_asked = ask(&asking, CA_LIMIT_ACCOUNTS_PER_ADDRESS, TAKE, client, client);
    if (is_asked && address.is_v6) {
        const char *network = network_text(call->mem, &address);

        is_asked = ask(&asking, CA_LIMIT_ACCOUNTS_PER_NETWORK, TAKE, network, network);
    }
    return conclude(&asking, is_asked, "Error creating new account", problem);
}

/* --- orders ---------------------------------------------------------------------------------- */

const char *ca_registered_domain(const struct ca *ca, const char *name)
{
    const char *base = ca_name_base(name);
    const char *domain = psl_registrable_domain(ca->public_suffixes, base);

    return domain ? domain : base;
}

/* One of each. */
static struct ca_names registered_domains(struct arena *mem, const struct ca *ca,
                                          const struct ca_names *names)
{
    const char **items = arena_array_of(mem, names->count + 1, const char *);

    for (size_t i = 0; i < names->count; i++)
        items[i] = ca_registered_domain(ca, names->items[i]);
    return ca_names_make(mem, items, names->count);
}

static const char *set_subject(struct arena *mem, const struct ca_names *names)
{
    unsigned char digest[SHA256_SIZE];

    hash_sha256(slice_str(ca_names_text(mem, names)), digest);
    return hex_encode(mem, slice_of(digest, sizeof(digest)));
}

static const char *account_subject(struct arena *mem, int64_t account_id)
{
    return arena_printf(mem, "%lld", (long long)account_id);
}

static const char *name_subject(struct arena *mem, int64_t account_id, const char *name)
{
    return arena_printf(mem, "%lld %s", (long long)account_id, name);
}

static bool is_renewal(const struct asking *asking, const struct ca_names *names, bool *out)
{
    return ca_issued_has(asking->mem, asking->tx, names, asking->now - CA_RENEWAL_SINCE_MS, out,
                         asking->err);
}

static bool ask_for_first(struct asking *asking, int64_t account_id, const struct ca_names *names)
{
    struct ca_names domains = registered_domains(asking->mem, asking->ca, names);

    if (!ask(asking, CA_LIMIT_ORDERS_PER_ACCOUNT, TAKE, account_subject(asking->mem, account_id),
             ""))
        return false;
    for (size_t i = 0; i < domains.count; i++) {
        if (!ask(asking, CA_LIMIT_CERTIFICATES_PER_DOMAIN, LOOK, domains.items[i],
                 domains.items[i]))
            return false;
    }
    return true;
}

static bool ask_for_order(struct asking *asking, int64_t account_id, const struct ca_names *names)
{
    bool is_again;

    if (!is_renewal(asking, names, &is_again) ||
        (!is_again && !ask_for_first(asking, account_id, names)))
        return false;
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->items[i];

        if (!ask(asking, CA_LIMIT_FAILURES_PER_NAME, LOOK,
                 name_subject(asking->mem, account_id, name), name))
            return false;
    }
    return ask(asking, CA_LIMIT_CERTIFICATES_PER_SET, LOOK, set_subject(asking->mem, names), "");
}

static const char *unpause_url(const struct asking *asking, int64_t account_id)
{
    const char *token = ca_token_new(asking->mem);

    if (!ca_unpause_page(asking->mem, asking->tx, account_id, token, &token, asking->err))
        return NULL;
    return ca_url(asking->mem, asking->ca, CA_UNPAUSE_PATH "/%s", token);
}

static bool refuse_paused(const struct asking *asking, int64_t account_id,
                          const struct ca_names *paused, struct ca_problem *problem)
{
    struct ca_names shown = *paused;
    const char *url = unpause_url(asking, account_id);

    if (!url)
        return ca_fail(problem, asking->err, "Error creating new order");
    if (shown.count > PAUSED_SHOWN)
        shown.count = PAUSED_SHOWN;
    (void)ca_refuse(problem, CA_PROBLEM_RATE_LIMITED,
                    "Your account is temporarily prevented from requesting certificates for %s and "
                    "possibly others. Please visit: %s",
                    ca_names_text(asking->mem, &shown), url);
    problem->help = ca_url(asking->mem, asking->ca, CA_LIMITS_PATH "#%s",
                           ca_limit_anchor(CA_LIMIT_FAILURES_IN_A_ROW));
    return false;
}

static bool check_pauses(const struct asking *asking, int64_t account_id,
                         const struct ca_names *names, struct ca_problem *problem)
{
    const char **items = arena_array_of(asking->mem, names->count + 1, const char *);
    struct ca_names paused = {.items = items};
    bool is_paused = false;

    if (!is_on(asking->ca, CA_LIMIT_FAILURES_IN_A_ROW))
        return true;
    for (size_t i = 0; i < names->count; i++) {
        if (!ca_pause_has(asking->mem, asking->tx, account_id, names->items[i], &is_paused,
                          asking->err))
            return ca_fail(problem, asking->err, "Error creating new order");
        if (is_paused)
            items[paused.count++] = names->items[i];
    }
    return paused.count == 0 || refuse_paused(asking, account_id, &paused, problem);
}

bool ca_admit_order(const struct ca_call *call, struct db *tx, const struct ca_names *names,
                    bool is_in_window, struct ca_problem *problem)
{
    int64_t account_id = call->account->id;
    struct err err = {0};
    struct asking asking = {
        .mem = call->mem, .ca = call->ca, .tx = tx, .now = call->now, .err = &err};

    if (!check_pauses(&asking, account_id, names, problem))
        return false;
    if (is_in_window)
        return true;
    return conclude(&asking, ask_for_order(&asking, account_id, names), "Error creating new order",
                    problem);
}

/* --- what has happened ----------------------------------------------------------------------- */

bool ca_count_issued(struct arena *mem, const struct ca *ca, struct db *tx,
                     const struct ca_issued *issued, struct err *err)
{
    struct asking asking = {.mem = mem, .ca = ca, .tx = tx, .now = issued->created_at, .err = err};
    struct ca_names domains = registered_domains(mem, ca, &issued->names);
    bool is_again, unused;

    if (!is_renewal(&asking, &issued->names, &is_again))
        return false;
    for (size_t i = 0; !is_again && i < domains.count; i++) {
        if (!count(&asking, CA_LIMIT_CERTIFICATES_PER_DOMAIN, domains.items[i], &unused))
            return false;
    }
    return count(&asking, CA_LIMIT_CERTIFICATES_PER_SET, set_subject(mem, &issued->names), &unused);
}

static bool pause(const struct asking *asking, int64_t account_id, const char *name)
{
    const struct ca_journal_entry entry = {.at = asking->now,
                                           .account_id = account_id,
                                           .kind = CA_JOURNAL_NAME_PAUSED,
                                           .subject = name,
                                           .detail = "too many failed authorizations in a row"};
    const char *page;

    return ca_pause_add(asking->tx, account_id, name, asking->now, asking->err) &&
           ca_unpause_page(asking->mem, asking->tx, account_id, ca_token_new(asking->mem), &page,
                           asking->err) &&
           ca_journal_add(asking->tx, &entry, asking->err);
}

bool ca_count_validated(struct arena *mem, const struct ca *ca, struct db *tx,
                        const struct ca_validated *validated, struct err *err)
{
    struct asking asking = {.mem = mem, .ca = ca, .tx = tx, .now = validated->at, .err = err};
    const char *subject = name_subject(mem, validated->account_id, validated->name);
    bool was_empty;

    if (validated->is_valid)
        return !is_on(ca, CA_LIMIT_FAILURES_IN_A_ROW) ||
               ca_bucket_forget(tx, ca_limit_name(CA_LIMIT_FAILURES_IN_A_ROW), subject, err);
    if (!count(&asking, CA_LIMIT_FAILURES_PER_NAME, subject, &was_empty) ||
        !count(&asking, CA_LIMIT_FAILURES_IN_A_ROW, subject, &was_empty))
        return false;
    return !was_empty || pause(&asking, validated->account_id, validated->name);
}
