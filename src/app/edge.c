/* SPDX-License-Identifier: Apache-2.0 */
#include "app/edge.h"

#include "base/clock.h"
#include "base/id.h"
#include "store/edge_store.h"

#define EDGE_NAME_MAX 63

static bool check_name(const char *field, const char *name, struct err *err)
{
    size_t len = name ? strlen(name) : 0;

    if (len == 0 || len > EDGE_NAME_MAX ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != len)
        return err_field(err, field, "%s \"%.80s\" must be 1 to %d of a-z, 0-9 and -", field,
                         name ? name : "", EDGE_NAME_MAX);
    return true;
}

bool app_edge_enrol(const struct app *app, const struct caller *caller, struct arena *mem,
                    const struct edge_input *in, struct token_created *out, struct err *err)
{
    const struct edge wanted = {
        .id = id_new(mem, ID_EDGE),
        .name = in->name,
        .group = in->group ? in->group : "default",
        .addresses = {.items = in->addresses.items, .count = in->addresses.count},
        .http_port = in->http_port,
        .https_port = in->https_port,
        .is_in_rotation = true,
        .created_at = clock_now(),
    };
    const struct edge *edge;

    if (!app_need_operator(caller, "enrol an edge", err) || !check_name("name", in->name, err) ||
        !check_name("group", wanted.group, err))
        return false;
    if (in->addresses.count == 0)
        return err_field(err, "addresses", "addresses is empty: where is edge %s reached",
                         in->name);
    if (!edge_store_put(app->db, &wanted, err) ||
        !edge_store_find(mem, app->db, in->name, &edge, err))
        return false;
    return app_token_create(app, caller, mem,
                            &(struct token_input){.name = in->name, .edge_id = edge->id}, out, err);
}
