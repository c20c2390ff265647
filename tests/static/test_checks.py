"""The checks check: python3 tests/static/test_checks.py"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "scripts"))

import coroutines  # noqa: E402
import floors  # noqa: E402
import fuzz  # noqa: E402
import tidy  # noqa: E402


def cases():
    text = (HERE / "coroutines.txt").read_text(encoding="utf-8")
    for case in text.split("\n== ")[1:]:
        wanted, _, code = case.partition("\n")
        yield wanted, code


class Coroutines(unittest.TestCase):
    def test_every_violation_is_found_and_nothing_else(self):
        seen = list(cases())
        self.assertGreater(len(seen), 20)
        for wanted, code in seen:
            with self.subTest(wanted=wanted, code=code):
                found = {problem for _, problem in coroutines.problems(code)}
                self.assertEqual(found, set() if wanted == "nothing" else {wanted})

    def test_every_problem_has_a_case(self):
        """Whatever the script can say stands in the file of cases."""
        source = pathlib.Path(coroutines.__file__).read_text(encoding="utf-8")
        said = {part for _, part in cases()}
        self.assertTrue(said)
        wanted = {name for name, _ in cases()}
        for line in source.splitlines():
            if "yield " in line and ', "' in line:
                self.assertIn(line.split(', "')[1].rstrip('"'), wanted)

    def test_a_file_elsewhere_is_looked_at(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "elsewhere.cpp"
            path.write_text("co_await b(co_await c);\n", encoding="utf-8")
            done = subprocess.run([sys.executable, coroutines.__file__, path], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertIn(f"{path}:1: two co_await in one statement", done.stdout)

    def test_the_line_is_told(self):
        self.assertEqual([line for line, _ in coroutines.problems("\nint a;\nco_await b(co_await c);\n")], [3])


class Floors(unittest.TestCase):
    def test_an_include_of_a_higher_floor_is_found(self):
        wrong = [("aws", '#include "rotation/rules.hpp"\n'), ("base", "\n #  include <aws/url.hpp>\n"), ("notify", '#include "report/text.hpp"\n')]
        for folder, text in wrong:
            self.assertEqual(len(list(floors.wrong_includes(folder, text))), 1, text)

    def test_an_include_of_a_lower_floor_passes(self):
        right = [("aws", '#include "base/error.hpp"\n#include "aws/url.hpp"\n'), ("sandbox", '#include "aws/url.hpp"\n'), ("base", "#include <vector>\n")]
        for folder, text in right:
            self.assertEqual(list(floors.wrong_includes(folder, text)), [], text)

    def test_a_bare_check_is_found(self):
        self.assertEqual(len(list(floors.bare_checks("  if (a) EXPECT_TRUE(b);\n"))), 1)
        self.assertEqual(list(floors.bare_checks("  if (a) {\n    EXPECT_TRUE(b);\n  }\n")), [])

    def test_a_thread_is_found(self):
        for text in ("  std::thread worker(work);\n", "std::jthread a;\n", "auto a = std::async(work);\n", "boost::asio::thread_pool pool(1);\n"):
            self.assertEqual(len(list(floors.threads(text))), 1, text)
        for text in ("std::this_thread::yield();\n", "// std::thread would race\n", "std::thread::id id;\n"):
            self.assertEqual(list(floors.threads(text)), [], text)


class FuzzDriver(unittest.TestCase):
    def driven(self, says):
        """What the script makes of a target that says this, and of its exit code 0."""
        with tempfile.TemporaryDirectory() as folder:
            target = pathlib.Path(folder) / "bin/credential_report_fuzz"
            target.parent.mkdir()
            target.write_text(f"#!/bin/sh\necho '{says}' >&2\n", encoding="utf-8")
            target.chmod(0o755)
            command = [sys.executable, fuzz.__file__, folder, "credential_report", "--runs", "2000"]
            return subprocess.run(command, capture_output=True, text=True, check=False)

    def test_a_target_that_does_nothing_or_too_little_fails(self):
        for says, problem in (
            ("no figures", "nothing was executed"),
            ("stat::number_of_executed_units: 0", "nothing was executed"),
            ("stat::number_of_executed_units: 17", "17 executions instead of 2000"),
        ):
            done = self.driven(says)
            self.assertEqual(done.returncode, 1, done)
            self.assertIn(problem, done.stdout)

    def test_one_that_does_all_passes(self):
        done = self.driven("stat::number_of_executed_units: 2100")
        self.assertEqual(done.returncode, 0, done)


class Tidy(unittest.TestCase):
    def test_without_git_all_files_are_looked_at(self):
        def chosen(*options):
            sources = [tidy.ROOT / "base" / f"{number}.cpp" for number in range(20)]
            return len(tidy.chosen(sources, tidy.options_of(["build", *options])))

        self.assertEqual(chosen("--seed", "1"), 2)
        with tempfile.TemporaryDirectory() as folder:
            no_repository, no_git = mock.patch.object(tidy, "ROOT", pathlib.Path(folder)), mock.patch.dict(os.environ, PATH="")
            for without in (no_repository, no_git):
                with without:
                    self.assertEqual(chosen(), 20)


if __name__ == "__main__":
    unittest.main()
