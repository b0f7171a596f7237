#!/usr/bin/env python3
# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
"""What the source files include, read from their #include lines.

usage: source_tree.py [--with LIBRARIES] [--without LIBRARIES] FOLDER...
prints the .cpp files below the folders that include every library of --with and none of --without,
directly or through our own headers. Libraries: kokkos, cublas, vtk, yaml, eigen, nanoflann.
"""
import argparse
import functools
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAYERS = ["core", "graph", "learning", "physics", "mesh", "io", "scenarios", "app"]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.MULTILINE)
LIBRARIES = {
    "kokkos": re.compile(r"^(Kokkos_|KokkosExp)"),
    "cublas": re.compile(r"^cublas"),
    "vtk": re.compile(r"^vtk"),
    "yaml": re.compile(r"^yaml-cpp/"),
    "eigen": re.compile(r"^(Eigen|unsupported/Eigen)/"),
    "nanoflann": re.compile(r"^nanoflann\.hpp$"),
}


@functools.lru_cache(maxsize=None)
def includes(path):
    """Pairs (is_quoted, name) of one file, path relative to the root."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return [(mark == '"', name) for mark, name in INCLUDE.findall(text)]


def own_includes(path):
    """Files of ours that a file includes (generated ones are left out)."""
    return [name for quoted, name in includes(path) if quoted and (ROOT / name).is_file()]


def closure(path):
    """The file and everything of ours it includes, directly or not, sorted."""
    seen, todo = set(), [path]
    while todo:
        here = todo.pop()
        if here not in seen:
            seen.add(here)
            todo.extend(own_includes(here))
    return sorted(seen)


def libraries(path):
    """Names of the outside libraries that a file includes, directly or not."""
    found = set()
    for file in closure(path):
        for _, name in includes(file):
            found.update(key for key, pattern in LIBRARIES.items() if pattern.match(name))
    return found


def files(folders, suffixes):
    """Relative paths of the files below the folders, sorted."""
    result = []
    for folder in folders:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and path.suffix in suffixes:
                result.append(path.relative_to(ROOT).as_posix())
    return sorted(result)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--with", dest="wanted", default="", help="comma-separated libraries")
    parser.add_argument("--without", dest="unwanted", default="", help="comma-separated libraries")
    parser.add_argument("folders", nargs="+")
    arguments = parser.parse_args()
    wanted = set(filter(None, arguments.wanted.split(",")))
    unwanted = set(filter(None, arguments.unwanted.split(",")))
    unknown = (wanted | unwanted) - set(LIBRARIES)
    if unknown:
        parser.error(f"unknown library {sorted(unknown)[0]}: one of {', '.join(LIBRARIES)}")
    for path in files(arguments.folders, {".cpp"}):
        found = libraries(path)
        if wanted <= found and not unwanted & found:
            print(path)


if __name__ == "__main__":
    sys.exit(main())
