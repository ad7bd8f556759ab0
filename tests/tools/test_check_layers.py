# SPDX-License-Identifier: Apache-2.0
"""tools/check-layers finds what it says it finds, in a tree made for it."""
import pathlib
import subprocess
import tempfile
import unittest

CHECK = pathlib.Path(__file__).parents[2] / "tools" / "check-layers"
HEADER = '#pragma once\n#include "base/base.h"\n'
# path, content, what must be said of it (None: nothing)
FILES = [
    ("src/base/base.h", "#pragma once\n", None),
    ("src/base/slice.h", HEADER, None),
    ("src/tls/seal.h", HEADER, None),
    ("src/net/http_client.h", HEADER, None),
    ("src/store/db.h", HEADER, None),
    ("src/acme/client.c", '#include "net/http_client.h"\n#include "acme/own.h"\n', None),
    ("src/acme/own.h", HEADER, None),
    ("src/acme/order.c", '\n#include "store/db.h"\n', "2: acme may not include store/db.h"),
    ("src/acme/log.c", '#include "config/config.h"\n',
     "1: acme may not include config/config.h"),
    ("src/edge/record.c", '#include "base/slice.h"\n#include "tls/seal.h"\n', None),
    ("src/edge/log.c", '#include "base/log.h"\n', "1: edge may not include base/log.h"),
    ("src/edge/chain.c", '#include "tls/chain.h"\n', "1: edge may not include tls/chain.h"),
    ("src/signer/server.c", '#include "model/name.h"\n',
     "1: signer may not include model/name.h"),
    ("src/ca/http.c", '#include "http/server.h"\n#include "db/db.h"\n', None),
    ("src/ca/store.c", '#include "store/db.h"\n', "1: ca may not include store/db.h"),
    ("src/ca/check.c", '#include "check/observe.h"\n', "1: ca may not include check/observe.h"),
    ("src/model/x.c", '#include "store/db.h"\n', "1: model may not include store/db.h"),
    ("src/check/x.c", '#include "acme/own.h"\n', "1: check may not include acme/own.h"),
    ("src/api/x.c", '#include "app/app.h"\n#  include <stdio.h>\n', None),
    ("src/api/y.c", '#include "web/page.h"\n', "1: api may not include web/page.h"),
    ("src/wiki/x.c", "\n", "1: wiki is not a module: see LAYERS in tools/check-layers"),
    ("nginx/module.c", '#include "edge/record.h"\n#include "module.h"\n', None),
    ("nginx/log.c", '#include "base/arena.h"\n',
     "1: the nginx module may not include base/arena.h"),
    ("src/app/sql.c", 'x = "SELECT id "\n    "FROM site";\n', "1: SQL belongs into src/store"),
    ("src/app/insert.c", '\nx = "insert into site";\n', "2: SQL belongs into src/store"),
    ("src/app/word.c", 'x = "select one, update it"; // "SELECT a FROM b"\n', None),
    ("src/store/site_store.c", 'x = "UPDATE site SET a=$1";\n', None),
    ("src/ca/order_store.c", 'x = "DELETE FROM orders";\n', None),
    ("src/ca/order.c", 'x = "DELETE FROM orders";\n', "1: SQL belongs into src/store"),
    ("src/web/page.c", 'x = "<p class=\\"a\\">";\n', "1: HTML belongs into a template"),
    ("src/web/close.c", 'x = "text</td>";\n', "1: HTML belongs into a template"),
    ("src/web/br.c", 'x = "<br/>";\n', "1: HTML belongs into a template"),
    ("web/templates/x.html", "{{t.a.there}} {{#t.a.gone}} {{title}} {{/t.a.gone}}",
     "1: there is no text a.gone in web/messages/en.json"),
    ("web/messages/en.json", '{"a": {"there": "x", "idle": "y", "in_c": "z"}}',
     "1: nobody asks for the text a.idle"),
    ("src/web/text.c", 'x = "a.in_c";\n', None),
    ("src/cli/usage.c", 'x = "usage: check <NAME> a<b and c>d";\n', None),
    ("src/app/alone.h", "#pragma once\nsize_t count(void);\n", "1: does not compile alone: "),
    ("src/app/long.c", "\n" * 801, "801: 801 lines, more than 800"),
    ("src/app/just.c", "\n" * 800, None),
    ("docs/contract.yaml", "a: 1\n<" + "<<<<<< HEAD\nb: 1\n", "2: a merge is not resolved"),
    ("docs/page.md", "title\n=======\n\n    <" + "<<<<<< quoted\n", None),
]


class CheckLayers(unittest.TestCase):
    def test_each_rule(self):
        with tempfile.TemporaryDirectory() as folder:
            for path, content, _ in FILES:
                target = pathlib.Path(folder, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(content)
            done = subprocess.run([CHECK, folder], capture_output=True, text=True)
        said = [line for line in done.stdout.splitlines() if not line.startswith("note: ")]
        for path, _, error in FILES:
            own = [line for line in said if line.startswith(path + ":")]
            if error is None:
                self.assertEqual(own, [])
            else:
                self.assertEqual(len(own), 1, own)
                self.assertTrue(own[0].startswith(f"{path}:{error}"), own)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, "")

    def test_fine(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "src/base").mkdir(parents=True)
            pathlib.Path(folder, "src/base/base.h").write_text("#pragma once\n")
            done = subprocess.run([CHECK, folder], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, ""))


if __name__ == "__main__":
    unittest.main()
