/* SPDX-License-Identifier: Apache-2.0 */
#include "app/vantage_choice.h"

static bool has_other_address(const struct vantage_offer *offer,
                              const struct vantage_view *question)
{
    char text[ADDRESS_TEXT_SIZE];

    for (size_t i = 0; i < question->count; i++)
        for (size_t k = 0; k < question->names[i].probe_count; k++)
            if (!text_list_has(offer->addresses,
                               address_text(&question->names[i].probes[k].address, text)))
                return true;
    return false;
}

static bool is_fit(const struct vantage_offer *offer, const struct vantage_view *question,
                   int64_t now)
{
    return offer->asked < VANTAGE_PER_MIN && offer->silent_at <= now - VANTAGE_REST_MS &&
           has_other_address(offer, question);
}

static bool is_chosen(const struct vantage_choice *choice, const struct vantage_offer *offer,
                      bool by_region)
{
    for (size_t i = 0; i < choice->count; i++)
        if (choice->items[i] == offer ||
            (by_region && strcmp(choice->items[i]->region, offer->region) == 0))
            return true;
    return false;
}

struct vantage_choice vantage_choose(const struct vantage_offer_list *offers,
                                     const struct vantage_view *question, int64_t now, size_t first)
{
    struct vantage_choice choice = {.count = 0};

    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < offers->count && choice.count < VANTAGES_MAX; i++) {
            const struct vantage_offer *offer = &offers->items[(first + i) % offers->count];

            if (!is_chosen(&choice, offer, round == 0) && is_fit(offer, question, now))
                choice.items[choice.count++] = offer;
        }
    return choice;
}
