/* SPDX-License-Identifier: Apache-2.0 */

/* order_new: "Add SSL Certificate": which domain, which CA, whose country and state or city. The
 * page is one form that works without scripts; what the order's rules refuse is greyed, with the
 * reason that the order itself would give. */
#include "app/order.h"
#include "base/id.h"
#include "http/fields.h"
#include "model/hostname.h"
#include "store/domain_store.h"
#include "web/account.h"
#include "web/handlers.h"
#include "web/list.h"
#include "web/page.h"
#include "web/place.h"
#include "web/view.h"

#define DOMAINS_SHOWN 50
#define TEXT_MAX      WEB_PLACE_TEXT_MAX

enum { F_DOMAIN = WEB_FIRST_FIELD, F_CA, F_COUNTRY, F_STATE, F_CITY, F_AUTO_RENEW, COUNT };
static const struct http_field fields[COUNT] = {
    WEB_FORM_FIELDS,
    [F_DOMAIN] = {.name = "domain_id", .type = FIELD_TEXT, .max = 64},
    [F_CA] = {.name = "ca", .type = FIELD_TEXT, .max = 64},
    [F_COUNTRY] = {.name = "country", .type = FIELD_TEXT, .max = 8},
    [F_STATE] = {.name = "state", .type = FIELD_TEXT, .max = TEXT_MAX},
    [F_CITY] = {.name = "city", .type = FIELD_TEXT, .max = TEXT_MAX},
    [F_AUTO_RENEW] = {.name = "auto_renew", .type = FIELD_BOOL},
};

static const char *text_or(const struct http_value *value, const char *fallback)
{
    return value->text ? value->text : fallback ? fallback : "";
}

/* Adds the domain as a choice; why it cannot be chosen is what the order would say. */
static bool add_choice(const struct web_call *call, const struct web_account *in,
                       const struct domain *domain, const char *chosen, json_t *choices,
                       struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct order_input wanted = {.domain_id = domain->id, .is_dry_run = true};
    struct order_placed placed;
    bool is_possible = app_order_place(call->app, &in->caller, mem, &wanted, &placed, err);
    json_t *json;

    if (!is_possible && err_http(err->code) >= 500)
        return false; /* a fault of ours is no reason to show */
    json = view_domain(mem, domain);
    json_object_set_new(json, "is_possible", json_boolean(is_possible));
    json_object_set_new(json, "is_chosen",
                        json_boolean(is_possible && strcmp(chosen, domain->id) == 0));
    if (!is_possible)
        json_object_set_new(json, "why", view_sentence(err->text));
    json_array_append_new(choices, json);
    return true;
}

/* The domain that the page was opened for comes first, wherever the list has it. */
static bool add_asked_for(struct http_req *req, const struct web_account *in, const char *chosen,
                          json_t *choices, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    const struct domain *domain;

    if (!*chosen)
        return true;
    if (!domain_store_get(req->mem, call->app->db, &in->caller.scope, chosen, &domain, err))
        return false;
    return !domain || domain->is_removed || add_choice(call, in, domain, chosen, choices, err);
}

static bool add_choices(struct http_req *req, const struct web_account *in, const char *chosen,
                        json_t *data, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    const char *search = http_query(req, "search");
    const struct domain_filter filter = {
        .page = {.limit = DOMAINS_SHOWN},
        .name_prefix = search && *search ? hostname_prefix(req->mem, search) : NULL};
    struct domain_list list;
    json_t *choices = json_array();

    json_object_set_new(data, "domains", choices);
    if (!add_asked_for(req, in, chosen, choices, err) ||
        !domain_store_list(req->mem, call->app->db, &in->caller.scope, &filter, &list, err))
        return false;
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.items[i].id, chosen) != 0 &&
            !add_choice(call, in, &list.items[i], chosen, choices, err))
            return false;
    json_object_set_new(data, "has_domains", json_boolean(json_array_size(choices) > 0));
    json_object_set_new(data, "is_searched", json_boolean(filter.name_prefix != NULL));
    json_object_set_new(data, "has_search", json_boolean(filter.name_prefix || list.has_more));
    json_object_set_new(data, "search", json_string(filter.name_prefix ? search : ""));
    return true;
}

static void add_cas(const struct config *config, const char *chosen, json_t *data)
{
    const struct config_ca *fallback = config_ca_default(config);
    json_t *list = json_array();

    for (size_t i = 0; i < config->ca_count; i++) {
        const struct config_ca *ca = &config->ca[i];

        json_array_append_new(
            list, json_pack("{s:s, s:s, s:b}", "id", ca->id, "name", ca->name, "is_chosen",
                            *chosen ? strcmp(chosen, ca->id) == 0 : ca == fallback));
    }
    json_object_set_new(data, "cas", list);
    json_object_set_new(data, "has_choice_of_ca", json_boolean(config->ca_count > 1));
}

