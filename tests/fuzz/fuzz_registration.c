/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "base/arena.h"
#include "check/registration.h"

/* What registries say of a domain, and the file that names them. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct registration said = {.seen_at = 1};
    json_t *services = NULL;
    struct err err = {0};

    if (registration_read(slice_of(data, size), "shop.example", &said, &err))
        assert(said.is_known && said.is_registered && said.seen_at == 0);
    else
        assert(said.seen_at == 1 && err.text[0]);
    (void)registration_is_absence(slice_of(data, size));
    if (registration_services(slice_of(data, size), &services, &err)) {
        const char *server = registration_server(services, "www.shop.example");

        assert(!server || strncmp(server, "https://", 8) == 0);
        json_decref(services);
    }
    return 0;
}
