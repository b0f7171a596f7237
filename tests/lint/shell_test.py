#!/usr/bin/env python3
# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
"""Every shell script stops at errors and passes shellcheck (skipped, exit code 77, without it)."""
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ["scripts", "tests", ".ci"]


def shell_scripts():
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in ("", ".sh"):
                with open(path, "rb") as file:
                    first = file.readline()
                if b"bash" in first or path.suffix == ".sh":
                    yield path


def main():
    scripts = list(shell_scripts())
    loose = [p for p in scripts if p.suffix != ".sh" and "set -euo pipefail" not in p.read_text()]
    for path in loose:
        print(f"{path}: no 'set -euo pipefail'")
    if loose or not scripts:
        return 1
    if not shutil.which("shellcheck"):
        print("shellcheck is not installed: not checked")
        return 77
    return subprocess.run(["shellcheck", "-x", *map(str, scripts)], cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
