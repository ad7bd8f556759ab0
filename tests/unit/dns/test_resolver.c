/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "check.h"
#include "dns/resolver.h"
#include "knot.h"

#define SOA(serial) "@ 3600 SOA ns.nic. host.nic. " serial " 3600 600 86400 60\n@ 3600 NS ns.nic.\n"

static const struct knot_zone zones[] = {
    {".", SOA("1"), false},
    {"plain.example",
     SOA("1") "@ 300 A 192.0.2.1\n@ 300 A 192.0.2.2\n@ 200 AAAA 2001:db8::1\nwww 120 CNAME @\n"
              "v4 60 A 192.0.2.9\ntext 60 TXT \"one\" \"two \\\"three\\\"\" \n"
              "text 60 TXT \"octet \\200\"\n"
              "@ 60 CAA 0 issue \"ca.example; accounturi=https://ca.example/1\"\n"
              "@ 60 CAA 128 IODEF \"mailto:a@b.example\"\n"
              "nobody 60 CAA 0 issue \"\"\n"
              "loop 60 CNAME loop2\nloop2 60 CNAME loop\nself 60 CNAME self\n"
              "dangling 60 CNAME nothing.plain.example.\ncross 60 CNAME www.other.test.\n"
              "c0 60 CNAME c1\nc1 60 CNAME c2\nc2 60 CNAME c3\nc3 60 CNAME c4\nc4 60 CNAME c5\n"
              "c5 60 CNAME c6\nc6 60 CNAME c7\nc7 60 CNAME c8\nc8 60 CNAME c9\nc9 60 CNAME @\n"
              "far 60 CNAME c0\ntobroken 60 CNAME www.broken.example.\n",
     false},
    {"other.test", SOA("1") "www 60 A 192.0.2.77\nback 60 CNAME xloop.there.invalid.\n", false},
    {"there.invalid", SOA("1") "xloop 60 CNAME back.other.test.\n@ 60 A 192.0.2.78\n", false},
    {"secure.example", SOA("1") "@ 300 A 192.0.2.3\nwww 60 CNAME @\n", true},
    {"bogus.example", SOA("1") "@ 300 A 192.0.2.4\n", true},
    {"broken.example", NULL, false},
    {"failing.example", NULL, false},
    {"changing.example", SOA("1") "www 60 A 192.0.2.81\nalias 60 CNAME www\n", false},
};

static struct knot knot;

