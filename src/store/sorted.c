/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sorted.h"

#define TEXT_LAST "\xf4\x8f\xbf\xbf" /* U+10FFFF: no text that is kept begins like this */

struct sort_bound sort_beginning(const struct sort_page *page)
{
    return page->is_descending ? (struct sort_bound){INT64_MAX, TEXT_LAST, TEXT_LAST}
                               : (struct sort_bound){INT64_MIN, "", ""};
}

enum sort_direction sort_direction(const struct sort_page *page)
{
    return page->is_descending ? SORT_DOWN : SORT_UP;
}

int64_t sort_limit(const struct sort_page *page)
{
    return page_limit(&(struct page){.limit = page->limit});
}

bool sort_refuse_after(const struct sort_page *page, struct err *err)
{
    return err_field(err, "after", "%.64s is not in this list: begin with its first page",
                     page->after);
}
