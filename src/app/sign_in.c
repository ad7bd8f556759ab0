/* SPDX-License-Identifier: Apache-2.0 */

/* sign_in: whether a password is looked at, and whether it is the right one. A try is counted
 * before the password is looked at, so that many at once are many. */
#include <arpa/inet.h>

#include "app/password.h"
#include "app/user.h"
#include "base/clock.h"
#include "store/sign_in_store.h"

/* Who has an IPv6 network of 64 bits has all addresses of it. */
static const char *network_of(struct arena *mem, const char *client)
{
    struct in6_addr address;
    char text[INET6_ADDRSTRLEN];

    if (inet_pton(AF_INET6, client, &address) != 1)
        return client;
    memset(address.s6_addr + 8, 0, 8);
    return arena_strdup(mem, inet_ntop(AF_INET6, &address, text, sizeof(text)));
}

static bool must_wait(int64_t retry_at, int64_t now, struct err *err)
{
    (void)err_set(err, ERR_RATE_LIMITED, "too many wrong passwords: try again in %lld s",
                  (long long)(retry_at - now + 999) / 1000);
    err->retry_at = retry_at;
    return false;
}

static bool count_try(struct arena *mem, struct db *tx, enum sign_in_count what, struct slice key,
                      struct err *err)
{
    const int64_t now = clock_now();
    struct sign_in_tries so_far;
    int64_t wait;

    if (!sign_in_store_try(mem, tx, key, now, &so_far, err))
        return false;
    if (so_far.count == 0)
        return must_wait(so_far.retry_at, now, err);
    wait = sign_in_wait_ms(what, so_far.count);
    return sign_in_store_wait(tx, key, wait ? now + wait : 0, err);
}

/* What a try counts for; the client is left out where it is not known. */
struct counted {
    struct slice address, client;
};

static bool count_tries(const struct app *app, struct arena *mem, const struct counted *counted,
                        struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    return db_tx_begin(app->db, &tx, err) &&
           (!counted->client.data || count_try(mem, tx, SIGN_IN_OF_CLIENT, counted->client, err)) &&
           count_try(mem, tx, SIGN_IN_OF_ADDRESS, counted->address, err) && db_tx_commit(&tx, err);
}

/* The right password: nothing is held against the address, and one try less against the client, who
 * may have guessed at others in between. */
static bool forgive(const struct app *app, const struct counted *counted, struct err *err)
{
    return sign_in_store_reset(app->db, counted->address, err) &&
           (!counted->client.data || sign_in_store_give_back(app->db, counted->client, err));
}

bool app_sign_in(const struct app *app, struct arena *mem, const struct sign_in_input *in,
                 const char **session, struct err *err)
{
    struct counted counted = {sign_in_store_key(mem, SIGN_IN_OF_ADDRESS, in->email), {NULL, 0}};
    const struct user *user;

    if (*in->client)
        counted.client = sign_in_store_key(mem, SIGN_IN_OF_CLIENT, network_of(mem, in->client));
    if (!count_tries(app, mem, &counted, err) ||
        !user_store_find(mem, app->db, in->email, &user, err))
        return false;
    if (!password_matches(user ? user->password : NULL, in->password))
        return err_set(err, ERR_UNAUTHENTICATED, "the address or the password is wrong");
    return forgive(app, &counted, err) && app_session_begin(mem, app->db, user->id, session, err);
}
