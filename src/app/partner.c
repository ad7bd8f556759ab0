/* SPDX-License-Identifier: Apache-2.0 */
#include "app/partner.h"

#include "app/mail_address.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/name_table.h"
#include "base/random.h"

#define TOKEN_PREFIX "lk_"
#define TOKEN_OCTETS 32

bool app_partner_create(const struct app *app, const struct caller *caller, struct arena *mem,
                        const struct partner_input *in, const struct partner **out, struct err *err)
{
    struct partner *partner = arena_new_of(mem, struct partner);
    const char *brand = in->brand ? in->brand : app->config->platform.brand;

    if (!app_need_operator(caller, "add a partner", err) ||
        !app_check_text("name", in->name, err) || !app_check_text("brand", brand, err))
        return false;
    *partner = (struct partner){
        .id = id_new(mem, ID_PARTNER), .name = in->name, .brand = brand, .created_at = clock_now()};
    if (!partner_store_add(app->db, partner, err))
        return false;
    *out = partner;
    return true;
}

/* The partner that a new account or token belongs to: the caller's own, or the one that is named,
 * if the caller may see it. */
static bool find_partner(const struct app *app, const struct caller *caller, struct arena *mem,
                         const char *named, const char **out, struct err *err)
{
    const char *id = named ? named : scope_partner_id(&caller->scope);
    const struct partner *partner;

    if (!id)
        return err_field(err, "partner_id", "partner_id is missing: the operator must say whose");
    if (!partner_store_get(mem, app->db, &caller->scope, id, &partner, err))
        return false;
    if (!partner)
        return err_set(err, ERR_NOT_FOUND, "there is no partner %.40s", id);
    *out = partner->id;
    return true;
}

static bool is_given(const char *text)
{
    return text && *text;
}

static bool read_location(const struct app *app, struct arena *mem, const struct account_input *in,
                          struct location *out, struct err *err)
{
    const struct location_input typed = {in->country, in->state, in->city};

    *out = (struct location){0};
    if (!is_given(in->country) && !is_given(in->state) && !is_given(in->city))
        return true;
    return location_read(mem, app->locations, &typed, out, err);
}

bool app_account_create(const struct app *app, const struct caller *caller, struct arena *mem,
                        const struct account_input *in, const struct account **out, struct err *err)
{
    struct account *account = arena_new_of(mem, struct account);
    struct location where;
    const char *partner_id;

    if (caller->scope.kind == SCOPE_ACCOUNT)
        return err_set(err, ERR_FORBIDDEN, "an account cannot add accounts");
    if (!find_partner(app, caller, mem, in->partner_id, &partner_id, err) ||
        !app_check_text("name", in->name, err) || !app_check_email("email", in->email, err) ||
        !read_location(app, mem, in, &where, err))
        return false;
    *account = (struct account){.id = id_new(mem, ID_ACCOUNT),
                                .partner_id = partner_id,
                                .name = in->name,
                                .email = in->email,
                                .country = where.country,
                                .state = where.state_code,
                                .city = where.city,
                                .created_at = clock_now()};
    if (!account_store_add(app->db, account, err))
        return false;
    *out = account;
    return true;
}

#define X(id, name) [TOKEN_SCOPE_##id] = name,
static const char *const scope_names[TOKEN_SCOPE_COUNT] = {TOKEN_SCOPES(X)};
#undef X

DEFINE_NAME_PARSE(token_scope_parse, enum token_scope, scope_names)

bool app_token_allows(const struct caller *caller, enum token_scope scope, struct err *err)
{
    if (caller->token_scopes.count == 0 || text_list_has(caller->token_scopes, scope_names[scope]))
        return true;
    return err_set(err, ERR_FORBIDDEN, "the token does not have the scope \"%s\"",
                   scope_names[scope]);
}

