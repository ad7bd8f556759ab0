/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <jansson.h>
#include <time.h>

#define TRIES_MAX 20 /* with a bad nonce */
#define PAUSE_MS  20 /* before a CA that is away, or busy, is asked again */
#define AGENT     "User-Agent: acme_load/1\r\n"

struct client client_make(const struct client_site *site)
{
    return (struct client){.site = site, .wire = {.place = &site->place, .fd = -1}};
}

/* "localhost:8445" of a URL; its path follows. */
static struct slice authority_of(const char *url)
{
    const char *at = strstr(url, "://");

    at = at ? at + 3 : url;
    return slice_of(at, strcspn(at, "/"));
}

static const char *head_of(struct arena *mem, const char *method, const char *url)
{
    struct slice host = authority_of(url);

    return arena_printf(mem, "%s %s HTTP/1.1\r\nHost: %.*s\r\n" AGENT, method,
                        (const char *)host.data + host.len, (int)host.len, host.data);
}

static bool ask(struct client *client, struct arena *mem, enum meter_step step, const char *request,
                struct wire_answer *out, struct err *err)
{
    int64_t began = meter_now_us();

    if (!wire_exchange(&client->wire, mem, slice_str(request), out, err)) {
        meter_count(&client->meter, err->code == ERR_TIMEOUT ? METER_LOST : METER_CUT);
        *client->nonce = '\0';
        return false;
    }
    meter_took(&client->meter, step, began);
    meter_count(&client->meter, METER_REQUESTS);
    snprintf(client->nonce, sizeof(client->nonce), "%s", out->nonce ? out->nonce : "");
    return true;
}

static bool need_nonce(struct client *client, struct arena *mem, struct err *err)
{
    const char *url = client->site->new_nonce;
    struct wire_answer answer;

    if (*client->nonce)
        return true;
    return ask(client, mem, METER_NONCE, arena_printf(mem, "%s\r\n", head_of(mem, "HEAD", url)),
               &answer, err) &&
           (*client->nonce || err_set(err, ERR_NET, "newNonce gave no nonce: %d", answer.status));
}

static bool post_once(struct client *client, struct arena *mem, const struct client_request *r,
                      struct wire_answer *out, struct err *err)
{
    struct signing_header header = {.kid = r->kid, .nonce = client->nonce, .url = r->url};
    const char *body;

    if (!need_nonce(client, mem, err) || !signing_jws(mem, r->key, &header, r->payload, &body, err))
        return false;
    return ask(client, mem, r->step,
               arena_printf(mem,
                            "%sContent-Type: application/jose+json\r\n"
                            "Content-Length: %zu\r\n\r\n%s",
                            head_of(mem, "POST", r->url), strlen(body), body),
               out, err);
}

static void wait_a_little(void)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};

    nanosleep(&pause, NULL);
}

/* An answer of a CA, or of the nginx before it, that is busy or away. */
static bool is_busy(int status)
{
    return status == 429 || (status >= 502 && status <= 504);
}

static bool is_bad_nonce(const struct wire_answer *answer)
{
    return answer->status == 400 && strstr((const char *)answer->body.data, ":badNonce");
}

bool client_post(struct client *client, struct arena *mem, const struct client_request *request,
                 struct wire_answer *out, bool *is_repeated, struct err *err)
{
    int64_t until = meter_now_us() + client->site->patience_ms * 1000;

    *is_repeated = false;
    for (int tries = 0; tries < TRIES_MAX;) {
        bool is_answered = post_once(client, mem, request, out, err);

        if (is_answered && is_bad_nonce(out)) {
            meter_count(&client->meter, METER_BAD_NONCES);
            tries++;
            continue;
        }
        if (is_answered && !is_busy(out->status))
            return true;
        if (is_answered)
            meter_count(&client->meter, METER_REFUSED);
        if (meter_now_us() >= until)
            return is_answered;
        *is_repeated = true;
        wait_a_little();
    }
    return true;
}

static bool read_url(struct arena *mem, const json_t *directory, const char *name, const char **out,
                     struct err *err)
{
    const char *url = json_string_value(json_object_get(directory, name));

    if (!url)
        return err_set(err, ERR_CA_PROTOCOL, "the directory has no %s", name);
    *out = arena_strdup(mem, url);
    return true;
}

bool client_discover(struct arena *mem, const char *url, struct client_site *out, struct err *err)
{
    struct client client = client_make(out);
    const char *request = arena_printf(mem, "%s\r\n", head_of(mem, "GET", url));
    json_auto_t *directory = NULL;
    struct wire_answer answer;
    bool is_answered = wire_exchange(&client.wire, mem, slice_str(request), &answer, err);

    wire_close(&client.wire);
    if (!is_answered)
        return false;
    directory = json_loadb((const char *)answer.body.data, answer.body.len, 0, NULL);
    return read_url(mem, directory, "newNonce", &out->new_nonce, err) &&
           read_url(mem, directory, "newAccount", &out->new_account, err) &&
           read_url(mem, directory, "newOrder", &out->new_order, err);
}
