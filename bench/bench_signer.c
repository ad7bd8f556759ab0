/* SPDX-License-Identifier: Apache-2.0 */

/* How many requests a second one signer answers, beside what OpenSSL alone does in the same run. */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "../tests/unit/signer/fixture.h"
#include "base/clock.h"

#define SPAN_MS    1000
#define THREAD_MAX 8
#define BATCH      256
#define RECORD_LEN 1000

struct bench {
    struct signer *client;
    struct signer_sealed account;
    EVP_PKEY *key;
    int64_t until_ms;
};

typedef void (*round_fn)(struct arena *mem, const struct bench *bench);

static void must(bool is_done, const struct err *err)
{
    fixture_must(is_done, err->text);
}

/* What a JWS or a CSR cannot do without. */
static void sign_alone(struct arena *mem, const struct bench *bench)
{
    unsigned char signature[128], text[300] = {0};
    size_t len = sizeof(signature);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    (void)mem;
    fixture_must(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, bench->key) == 1 &&
                     EVP_DigestSign(ctx, signature, &len, text, sizeof(text)) == 1,
                 "sign");
    EVP_MD_CTX_free(ctx);
}

static void make_key(struct arena *mem, const struct bench *bench)
{
    struct signer_key key;
    struct err err = {0};

    must(signer_make_key(mem, bench->client, ACCOUNT, &key, &err), &err);
}

static void jws(struct arena *mem, const struct bench *bench)
{
    const struct signer_jws_wish wish = {
        .account = &bench->account,
        .header =
            "{\"alg\":\"ES256\",\"url\":\"" CA_URL
            "/new-order\",\"nonce\":\"kZvLfEBJ0bwTqNRdGPlDGA\",\"kid\":\"" CA_URL "/acct/1\"}",
        .payload = SLICE_LIT("{\"identifiers\":[{\"type\":\"dns\",\"value\":\"example.com\"}]}")};
    struct err err = {0};
    const char *text;

    must(signer_jws(mem, bench->client, &wish, &text, &err), &err);
}

static void csr(struct arena *mem, const struct bench *bench)
{
    static const char *const names[] = {"example.com", "www.example.com"};
    const struct csr_wish wish = {names, 2, "DE", "Bayern", NULL};
    struct signer_csr made;
    struct err err = {0};

    must(signer_make_csr(mem, bench->client, OWNER, &wish, &made, &err), &err);
}

static void mac(struct arena *mem, const struct bench *bench)
{
    struct signer_record *records = arena_array_of(mem, BATCH, struct signer_record);
    const unsigned char *octets = arena_alloc(mem, RECORD_LEN);
    struct err err = {0};

    for (size_t i = 0; i < BATCH; i++)
        records[i] = (struct signer_record){"default", slice_of(octets, RECORD_LEN), 0, {0}};
    must(signer_mac(bench->client, records, BATCH, &err), &err);
}

static const struct row {
    const char *what;
    round_fn round;
    int threads, per_round;
} rows[] = {
    {"OpenSSL ES256 alone", sign_alone, 1, 1},
    {"make_key", make_key, 1, 1},
    {"jws", jws, 1, 1},
    {"jws, 8 threads", jws, 8, 1},
    {"csr, two names", csr, 1, 1},
    {"mac, records of 1000 octets", mac, 1, BATCH},
};

struct runner {
    const struct bench *bench;
    round_fn round;
    long rounds;
};

static void *run_rounds(void *arg)
{
    struct runner *runner = arg;

    while (clock_boot_ms() < runner->bench->until_ms) {
        AUTO(arena_freep) struct arena *mem = arena_new();

        runner->round(mem, runner->bench);
        runner->rounds++;
    }
    return NULL;
}

/* Per second. */
static double measure(struct bench *bench, const struct row *row)
{
    struct runner runners[THREAD_MAX];
    pthread_t threads[THREAD_MAX];
    int64_t start = clock_boot_ms();
    long rounds = 0;

    bench->until_ms = start + SPAN_MS;
    for (int i = 0; i < row->threads; i++) {
        runners[i] = (struct runner){bench, row->round, 0};
        fixture_must(pthread_create(&threads[i], NULL, run_rounds, &runners[i]) == 0, "thread");
    }
    for (int i = 0; i < row->threads; i++) {
        pthread_join(threads[i], NULL);
        rounds += runners[i].rounds;
    }
    return (double)rounds * row->per_round * 1000 / (double)(clock_boot_ms() - start);
}

static pid_t fork_signer(struct fixture *f)
{
    pid_t pid = fork();
    struct err err = {0};

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(f->pair[1]);
        must(signer_harden(&err) && signer_serve_fd(&f->server, f->pair[0], f->stop[0], &err),
             &err);
        _exit(0);
    }
    close(f->pair[0]);
    return pid;
}

static void prepare(struct arena *mem, struct bench *bench)
{
    struct signer_key account;
    struct err err = {0};

    must(key_make(&bench->key, &err), &err);
    must(signer_make_key(mem, bench->client, ACCOUNT, &account, &err), &err);
    bench->account = (struct signer_sealed){ACCOUNT, account.sealed};
}

int main(void)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct bench bench = {0};
    struct fixture f;
    double alone = 0;
    pid_t pid;

    fixture_keys(&f);
    fixture_must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, f.pair) == 0 && pipe(f.stop) == 0, "fds");
    pid = fork_signer(&f);
    bench.client = signer_new_fd(f.pair[1]);
    prepare(mem, &bench);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        double rate = measure(&bench, &rows[i]);

        alone = i == 0 ? rate : alone;
        printf("%-30s %9.0f /s   %5.2f of OpenSSL alone\n", rows[i].what, rate, rate / alone);
    }
    signer_free(bench.client);
    EVP_PKEY_free(bench.key);
    waitpid(pid, NULL, 0);
    fixture_forget_keys(&f);
    return 0;
}
