# SPDX-License-Identifier: Apache-2.0
"""tools/test_results.py reads what meson, cmocka and pytest say."""
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tools"))
import test_results as tr  # noqa: E402

SOURCE = """/* SPDX */
/* req: R1 */
#include "x.h"

/* Some words. */
/* req: R28, A9 */
static void test_one(void **state)
{
}

static void test_two(void **state)
{
}
"""
CMOCKA = """[==========] Running 3 test(s).
[ RUN      ] test_one
[       OK ] test_one
[ RUN      ] test_two
[  FAILED  ] test_two
[ RUN      ] test_three
[  SKIPPED ] test_three
not ok: row 1
[  ERROR   ] --- 0x1 != 0
[  FAILED  ] test_two
"""


def entry(**changes):
    return {"name": "latchkey:unit / x_y", "result": "OK", "command": ["/b/test_x"],
            "stdout": "", **changes}


class TestResults(unittest.TestCase):
    def test_marks_of_a_source(self):
        self.assertEqual(tr.requirements_of_source(SOURCE),
                         {"": ("R1",), "test_one": ("R28", "A9")})
        with self.assertRaisesRegex(ValueError, "no such requirement: R55"):
            tr.requirements_of_source("/* req: R55 */")

    def test_cmocka(self):
        marks = {"/b/test_x": tr.requirements_of_source(SOURCE)}
        got = list(tr.results_of_program(entry(result="FAIL", stdout=CMOCKA), marks))
        self.assertEqual([(r.name, r.outcome, r.requirements) for r in got],
                         [("x_y: test_one", "passed", ("R28", "A9", "R1")),
                          ("x_y: test_two", "failed", ("R1",)),
                          ("x_y: test_three", "skipped", ("R1",))])
        self.assertIn("not ok: row 1", got[1].detail)

    def test_program_without_cmocka(self):
        for result, outcome in (("OK", "passed"), ("FAIL", "failed"), ("TIMEOUT", "failed"),
                                ("ERROR", "failed"), ("SKIP", "skipped")):
            got = list(tr.results_of_program(entry(result=result, stdout="words"), {}))
            self.assertEqual([(r.name, r.outcome) for r in got], [("x_y", outcome)])

    def test_crash_after_good_tests(self):
        got = list(tr.results_of_program(
            entry(result="ERROR", stdout="[       OK ] test_one\n[ RUN      ] test_two\n"), {}))
        self.assertEqual([(r.name, r.outcome) for r in got],
                         [("x_y: test_one", "passed"), ("x_y", "failed")])

    def test_pytest_and_table(self):
        lines = [{"name": "test_a.py::test_b[x]", "outcome": "passed", "detail": "",
                  "requirements": ["R2", "A20"]},
                 {"name": "test_a.py::test_c", "outcome": "failed", "detail": "why",
                  "requirements": ["R3"]}]
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write("".join(json.dumps(line) + "\n" for line in lines))
            file.flush()
            got = list(tr.results_of_pytest(file.name))
        table = list(tr.requirement_table(got))
        self.assertEqual(len(table), 54 + 20)
        self.assertEqual(table[1], "R2   test_a.py::test_b")
        self.assertEqual(table[2], "R3   missing: no passing test")
        self.assertEqual(table[-1], "A20  test_a.py::test_b")


if __name__ == "__main__":
    unittest.main()