/* rcode, chain and records as "rcode [chain: a b] type text; ...", in order of text. */
static const struct {
    const char *name;
    enum dns_type type;
    enum dns_reply reply;
    int rcode;
    enum dns_security security;
    uint32_t ttl; /* 0: not looked at */
    const char *seen;
} cases[] = {
    {"plain.example", DNS_TYPE_A, DNS_REPLY_RECORDS, 0, DNS_INSECURE, 300,
     "192.0.2.1; 192.0.2.2; "},
    {"PLAIN.Example.", DNS_TYPE_A, DNS_REPLY_RECORDS, 0, DNS_INSECURE, 300,
     "192.0.2.1; 192.0.2.2; "},
    {"plain.example", DNS_TYPE_AAAA, DNS_REPLY_RECORDS, 0, DNS_INSECURE, 200, "2001:db8::1; "},
    {"www.plain.example", DNS_TYPE_A, DNS_REPLY_RECORDS, 0, DNS_INSECURE, 120,
     "> plain.example 192.0.2.1; 192.0.2.2; "},
    {"www.plain.example", DNS_TYPE_CNAME, DNS_REPLY_RECORDS, 0, DNS_INSECURE, 120,
     "plain.example; "},
    {"v4.plain.example", DNS_TYPE_AAAA, DNS_REPLY_NODATA, 0, DNS_INSECURE, 60, ""},
    {"none.plain.example", DNS_TYPE_A, DNS_REPLY_NXDOMAIN, 3, DNS_INSECURE, 60, ""},
    {"nothing.at.all.zzz", DNS_TYPE_A, DNS_REPLY_NXDOMAIN, 3, DNS_INSECURE, 60, ""},
    {"dangling.plain.example", DNS_TYPE_A, DNS_REPLY_NXDOMAIN, 3, DNS_INSECURE, 60,
     "> nothing.plain.example "},
    {"cross.plain.example", DNS_TYPE_A, DNS_REPLY_RECORDS, 0, DNS_INSECURE, 60,
     "> www.other.test 192.0.2.77; "},
    {"there.invalid", DNS_TYPE_A, DNS_REPLY_RECORDS, 0, DNS_INSECURE, 60, "192.0.2.78; "},
    {"loop.plain.example", DNS_TYPE_A, DNS_REPLY_LOOP, -2, DNS_INSECURE, 0, NULL},
    {"self.plain.example", DNS_TYPE_AAAA, DNS_REPLY_LOOP, -2, DNS_INSECURE, 0, NULL},
    {"back.other.test", DNS_TYPE_A, DNS_REPLY_LOOP, -2, DNS_INSECURE, 0, NULL},
    {"c0.plain.example", DNS_TYPE_A, DNS_REPLY_RECORDS, 0, DNS_INSECURE, 60,
     "> c1.plain.example > c2.plain.example > c3.plain.example > c4.plain.example "
     "> c5.plain.example > c6.plain.example > c7.plain.example > c8.plain.example "
     "> c9.plain.example > plain.example 192.0.2.1; 192.0.2.2; "},
    {"far.plain.example", DNS_TYPE_A, DNS_REPLY_LOOP, -2, DNS_INSECURE, 0, NULL},
    {"text.plain.example", DNS_TYPE_TXT, DNS_REPLY_RECORDS, 0, DNS_INSECURE, 60,
     "\"octet \\200\" =octet \\200; \"one\" \"two \\\"three\\\"\" =onetwo \\\"three\\\"; "},
    {"plain.example", DNS_TYPE_CAA, DNS_REPLY_RECORDS, 0, DNS_INSECURE, 60,
     "0 issue \"ca.example; accounturi=https://ca.example/1\" "
     "=issue=ca.example; accounturi=https://ca.example/1; "
     "128 IODEF \"mailto:a@b.example\" =iodef=mailto:a@b.example; "},
    {"nobody.plain.example", DNS_TYPE_CAA, DNS_REPLY_RECORDS, 0, DNS_INSECURE, 60,
     "0 issue =issue=; "},
    {"test", DNS_TYPE_CAA, DNS_REPLY_NXDOMAIN, 3, DNS_INSECURE, 60, ""},
    {"invalid", DNS_TYPE_CAA, DNS_REPLY_NXDOMAIN, 3, DNS_INSECURE, 60, ""},
    {"plain.example", DNS_TYPE_NS, DNS_REPLY_RECORDS, 0, DNS_INSECURE, 3600, "ns.nic; "},
    {"plain.example", DNS_TYPE_SOA, DNS_REPLY_RECORDS, 0, DNS_INSECURE, 3600,
     "ns.nic. host.nic. 1 3600 600 86400 60 =ns.nic 1 60; "},
    {"secure.example", DNS_TYPE_A, DNS_REPLY_RECORDS, 0, DNS_SECURE, 300, "192.0.2.3; "},
    {"www.secure.example", DNS_TYPE_A, DNS_REPLY_RECORDS, 0, DNS_SECURE, 60,
     "> secure.example 192.0.2.3; "},
    {"none.secure.example", DNS_TYPE_A, DNS_REPLY_NXDOMAIN, 3, DNS_SECURE, 60, ""},
    {"secure.example", DNS_TYPE_AAAA, DNS_REPLY_NODATA, 0, DNS_SECURE, 60, ""},
    {"bogus.example", DNS_TYPE_A, DNS_REPLY_BOGUS, 2, DNS_INSECURE, 0, NULL},
    {"broken.example", DNS_TYPE_A, DNS_REPLY_SERVFAIL, 2, DNS_INSECURE, 0, ""},
    {"tobroken.plain.example", DNS_TYPE_A, DNS_REPLY_SERVFAIL, 2, DNS_INSECURE, 0, NULL},
};

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct dns_record *)a)->text, ((const struct dns_record *)b)->text);
}