/* A limited token makes no token that may do more than itself. */
static bool check_scopes(const struct caller *caller, struct text_list wanted, struct err *err)
{
    enum token_scope scope;

    if (wanted.count == 0 && caller->token_scopes.count > 0)
        return err_field(err, "scopes", "scopes is missing: your own token is limited");
    for (size_t i = 0; i < wanted.count; i++) {
        if (!token_scope_parse(wanted.items[i], &scope))
            return err_field(err, "scopes", "there is no scope \"%.40s\"", wanted.items[i]);
        if (!app_token_allows(caller, scope, err))
            return false;
    }
    return true;
}

/* Whether the caller may make a token for this tenant; fills in the partner of an account. */
static bool check_token_tenant(const struct app *app, const struct caller *caller,
                               struct arena *mem, struct api_token *token, struct err *err)
{
    const struct account *account;

    if (token->account_id) {
        if (!account_store_get(mem, app->db, &caller->scope, token->account_id, &account, err))
            return false;
        if (!account)
            return err_set(err, ERR_NOT_FOUND, "there is no account %.40s", token->account_id);
        token->partner_id = account->partner_id;
        return true;
    }
    if (token->partner_id) {
        if (caller->scope.kind == SCOPE_ACCOUNT)
            return err_set(err, ERR_FORBIDDEN, "an account cannot make a token for its partner");
        return find_partner(app, caller, mem, token->partner_id, &token->partner_id, err);
    }
    return app_need_operator(caller, "make a token without a tenant", err);
}

bool app_token_create(const struct app *app, const struct caller *caller, struct arena *mem,
                      const struct token_input *in, struct token_created *out, struct err *err)
{
    struct api_token *token = arena_new_of(mem, struct api_token);
    unsigned char octets[TOKEN_OCTETS], *hash = arena_alloc(mem, SHA256_SIZE);
    const char *secret;

    *token = (struct api_token){.id = id_new(mem, ID_TOKEN),
                                .partner_id = in->partner_id,
                                .account_id = in->account_id,
                                .edge_id = in->edge_id,
                                .name = in->name,
                                .scopes = in->scopes,
                                .created_at = clock_now()};
    if (!app_check_text("name", in->name, err) || !check_scopes(caller, in->scopes, err) ||
        !check_token_tenant(app, caller, mem, token, err))
        return false;
    random_bytes(octets, sizeof(octets));
    secret = arena_printf(mem, TOKEN_PREFIX "%s",
                          base64url_encode(mem, slice_of(octets, sizeof(octets))));
    hash_sha256(slice_str(secret), hash);
    token->hash = slice_of(hash, SHA256_SIZE);
    if (!token_store_add(app->db, token, err))
        return false;
    *out = (struct token_created){.token = token, .secret = secret};
    return true;
}

bool app_token_revoke(const struct app *app, const struct caller *caller, const char *token_id,
                      struct err *err)
{
    if (token_store_revoke(app->db, &caller->scope, token_id, clock_now(), err))
        return true;
    if (err->code == ERR_LOST_RACE)
        return err_set(err, ERR_NOT_FOUND, "there is no valid token %.40s", token_id);
    return false;
}

bool app_token_find(const struct app *app, struct arena *mem, const char *secret,
                    const struct api_token **out, struct err *err)
{
    unsigned char hash[SHA256_SIZE];

    hash_sha256(slice_str(secret), hash);
    return token_store_find(mem, app->db, slice_of(hash, sizeof(hash)), out, err);
}

bool app_token_caller(const struct api_token *token, struct caller *out, struct err *err)
{
    struct scope scope = scope_platform();

    if (token->edge_id)
        return err_set(err, ERR_FORBIDDEN, "this token is an edge's: it is good for the feed only");
    if (token->account_id)
        scope = scope_account(token->partner_id, token->account_id);
    else if (token->partner_id)
        scope = scope_partner(token->partner_id);
    *out = (struct caller){.scope = scope, .actor = token->id, .token_scopes = token->scopes};
    return true;
}