static bool show(struct http_req *req, struct http_res *res, const struct web_account *in,
                 const struct http_value *value, const struct err *problem, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    const struct account *account = in->account;
    json_t *data = json_pack("{s:o, s:b}", "account", view_account(account), "auto_renew",
                             !problem || value[F_AUTO_RENEW].is_true);

    add_cas(call->app->config, text_or(&value[F_CA], NULL), data);
    web_add_place(call->app, text_or(&value[F_COUNTRY], account->country),
                  text_or(&value[F_STATE], account->state), text_or(&value[F_CITY], account->city),
                  data);
    if (!add_choices(req, in, text_or(&value[F_DOMAIN], NULL), data, err) ||
        (problem && !web_take_problem(data, problem))) {
        json_decref(data);
        return false;
    }
    return web_reply_page(req, res,
                          &(struct web_page){.name = "order_new",
                                             .title = "account.add_ssl",
                                             .place = "accounts",
                                             .status = problem ? WEB_FORM_AGAIN : 0,
                                             .data = data},
                          err);
}

bool web_get_new_order(struct http_req *req, struct http_res *res, struct err *err)
{
    enum { Q_DOMAIN, Q_SEARCH, Q_COUNT };
    static const struct http_field query[Q_COUNT] = {
        [Q_DOMAIN] = {.name = "domain_id", .type = FIELD_TEXT, .max = ID_SIZE},
        [Q_SEARCH] = {.name = "search", .type = FIELD_TEXT, .max = WEB_SEARCH_MAX},
    };
    struct http_value value[COUNT] = {0}, asked[Q_COUNT];
    struct web_account in;

    if (!web_find_account(req, &in, err) || !http_query_fields(req, query, Q_COUNT, asked, err))
        return false;
    value[F_DOMAIN] = asked[Q_DOMAIN];
    return show(req, res, &in, value, NULL, err);
}

/* A form without a domain, country, state or city says so beside the field; the API may leave the
 * place out (R19). */
static bool check(const struct app *app, struct arena *mem, const struct http_value *value,
                  struct location *where, struct err *err)
{
    const struct location_input typed = {value[F_COUNTRY].text, value[F_STATE].text,
                                         value[F_CITY].text};

    if (!value[F_DOMAIN].text || !*value[F_DOMAIN].text)
        return err_field(err, "domain_id", "choose a domain");
    return location_read(mem, app->locations, &typed, where, err);
}

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The same form came before: a double click, the back button, two tabs. */
static bool is_ordered(const struct cert_order *order, const struct order_input *in,
                       const struct location *where)
{
    return order && order->state != ORDER_CANCELLED && order->state != ORDER_LAPSED &&
           is_same(order->ca, in->ca) && is_same(order->country, where->country) &&
           is_same(order->state_or_province, where->state) && is_same(order->city, where->city) &&
           order->is_auto_renew == in->is_auto_renew;
}

/* Places the order; done too when it is there already, just as the form has it. */
static bool place(const struct web_call *call, const struct caller *caller, struct arena *mem,
                  const struct order_input *in, const struct location *where, struct err *err)
{
    const struct cert_order *order;
    struct order_placed placed;
    struct err why;

    if (app_order_place(call->app, caller, mem, in, &placed, err))
        return true;
    why = *err;
    if (why.code != ERR_CONFLICT)
        return false;
    if (!order_store_latest(mem, call->app->db, &caller->scope, in->domain_id, &order, err))
        return false;
    *err = why;
    return is_ordered(order, in, where);
}

static bool read_and_place(struct http_req *req, const struct web_account *in,
                           struct http_value *value, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    struct location where;

    if (!http_form_fields(req, fields, COUNT, value, err))
        return false;
    web_drop_old_state(call->app, &value[F_COUNTRY], &value[F_STATE]);
    return check(call->app, req->mem, value, &where, err) &&
           place(call, &in->caller, req->mem,
                 &(struct order_input){.domain_id = value[F_DOMAIN].text,
                                       .ca = value[F_CA].text,
                                       .country = value[F_COUNTRY].text,
                                       .state = value[F_STATE].text,
                                       .city = value[F_CITY].text,
                                       .is_auto_renew = value[F_AUTO_RENEW].is_true},
                 &where, err);
}

bool web_post_new_order(struct http_req *req, struct http_res *res, struct err *err)
{
    struct http_value value[COUNT] = {0};
    struct web_account in;
    struct err problem;

    if (!web_find_account(req, &in, err))
        return false;
    if (read_and_place(req, &in, value, err))
        return web_redirect(res, arena_printf(req->mem, "/domains/%s", value[F_DOMAIN].text));
    if (err_http(err->code) >= 500)
        return false;
    problem = *err;
    return show(req, res, &in, value, &problem, err);
}