static const char *describe(struct arena *mem, const struct dns_answer *answer)
{
    struct dns_record *sorted = arena_array_of(mem, answer->record_count, struct dns_record);
    struct buf out = buf_new(mem, 4096);

    for (size_t i = 0; i < answer->record_count; i++)
        sorted[i] = answer->records[i];
    qsort(sorted, answer->record_count, sizeof(*sorted), by_text);
    for (size_t i = 0; i < answer->chain_count; i++)
        buf_printf(&out, "> %s ", answer->chain[i].name);
    for (size_t i = 0; i < answer->record_count; i++) {
        const struct dns_record *r = &sorted[i];

        buf_str(&out, r->text);
        if (r->type == DNS_TYPE_TXT)
            buf_printf(&out, " =%s", r->value);
        if (r->type == DNS_TYPE_CAA)
            buf_printf(&out, " =%s=%s", r->tag, r->value);
        if (r->type == DNS_TYPE_SOA)
            buf_printf(&out, " =%s %u %u", r->name, r->serial, r->minimum);
        buf_str(&out, "; ");
    }
    return buf_cstr(&out);
}

static struct resolver *make(struct arena *mem)
{
    const char *ds = knot_ds(mem, &knot, "secure.example");
    struct resolver *resolver = NULL;
    struct err err = {0};

    /* The DS of bogus.example is one of another key. */
    knot_write(&knot, "anchors",
               arena_printf(mem,
                            "%s\nbogus.example. DS 11111 13 2 "
                            "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
                            ds));
    if (!resolver_new(&(struct resolver_options){.forwarder = knot.forwarder,
                                                 .is_offline = true,
                                                 .trust_anchor_file =
                                                     arena_printf(mem, "%s/anchors", knot.dir)},
                      &resolver, &err))
        fail_msg("%s", err.text);
    return resolver;
}

/* Without a trust anchor: the contexts of such a one are asked again and again. */
static struct resolver *make_plain(void)
{
    struct resolver *resolver = NULL;
    struct err err = {0};

    if (!resolver_new(&(struct resolver_options){.forwarder = knot.forwarder, .is_offline = true},
                      &resolver, &err))
        fail_msg("%s", err.text);
    return resolver;
}

static bool ask(struct arena *mem, struct resolver *resolver, struct dns_batch batch,
                struct err *err)
{
    return resolver_ask(mem, resolver, &batch, err);
}

static void compare(struct arena *mem, size_t i, const struct dns_answer *got)
{
    const char *seen = describe(mem, got);

    ok(got->reply == cases[i].reply && (cases[i].rcode == -2 || got->rcode == cases[i].rcode) &&
           got->security == cases[i].security && (cases[i].ttl == 0 || got->ttl == cases[i].ttl) &&
           (!cases[i].seen || strcmp(seen, cases[i].seen) == 0),
       "%s %s: %s %s %s ttl %u \"%s\"", cases[i].name, dns_type_name(cases[i].type),
       dns_reply_name(got->reply), dns_rcode_name(got->rcode),
       got->security == DNS_SECURE ? "secure" : "insecure", got->ttl, seen);
}

