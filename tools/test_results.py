# SPDX-License-Identifier: Apache-2.0
"""What tests said: results of meson (and cmocka inside) and of pytest, and the requirements that
they show to hold.

A pytest test names its requirements by `@pytest.mark.req("R28", "A9")`, a C test by a comment
`/* req: R28 A9 */` in front of its function, or at the top of its file for all tests in it.
"""
import dataclasses
import json
import re
import subprocess

REQUIREMENTS = [f"R{n}" for n in range(1, 55)] + [f"A{n}" for n in range(1, 21)]
LOG_LINES = 80

MESON_OUTCOMES = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}
CMOCKA_LINE = re.compile(r"^\[\s+(OK|FAILED|SKIPPED|ERROR)\s+\] (?:--- )?(test_\w+)$", re.M)
CMOCKA_OUTCOMES = {"OK": "passed", "SKIPPED": "skipped"}
REQ_COMMENT = re.compile(r"/\*\s*req:\s*([RA\d ,]+?)\s*\*/")
C_TEST = re.compile(r"static void (test_\w+)\(void \*\*")


@dataclasses.dataclass
class Result:
    name: str
    outcome: str  # passed, failed, skipped
    requirements: tuple = ()
    detail: str = ""  # the end of the log of a failure, the reason of a skip


def last_lines(text):
    lines = text.rstrip().splitlines()
    return "\n".join(lines[-LOG_LINES:])


def ids_in(text):
    ids = tuple(text.replace(",", " ").split())
    unknown = [one for one in ids if one not in REQUIREMENTS]
    if unknown:
        raise ValueError(f"no such requirement: {' '.join(unknown)}")
    return ids


def requirements_of_source(text):
    """Test function -> ids; "" -> those of the whole file."""
    found = {}
    tests = [(match.start(), match[1]) for match in C_TEST.finditer(text)]
    head = text.find("#include")
    for match in REQ_COMMENT.finditer(text):
        following = [name for start, name in tests if start >= match.end()]
        name = following[0] if following and match.end() > head else ""
        found[name] = found.get(name, ()) + ids_in(match[1])
    return found


def requirements_of_programs(build):
    """Path of a test program -> what requirements_of_source() says of its sources."""
    out = subprocess.run(["meson", "introspect", "--targets", build], check=True,
                         capture_output=True, text=True).stdout
    found = {}
    for target in json.loads(out):
        sources = [s for group in target["target_sources"] for s in group.get("sources", ())]
        own = {}
        for source in sources:
            if source.endswith(".c") and "/tests/" in source:
                with open(source, encoding="utf-8") as f:
                    own.update(requirements_of_source(f.read()))
        for filename in target["filename"]:
            found[filename] = own
    return found


def results_of_meson(log_path, build):
    """One result for each cmocka test, or for a program without such."""
    programs = requirements_of_programs(build)
    with open(log_path, encoding="utf-8") as f:
        for line in f:
            yield from results_of_program(json.loads(line), programs)


def results_of_program(entry, programs):
    name = re.sub(r"^.* / ", "", entry["name"])
    marks = next((programs[word] for word in entry["command"] if word in programs), {})
    outcome = MESON_OUTCOMES.get(entry["result"], "failed")
    output = entry.get("stdout", "") + entry.get("stderr", "")
    seen = {}
    for word, test in CMOCKA_LINE.findall(output):
        seen.setdefault(test, CMOCKA_OUTCOMES.get(word, "failed"))
    log = last_lines(output) or entry["result"]
    failed = [test for test, own in seen.items() if own == "failed"]
    for test, own in seen.items():
        detail = ""
        if own == "failed":
            detail = log if test == failed[0] else f"its log is that of {failed[0]}"
        elif own == "skipped":
            detail = "skipped by the test"
        yield Result(f"{name}: {test}", own, marks.get(test, ()) + marks.get("", ()), detail)
    if not seen or (outcome == "failed" and "failed" not in seen.values()):
        yield Result(name, outcome, marks.get("", ()),
                     {"failed": f"{entry['result']}\n{log}", "skipped": log, "passed": ""}[outcome])


def results_of_pytest(path):
    """From the file that --results of tests/system/conftest.py wrote."""
    with open(path, encoding="utf-8") as f:
        for line in f:
            entry = json.loads(line)
            yield Result(entry["name"], entry["outcome"], tuple(entry["requirements"]),
                         last_lines(entry["detail"]))


SHOWN_MAX = 4  # tests named for each requirement


def requirement_table(results):
    """Lines: a requirement and the tests that show it, or that it is missing."""
    shown = {one: [] for one in REQUIREMENTS}
    for result in results:
        for one in result.requirements:
            if result.outcome == "passed":
                shown[one].append(re.sub(r"\[.*\]$", "", result.name))
    for one, names in shown.items():
        unique = list(dict.fromkeys(names))
        more = f" and {len(unique) - SHOWN_MAX} more" if len(unique) > SHOWN_MAX else ""
        yield f"{one:4} " + (", ".join(unique[:SHOWN_MAX]) + more or "missing: no passing test")
