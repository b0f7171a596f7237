#!/usr/bin/env python3
# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
"""Words, headers and lengths that every file of the project keeps to."""
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import source_tree  # noqa: E402

CODE = (".cpp", ".hpp")
TEXT = CODE + (".py", ".cmake", ".md", ".yaml", ".txt", ".in", ".json", ".sh", "")
MAX_COLUMNS = 100
MAX_LINES = 600
# Outside comments and strings of C++ files: what, and what to do instead.
FORBIDDEN_CODE = {
    # Whole numbers add up the same in any order; say Index(...) or Offset(...) in the call.
    r"\batomic_(fetch_)?(add|sub|mul|div)\b(?!.*\b(Index|Offset)\()": "pull instead of push",
    r"\b(std::|::)?(quick_|_)?[eE]xit\s*\(": "throw an Error",
    r"\b(std::)?abort\s*\(": "throw an Error",
    r"(?<!static_)\bassert\s*\(": "use FILIGREE_ASSERT",
    r"\bstd::rand\b|\bsrand\s*\(": "use core/random.hpp",
    r"\busing\s+namespace\s+std\b": "name what is used",
    r"\bprintf\s*\(": "use the log, or fmt::print in app",
}
# Where a program starts and ends: (beginning of the path, word, why).
ALLOWED_CODE = [
    ("tests/", "_exit", "a forked child ends without running what belongs to its parent"),
]
FORBIDDEN_TEXT = {
    r"(?<![\w.])/(work|home|root)/(?!someone)\w": "absolute path of a machine",
    r"/tmp/(plan|build-|kk)\b": "absolute path of a machine",
    r"\b(TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))": "finish it, or name an issue: TODO(#12)",
}


def is_allowed(name, word):
    return any(name.startswith(path) and what in word for path, what, _ in ALLOWED_CODE)


def project_files():
    """Tracked and new files, without what git ignores; every file where there is no git."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    result = subprocess.run(command, cwd=source_tree.ROOT, capture_output=True, text=True)
    names = result.stdout.splitlines()
    if result.returncode != 0:
        skip = {".git", "build", "out", "__pycache__"}
        paths = (p.relative_to(source_tree.ROOT) for p in source_tree.ROOT.rglob("*"))
        names = [p.as_posix() for p in paths if not skip & set(p.parts)]
    return sorted(n for n in set(names) if (source_tree.ROOT / n).is_file())


def without_comments_and_strings(text):
    """C++ text with comments and literals blanked, line breaks kept."""
    comment = r"//[^\n]*|/\*.*?\*/"
    literal = r'R"(?P<d>[^(\s]*)\(.*?\)(?P=d)"|"(\\.|[^"\\\n])*"|\'(\\.|[^\'\\\n])+\''
    pattern = f"{comment}|{literal}"
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.DOTALL)


def read(name):
    return (source_tree.ROOT / name).read_text(encoding="utf-8")


def is_data(name):
    """Inputs of tests, wrong on purpose or binary."""
    return name.startswith(("tests/io/bad/", "tests/fuzz/corpus/", "tests/golden/"))


class Words(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        files = [n for n in project_files() if not is_data(n)]
        cls.text = [n for n in files if pathlib.Path(n).suffix in TEXT]
        cls.code = [n for n in files if n.endswith(CODE)]

    def report(self, problems):
        self.assertEqual(problems, [], "\n" + "\n".join(problems))

    def test_code_keeps_to_the_house_rules(self):
        problems = []
        for name in self.code:
            for i, line in enumerate(without_comments_and_strings(read(name)).split("\n"), 1):
                for pattern, advice in FORBIDDEN_CODE.items():
                    match = re.search(pattern, line)
                    if match and not is_allowed(name, match[0]):
                        problems.append(f"{name}:{i}: '{match[0].strip()}': {advice}")
        self.report(problems)

    def test_text_names_no_machine_and_leaves_nothing_to_do(self):
        problems = []
        for name in self.text:
            if name == "tests/lint/forbidden_words_test.py":
                continue
            for i, line in enumerate(read(name).split("\n"), 1):
                for pattern, advice in FORBIDDEN_TEXT.items():
                    if re.search(pattern, line):
                        problems.append(f"{name}:{i}: {advice}")
        self.report(problems)

    def test_every_source_begins_with_the_licence(self):
        problems = []
        suffixes = CODE + (".py", ".cmake")
        for name in self.text:
            script = name.startswith("scripts/") and "." not in pathlib.Path(name).name
            if not (name.endswith(suffixes) or script or name.endswith("CMakeLists.txt")):
                continue
            head = read(name).split("\n")[:4]
            mark = "//" if name.endswith(CODE) else "#"
            first = 1 if head[0].startswith("#!") else 0
            wanted = ["Copyright The Filigree Authors", "SPDX-License-Identifier: Apache-2.0"]
            if head[first : first + 2] != [f"{mark} {line}" for line in wanted]:
                problems.append(f"{name}: does not begin with the two licence lines")
        self.report(problems)

    def test_headers_have_a_comment_and_pragma_once(self):
        problems = []
        for name in self.code:
            if name.endswith(".hpp"):
                head = read(name).split("#include")[0]
                if "#pragma once" not in head:
                    problems.append(f"{name}: no #pragma once before the first include")
                if not re.match(r"//[^\n]*\n//[^\n]*\n// \S", head):
                    problems.append(f"{name}: no comment that says what the file is")
        self.report(problems)

    def test_lines_and_files_are_short_and_clean(self):
        problems = []
        for name in self.text:
            lines = read(name).split("\n")
            limit_columns = not name.endswith((".md", ".json")) and name != "LICENSE"
            if len(lines) > MAX_LINES and name.endswith(CODE):
                problems.append(f"{name}: {len(lines)} lines, more than {MAX_LINES}")
            for i, line in enumerate(lines, 1):
                if "\t" in line:
                    problems.append(f"{name}:{i}: a tab")
                if line.rstrip() != line and not name.endswith(".md"):
                    problems.append(f"{name}:{i}: blanks at the end")
                if limit_columns and len(line) > MAX_COLUMNS:
                    problems.append(f"{name}:{i}: {len(line)} columns, more than {MAX_COLUMNS}")
        self.report(problems)


class TheCheckItself(unittest.TestCase):
    def test_comments_and_strings_are_blanked(self):
        code = 'a(); // exit(1)\nb("abort()"); /* exit( */ c(R"x(exit()x");'
        text = without_comments_and_strings(code)
        self.assertNotIn("exit", text)
        self.assertNotIn("abort", text)
        self.assertIn("a();", text)
        self.assertIn("c(", text)

    def test_forbidden_calls_are_seen(self):
        for line in ("  std::exit(1);", "abort();", "Kokkos::atomic_add(&x, dx);", "assert(x);"):
            self.assertTrue(any(re.search(p, line) for p in FORBIDDEN_CODE), line)
        for line in ("static_assert(x);", "ExitCode code();", "atomic_fetch_add(&n, Index(1));"):
            self.assertFalse(any(re.search(p, line) for p in FORBIDDEN_CODE), line)


if __name__ == "__main__":
    unittest.main()