static void test_answers(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(resolver_freep) struct resolver *resolver = make(mem);
    struct dns_query queries[ARRAY_LEN(cases)];
    struct dns_answer answers[ARRAY_LEN(cases)];
    struct err err = {0};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        queries[i] = (struct dns_query){cases[i].name, cases[i].type};
    ok(ask(mem, resolver, (struct dns_batch){DNS_FRESH, ARRAY_LEN(cases), queries, answers}, &err),
       "%s", err.text);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        compare(mem, i, &answers[i]);
        ok((answers[i].reply == DNS_REPLY_BOGUS) == (answers[i].why_bogus != NULL), "%s: why",
           cases[i].name);
        if (answers[i].why_bogus)
            ok(strstr(answers[i].why_bogus, "bogus.example"), "why: %s", answers[i].why_bogus);
        if (cases[i].type == DNS_TYPE_A && answers[i].record_count > 0)
            ok(answers[i].records[0].address.len == 4 &&
                   answers[i].records[0].address.data[0] == 192,
               "octets of %s", cases[i].name);
    }
    ok(strcmp(resolver_name(resolver), knot.forwarder) == 0, "name");
    all_ok();
}

/* A fresh look-up sees a change a second after it, a recent one may not. */
static void test_freshness(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(resolver_freep) struct resolver *resolver = make(mem), *plain = make_plain();
    const struct dns_query query = {"www.other.test", DNS_TYPE_A};
    struct dns_answer answer, old;
    struct err err = {0};
    const char *now = "";

    ok(ask(mem, resolver, (struct dns_batch){DNS_RECENT, 1, &query, &answer}, &err) &&
           strcmp(describe(mem, &answer), "192.0.2.77; ") == 0,
       "before: %s", describe(mem, &answer));
    knot_write(&knot, "other.test.zone", SOA("2") "www 60 A 192.0.2.99\n");
    knot_reload(&knot);
    for (int i = 0; i < 50 && strcmp(now, "192.0.2.99; ") != 0; i++) {
        usleep(20000);
        ok(ask(mem, plain, (struct dns_batch){DNS_FRESH, 1, &query, &answer}, &err) &&
               ask(mem, resolver, (struct dns_batch){DNS_FRESH, 1, &query, &old}, &err),
           "%s", err.text);
        now = describe(mem, &answer);
    }
    ok(strcmp(now, "192.0.2.99; ") == 0, "the server: %s", now);
    usleep(RESOLVER_FRESH_MS * 1000);
    ok(ask(mem, resolver, (struct dns_batch){DNS_FRESH, 1, &query, &answer}, &err) &&
           strcmp(describe(mem, &answer), "192.0.2.99; ") == 0 && answer.ttl == 60,
       "fresh: %s ttl %u", describe(mem, &answer), answer.ttl);
    ok(ask(mem, resolver, (struct dns_batch){DNS_RECENT, 1, &query, &answer}, &err) &&
           strcmp(describe(mem, &answer), "192.0.2.77; ") == 0 && answer.ttl <= 60,
       "recent: %s ttl %u", describe(mem, &answer), answer.ttl);
    all_ok();
}

/* What changes, each as the contexts that are asked again have seen it before. */
static const struct {
    const char *name;
    enum dns_type type;
    const char *before, *after;
} changes[] = {
    {"www.changing.example", DNS_TYPE_A, "192.0.2.81; ", "192.0.2.82; "},
    {"alias.changing.example", DNS_TYPE_A, "> www.changing.example 192.0.2.81; ",
     "> www.changing.example 192.0.2.82; "},
    {"new.changing.example", DNS_TYPE_A, "", "192.0.2.83; "},
    {"www.changing.example", DNS_TYPE_TXT, "", "\"there\" =there; "},
    {"failing.example", DNS_TYPE_A, "", "192.0.2.84; "},
};

