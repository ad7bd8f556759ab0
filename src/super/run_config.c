/* SPDX-License-Identifier: Apache-2.0 */
#include "super/run_config.h"

#include "super/render.h"

struct ports {
    int64_t http, https, front, ca, dns, origin;
};

static struct ports ports_of(int64_t base)
{
    if (base == 0)
        return (struct ports){8080, 8443, 8444, 8445, 8053, 8090};
    return (struct ports){base, base + 1, base + 2, base + 3, base + 4, base + 5};
}

static const char *config_render(struct arena *mem, const struct layout *layout,
                                 const struct ports *ports)
{
    struct render_values values = {.mem = mem};

    render_set_number(&values, "HTTP_PORT", ports->http);
    render_set_number(&values, "HTTPS_PORT", ports->https);
    render_set_number(&values, "FRONT_PORT", ports->front);
    render_set_number(&values, "CA_PORT", ports->ca);
    render_set_number(&values, "DNS_PORT", ports->dns);
    render_set_number(&values, "ORIGIN_PORT", ports->origin);
    render_set(&values, "IPV6", layout->has_ipv6 ? "\"::1\"" : "");
    render_set(&values, "IPV6_TOO", layout->has_ipv6 ? ", \"::1\"" : "");
    return render("latchkey.yaml", &values);
}

/* The file says which ports there are; --port-base only decides for a new one. */
static bool ports_check(const struct config *cfg, int64_t base, struct err *err)
{
    struct ports ports = ports_of(base);

    if (base == 0 || (cfg->edge.http_port == ports.http && cfg->run.front_port == ports.front))
        return true;
    return err_set(err, ERR_CONFLICT,
                   "%s has other ports than --port-base %lld: change it there, or name another "
                   "--dir",
                   cfg->file, (long long)base);
}

bool run_config(struct arena *mem, struct layout *layout, int64_t port_base, struct err *err)
{
    struct ports ports = ports_of(port_base);

    return layout_config(mem, layout, config_render(mem, layout, &ports), err) &&
           ports_check(layout->cfg, port_base, err);
}

bool run_config_check_ports(struct arena *mem, const struct layout *layout, struct err *err)
{
    const struct config *cfg = layout->cfg;
    const int64_t own[] = {cfg->run.front_port, cfg->run.ca_port, cfg->run.dns_port,
                           cfg->run.origin_port};
    struct layout_port *ports;
    size_t room = ARRAY_LEN(own), count = 0;

    for (size_t i = 0; i < cfg->run.edge_count; i++)
        room += 2 * cfg->run.edges[i].addresses.count;
    ports = arena_array_of(mem, room, struct layout_port);
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        ports[count++] = (struct layout_port){"127.0.0.1", own[i]};
    for (size_t i = 0; i < cfg->run.edge_count; i++) {
        const struct config_list *addresses = &cfg->run.edges[i].addresses;

        for (size_t k = 0; k < addresses->count; k++) {
            ports[count++] = (struct layout_port){addresses->items[k], cfg->edge.http_port};
            ports[count++] = (struct layout_port){addresses->items[k], cfg->edge.https_port};
        }
    }
    return layout_check_ports(mem, layout, ports, count, err);
}
