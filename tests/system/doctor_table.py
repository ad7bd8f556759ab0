# SPDX-License-Identifier: Apache-2.0
"""Prints the table of the doctor's cases: see doctor-table."""
import pathlib
import sys
import tempfile

from doctor_agreement_kit import LETS_DEBUG, compare, confusion
from doctor_cure_kit import actions_of, cure, left_over
from doctor_kit import Clinic, load, short

UNSAID = "NO, AND NOBODY SAYS WHY"
HEAD = ["CASE", "VERDICT", "ROOT CAUSE", "WHO", "ACTIONS", "AS EXPECTED"]


def row_of(result):
    got = result.got
    wrong = result.wrong()
    return [result.case.case, got["verdict"], got["findings"][0] if got["findings"] else "-",
            got["who"] or "-", "; ".join(got["actions"]) or "-",
            "ok" if not wrong else "NOT AS EXPECTED: " + ", ".join(
                f"{what} {expected!r}, got {got!r}" for what, (expected, got) in wrong.items())]


def show(rows):
    widths = [min(max(len(row[i]) for row in rows), 60) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)))


def show_cases(clinic, _):
    results = clinic.look()
    rows = [row_of(results[case.case]) for case in clinic.cases]
    show([HEAD, *rows])
    wrong = [row for row in rows if row[-1] != "ok"]
    print(f"\n{len(rows)} cases, {len(rows) - len(wrong)} as expected")
    return not wrong


def show_cures(clinic, _):
    before = clinic.look()
    cured = cure(clinic, before)
    after = clinic.look()
    show([["CASE", "FOUND", "DONE", "THEN", "LEFT OVER"], *(
        [name, " ".join(before[name].got["findings"]),
         "; ".join(short(f"{one['op']} {one['type']} {one['fqdn']} {one['value']}",
                         before[name].case.domain) for one in actions_of(before[name])),
         after[name].got["verdict"],
         " ".join(code for code, _ in left_over(before[name], after[name])) or "-"]
        for name in cured)])
    left = [name for name in cured if left_over(before[name], after[name])]
    print(f"\n{len(cured)} cases with something to do in DNS, {len(cured) - len(left)} cured")
    return not left


def lets_debug(code):
    problem, why = LETS_DEBUG.get(code, ("", "")) if code else ("", "")
    return ": ".join(part for part in (problem or "nothing", why) if part)


def show_agreement(clinic, folder):
    rows = compare(folder / "ca", clinic)
    show([["CASE", "NAME", "DOCTOR", "CA", "AGREED", "PEBBLE", "AGREED", "LET'S DEBUG (READ, NOT RUN)"], *(
        [row.case, short(row.name, row.case + ".example"), row.doctor, row.ca,
         "yes" if row.is_agreed else row.why_ca_differs or UNSAID, row.pebble,
         "yes" if row.is_agreed_by_pebble else row.why_pebble_differs or UNSAID,
         lets_debug(row.code)] for row in rows)])
    counts = confusion(rows)
    print(f"\n{'':12}  {'CA issues':>9}  {'CA refuses':>10}  {'Pebble issues':>13}  {'Pebble refuses':>14}")
    for says in ("passes", "fails", "cannot tell"):
        print(f"{says:12}  {counts['ca', says, 'issues']:9}  {counts['ca', says, 'refuses']:10}  "
              f"{counts['pebble', says, 'issues']:13}  {counts['pebble', says, 'refuses']:14}")
    return all((row.is_agreed or row.why_ca_differs) and
               (row.is_agreed_by_pebble or row.why_pebble_differs) for row in rows)


MODES = {"--cases": show_cases, "--cure": show_cures, "--agreement": show_agreement}


def main():
    _, mode, cases = sys.argv
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        clinic = Clinic(folder / "clinic", load(cases))
        try:
            return 0 if MODES[mode](clinic, folder) else 1
        finally:
            clinic.stop()


if __name__ == "__main__":
    sys.exit(main())
