/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/findings.h"

#include <assert.h>

#include "base/buf.h"
#include "check/finding.h"

#define OUT_MAX (1 << 18)

/* What stands in a sentence where a finding has its own names and records. */
static const struct finding_words words = {
    .subject = "*name*",
    .www = "*www name*",
    .brand = "*brand*",
    .found = "*what was found*",
    .expected = "*what must be there*",
    .other = "*another name*",
    .why = "*the reason*",
};

static void add(struct arena *mem, struct buf *out, enum finding_code code)
{
    struct finding finding = {0};
    struct finding_words own = words;

    if (code == FINDING_WRONG_ADDRESS || code == FINDING_WWW_ELSEWHERE)
        own.why = ", where *somebody* answers";
    finding_set(mem, &finding, code, &own);
    buf_printf(out, "\n## %s\n\n%s; ", finding_code_name(code),
               finding_severity_name(finding.severity));
    if (finding.who_acts == WHO_NOBODY)
        buf_str(out, "nobody has to act");
    else
        buf_printf(out, "the %s acts", who_acts_name(finding.who_acts));
    buf_printf(out, ". \"%s\": %s\n", finding.title, finding.detail);
}

const char *cli_findings(struct arena *mem)
{
    struct buf out = buf_new(mem, OUT_MAX);

    buf_str(&out,
            "# What a check finds\n\n"
            "The codes of findings, which stay as they are, and what is said with them: in the "
            "pages, by the API\nand by `latchkey check`. An error keeps a name from being "
            "ordered, a warning is shown and tried, an\nadvice can wait. Each finding has what "
            "was found, what is expected, and the exact records to change.\n");
    for (int code = 0; code < FINDING_CODE_COUNT; code++)
        add(mem, &out, (enum finding_code)code);
    assert(buf_ok(&out));
    return buf_cstr(&out);
}
