# SPDX-License-Identifier: Apache-2.0
"""Prints the table of the doctor's cases: see doctor-table."""
import pathlib
import sys
import tempfile

from doctor_kit import Clinic, load

HEAD = ["CASE", "VERDICT", "ROOT CAUSE", "WHO", "ACTIONS", "AS EXPECTED"]


def row_of(result):
    got = result.got
    wrong = result.wrong()
    return [result.case.case, got["verdict"], got["findings"][0] if got["findings"] else "-",
            got["who"] or "-", "; ".join(got["actions"]) or "-",
            "ok" if not wrong else "NOT AS EXPECTED: " + ", ".join(
                f"{what} {expected!r}, got {got!r}" for what, (expected, got) in wrong.items())]


def show(rows):
    widths = [min(max(len(row[i]) for row in rows), 60) for i in range(len(HEAD))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)))


def main():
    cases = load(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        clinic = Clinic(pathlib.Path(folder) / "clinic", cases)
        try:
            results = clinic.look()
        finally:
            clinic.stop()
    rows = [row_of(results[case.case]) for case in cases]
    show([HEAD, *rows])
    wrong = [row for row in rows if row[-1] != "ok"]
    print(f"\n{len(rows)} cases, {len(rows) - len(wrong)} as expected")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
