/* SPDX-License-Identifier: Apache-2.0 */
#include "app/user.h"

#include "app/mail_address.h"
#include "app/password.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/random.h"
#include "model/sign_in.h"
#include "store/account_store.h"
#include "store/partner_store.h"
#include "store/sign_in_store.h"

#define SECRET_OCTETS 32

/* What a session or a link is known by. */
struct token {
    const char *secret;
    struct slice hash;
};

static struct slice hash_of(struct arena *mem, const char *secret)
{
    unsigned char *hash = arena_alloc(mem, SHA256_SIZE);

    hash_sha256(slice_str(secret), hash);
    return slice_of(hash, SHA256_SIZE);
}

static struct token new_token(struct arena *mem)
{
    unsigned char octets[SECRET_OCTETS];
    struct token token;

    random_bytes(octets, sizeof(octets));
    token.secret = base64url_encode(mem, slice_of(octets, sizeof(octets)));
    token.hash = hash_of(mem, token.secret);
    return token;
}

/* Whether the caller may add somebody to this tenant; fills in the partner of an account. */
static bool check_tenant(const struct app *app, const struct caller *caller, struct arena *mem,
                         struct user *user, struct err *err)
{
    const struct account *account;
    const struct partner *partner;

    if (user->account_id) {
        if (!account_store_get(mem, app->db, &caller->scope, user->account_id, &account, err))
            return false;
        if (!account)
            return err_set(err, ERR_NOT_FOUND, "there is no account %.40s", user->account_id);
        user->partner_id = account->partner_id;
        return true;
    }
    if (!user->partner_id)
        return app_need_operator(caller, "add an operator", err);
    if (caller->scope.kind == SCOPE_ACCOUNT)
        return err_set(err, ERR_FORBIDDEN, "an account cannot add people to its partner");
    if (!partner_store_get(mem, app->db, &caller->scope, user->partner_id, &partner, err))
        return false;
    return partner || err_set(err, ERR_NOT_FOUND, "there is no partner %.40s", user->partner_id);
}

bool app_user_add(const struct app *app, const struct caller *caller, struct arena *mem,
                  const struct user_input *in, const struct user **out, struct err *err)
{
    struct user *user = arena_new_of(mem, struct user);

    *user = (struct user){.id = id_new(mem, ID_USER),
                          .partner_id = in->partner_id,
                          .account_id = in->account_id,
                          .email = in->email,
                          .name = in->name,
                          .created_at = clock_now()};
    if (!app_check_text("name", in->name, err) || !app_check_email("email", in->email, err) ||
        !check_tenant(app, caller, mem, user, err))
        return false;
    if (!user_store_add(app->db, user, err)) {
        if (err->code != ERR_CONFLICT)
            return false;
        (void)err_field(err, "email", "somebody signs in with %.100s already", in->email);
        err->code = ERR_CONFLICT;
        return false;
    }
    *out = user;
    return true;
}

bool app_login_link_make(const struct app *app, const struct caller *caller, struct arena *mem,
                         const char *user_id, struct login_link_made *out, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct token token = new_token(mem);
    const int64_t now = clock_now();
    const struct login_link link = {.hash = token.hash,
                                    .user_id = user_id,
                                    .created_at = now,
                                    .expires_at = now + LOGIN_LINK_MS};
    const struct user *user;

    if (!user_store_get(mem, app->db, &caller->scope, user_id, &user, err))
        return false;
    if (!user)
        return err_set(err, ERR_NOT_FOUND, "there is no user %.40s", user_id);
    if (!db_tx_begin(app->db, &tx, err) || !login_link_store_add(tx, &link, err) ||
        !db_tx_commit(&tx, err))
        return false;
    *out = (struct login_link_made){token.secret, link.expires_at};
    return true;
}

const char *app_login_link_url(const struct app *app, struct arena *mem,
                               const struct login_link_made *link)
{
    return arena_printf(mem, "%s/welcome/%s", app->config->web.public_url, link->secret);
}

static bool is_gone(struct err *err)
{
    return err_set(err, ERR_GONE,
                   "this link was used already, or its time is over: ask for a new one");
}

bool app_login_link_find(const struct app *app, struct arena *mem, const char *secret,
                         const struct user **out, struct err *err)
{
    const struct scope scope = scope_platform();
    const struct login_link *link;

    if (!login_link_store_find(mem, app->db, hash_of(mem, secret), &link, err))
        return false;
    if (!link || link->expires_at <= clock_now())
        return is_gone(err);
    if (!user_store_get(mem, app->db, &scope, link->user_id, out, err))
        return false;
    return *out || is_gone(err);
}

bool app_session_begin(struct arena *mem, struct db *db, const char *user_id, const char **secret,
                       struct err *err)
{
    const struct token token = new_token(mem);
    const int64_t now = clock_now();
    const struct session session = {
        .hash = token.hash, .user_id = user_id, .created_at = now, .seen_at = now};

    if (!session_store_add(db, &session, err))
        return false;
    *secret = token.secret;
    return true;
}

bool app_login_link_use(const struct app *app, struct arena *mem, const char *secret,
                        const char *password, const char **session, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct user *user;
    const char *hash;

    if (!app_login_link_find(app, mem, secret, &user, err) ||
        !password_check(password, user->email, err) || !password_hash(mem, password, &hash, err) ||
        !db_tx_begin(app->db, &tx, err))
        return false;
    if (!login_link_store_use(tx, hash_of(mem, secret), err))
        return err->code == ERR_LOST_RACE ? is_gone(err) : false;
    return user_store_set_password(tx, user->id, hash, err) &&
           session_store_end_all(tx, user->id, err) &&
           app_session_begin(mem, tx, user->id, session, err) &&
           sign_in_store_reset(tx, sign_in_store_key(mem, SIGN_IN_OF_ADDRESS, user->email), err) &&
           db_tx_commit(&tx, err);
}

static struct scope scope_of(const struct user *user)
{
    if (user->account_id)
        return scope_account(user->partner_id, user->account_id);
    return user->partner_id ? scope_partner(user->partner_id) : scope_platform();
}

bool app_session_find(const struct app *app, struct arena *mem, const char *secret,
                      struct signed_in *out, bool *is_found, struct err *err)
{
    const struct scope platform = scope_platform();
    const int64_t now = clock_now();
    const struct session *session;
    const struct user *user;

    if (!session_store_find(mem, app->db, hash_of(mem, secret), &session, err))
        return false;
    *is_found = session && !session_is_over(session->created_at, session->seen_at, now);
    if (!*is_found)
        return true;
    if (!user_store_get(mem, app->db, &platform, session->user_id, &user, err))
        return false;
    if (!user)
        return err_set(err, ERR_STORE, "the user %s of a session is not there", session->user_id);
    *out = (struct signed_in){user, {.scope = scope_of(user), .actor = user->id}, session};
    return true;
}

bool app_session_see(const struct app *app, const struct signed_in *who, struct err *err)
{
    const int64_t now = clock_now();

    return now - who->session->seen_at < SESSION_SEE_MS ||
           session_store_see(app->db, who->session->hash, now, err);
}

bool app_sign_out(const struct app *app, const char *secret, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    return session_store_end(app->db, hash_of(mem, secret), err);
}
