/* SPDX-License-Identifier: Apache-2.0 */

/* The resolver where nobody answers, and one that cannot be made. */
#include <arpa/inet.h>
#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "dns/resolver.h"

/* A socket that takes questions and answers none, and a resolver that asks it; *fd is the caller's.
 */
static struct resolver *resolver_of_silence(struct arena *mem, int *fd)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(sa);
    struct resolver *resolver = NULL;
    struct err err = {0};

    *fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ok(bind(*fd, (struct sockaddr *)&sa, len) == 0 &&
           getsockname(*fd, (struct sockaddr *)&sa, &len) == 0,
       "bind");
    ok(resolver_new(&(struct resolver_options){.forwarder = arena_printf(mem, "127.0.0.1@%u",
                                                                         ntohs(sa.sin_port)),
                                               .timeout_ms = 300},
                    &resolver, &err),
       "%s", err.text);
    return resolver;
}

/* A forwarder that never answers: the deadline holds, and nothing is left behind. */
static void test_timeout(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    int silent;
    AUTO(resolver_freep) struct resolver *resolver = resolver_of_silence(mem, &silent);
    const struct dns_query queries[] = {{"plain.example", DNS_TYPE_A},
                                        {"plain.example", DNS_TYPE_AAAA}};
    struct dns_answer answers[2];
    struct err err = {0};
    int64_t began = clock_boot_ms(), took;

    ok(resolver_ask(mem, resolver, &(struct dns_batch){DNS_FRESH, 2, queries, answers}, &err), "%s",
       err.text);
    took = clock_boot_ms() - began;
    for (size_t i = 0; i < 2; i++)
        ok(answers[i].reply == DNS_REPLY_TIMEOUT && answers[i].rcode == -1 &&
               answers[i].record_count == 0 && answers[i].query.type == queries[i].type,
           "%s", dns_reply_name(answers[i].reply));
    ok(took >= 290 && took < 2000, "took %lld ms", (long long)took);
    close(silent);
    all_ok();
}

/* Answers everything with NXDOMAIN until the socket is shut down. */
static void *answer_nxdomain(void *arg)
{
    const int *fd = arg;
    struct sockaddr_in from;
    unsigned char packet[512];
    socklen_t len = sizeof(from);
    ssize_t n;

    while ((n = recvfrom(*fd, packet, sizeof(packet), 0, (struct sockaddr *)&from, &len)) > 12) {
        packet[2] = 0x84; /* QR, AA */
        packet[3] = 0x83; /* RA, NXDOMAIN */
        (void)!sendto(*fd, packet, (size_t)n, 0, (const struct sockaddr *)&from, len);
    }
    return NULL;
}

static enum dns_reply reply_of(struct arena *mem, struct resolver *resolver)
{
    const struct dns_query query = {"www.plain.example", DNS_TYPE_A};
    struct dns_answer answer = {.reply = DNS_REPLY_COUNT};
    struct err err = {0};

    ok(resolver_ask(mem, resolver, &(struct dns_batch){DNS_FRESH, 1, &query, &answer}, &err), "%s",
       err.text);
    return answer.reply;
}

/* Once a silent forwarder answers again, so does the next look-up: the pauses of those before, and
 * what they wait for, are not taken over. */
static void test_after_silence(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    int fd;
    AUTO(resolver_freep) struct resolver *resolver = resolver_of_silence(mem, &fd);
    unsigned char packet[512];
    pthread_t thread;

    for (int i = 0; i < 4; i++)
        ok(reply_of(mem, resolver) == DNS_REPLY_TIMEOUT, "silent");
    while (recv(fd, packet, sizeof(packet), MSG_DONTWAIT) > 0)
        continue; /* never answered */
    pthread_create(&thread, NULL, answer_nxdomain, &fd);
    ok(reply_of(mem, resolver) == DNS_REPLY_NXDOMAIN, "answering");
    shutdown(fd, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(fd);
    all_ok();
}

static const struct {
    struct resolver_options options;
    const char *text;
} refused[] = {
    {{.is_offline = true},
     "cannot resolve names: no DNS forwarder is set, and nothing may be asked outside this "
     "machine"},
    {{.forwarder = "127.0.0.1:53"},
     "\"127.0.0.1:53\" is not a DNS forwarder: address@port is wanted"},
    {{.forwarder = "localhost@53"},
     "\"localhost@53\" is not a DNS forwarder: address@port is wanted"},
    {{.forwarder = "127.0.0.1@0"},
     "\"127.0.0.1@0\" is not a DNS forwarder: address@port is wanted"},
    {{.forwarder = "127.0.0.1@65536"},
     "\"127.0.0.1@65536\" is not a DNS forwarder: address@port is wanted"},
    {{.forwarder = "127.0.0.1", .trust_anchor_file = "/nonexistent"},
     "could not read the DNSSEC trust anchor in /nonexistent: No such file or directory"},
    {{.forwarder = "127.0.0.1", .trust_anchor = "nonsense"},
     "could not set up the resolver: the DNSSEC trust anchor cannot be used"},
};

static void test_refused(void **state)
{
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct resolver *resolver = NULL;
        struct err err = {0};

        ok(!resolver_new(&refused[i].options, &resolver, &err) && !resolver &&
               err.code == ERR_CONFIG && strcmp(err.text, refused[i].text) == 0,
           "%zu: \"%s\"", i, err.text);
    }
    setenv("LATCHKEY_OFFLINE", "1", 1);
    struct resolver *resolver = NULL;
    struct err err = {0};
    ok(!resolver_new(&(struct resolver_options){0}, &resolver, &err) &&
           strcmp(err.text, refused[0].text) == 0,
       "by environment: \"%s\"", err.text);
    ok(resolver_new(&(struct resolver_options){.forwarder = "::1@5353"}, &resolver, &err),
       "IPv6 forwarder: %s", err.text);
    resolver_free(resolver);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_after_silence),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