/* One at a time, each by its own resolver: a context whose look-up fails is not asked again. */
static size_t count_seen(struct arena *mem, struct resolver *const resolvers[ARRAY_LEN(changes)],
                         bool is_after)
{
    size_t seen = 0;

    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        const struct dns_query query = {changes[i].name, changes[i].type};
        const char *wanted = is_after ? changes[i].after : changes[i].before;
        struct dns_answer answer;
        struct err err = {0};

        ok(ask(mem, resolvers[i], (struct dns_batch){DNS_FRESH, 1, &query, &answer}, &err), "%s",
           err.text);
        seen += strcmp(describe(mem, &answer), wanted) == 0;
    }
    return seen;
}

/* Nothing is kept in a context that is asked again: values, aliases, what was not there, failures;
 * each record would be kept for a minute. */
static void test_nothing_is_kept(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct resolver *resolvers[ARRAY_LEN(changes)];
    size_t seen = 0;

    for (size_t i = 0; i < ARRAY_LEN(changes); i++)
        resolvers[i] = make_plain();
    ok(count_seen(mem, resolvers, false) == ARRAY_LEN(changes), "before");
    knot_write(&knot, "changing.example.zone",
               SOA("2") "www 60 A 192.0.2.82\nwww 60 TXT there\nnew 60 A 192.0.2.83\n"
                        "alias 60 CNAME www\n");
    knot_write(&knot, "failing.example.zone", SOA("1") "@ 60 A 192.0.2.84\n");
    knot_reload(&knot);
    for (int i = 0; i < 100 && seen < ARRAY_LEN(changes); i++) {
        usleep(20000);
        seen = count_seen(mem, resolvers, true);
    }
    ok(seen == ARRAY_LEN(changes), "after: %zu of %zu", seen, ARRAY_LEN(changes));
    for (size_t i = 0; i < ARRAY_LEN(changes); i++)
        resolver_free(resolvers[i]);
    all_ok();
}

static void test_bad_name(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(resolver_freep) struct resolver *resolver = make(mem);
    const struct dns_query query = {arena_printf(mem, "%064d.example", 1), DNS_TYPE_A};
    struct dns_answer answer;
    struct err err = {0};

    ok(!ask(mem, resolver, (struct dns_batch){DNS_FRESH, 1, &query, &answer}, &err) &&
           err.code == ERR_BAD_INPUT &&
           strcmp(err.text,
                  arena_printf(mem, "\"%s\" cannot be looked up: not a name", query.name)) == 0,
       "%s", err.text);
    all_ok();
}

struct asker {
    struct resolver *resolver;
    int failed;
};

static void *ask_often(void *arg)
{
    struct asker *asker = arg;
    const struct dns_query query = {"plain.example", DNS_TYPE_A};

    for (int i = 0; i < 20; i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct dns_answer answer;
        struct err err = {0};

        if (!ask(mem, asker->resolver,
                 (struct dns_batch){i % 4 ? DNS_RECENT : DNS_FRESH, 1, &query, &answer}, &err) ||
            answer.record_count != 2)
            asker->failed++;
    }
    return NULL;
}

static void ask_at_once(struct resolver *resolver)
{
    struct asker askers[12];
    pthread_t threads[12];

    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        askers[i] = (struct asker){.resolver = resolver};
        pthread_create(&threads[i], NULL, ask_often, &askers[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        pthread_join(threads[i], NULL);
        ok(askers[i].failed == 0, "thread %zu: %d failed", i, askers[i].failed);
    }
}

static void test_threads(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(resolver_freep) struct resolver *resolver = make(mem);
    AUTO(resolver_freep) struct resolver *plain = make_plain();

    ask_at_once(resolver);
    ask_at_once(plain);
    all_ok();
}

static int start(void **state)
{
    (void)state;
    return knot_start(&knot, zones, ARRAY_LEN(zones)) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    knot_stop(&knot);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),         cmocka_unit_test(test_freshness),
        cmocka_unit_test(test_nothing_is_kept), cmocka_unit_test(test_bad_name),
        cmocka_unit_test(test_threads),
    };

    if (!knot_is_there())
        return KNOT_SKIP;
    return cmocka_run_group_tests(tests, start, stop);
}
