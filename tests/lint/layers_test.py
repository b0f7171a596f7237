#!/usr/bin/env python3
# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
"""The include graph: layers, cycles, outside libraries, paths."""
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import source_tree  # noqa: E402

BELOW_SCENARIOS = {"core", "graph", "learning", "physics", "mesh", "io"}
ALLOWED = {
    "core": set(),
    "graph": {"core"},
    "learning": {"core", "graph"},
    "physics": {"core", "graph"},
    "mesh": {"core", "graph", "learning"},
    "io": {"core"},
    "scenarios": BELOW_SCENARIOS,
    "app": BELOW_SCENARIOS | {"scenarios"},
    "python": BELOW_SCENARIOS | {"scenarios"},
    "capi": BELOW_SCENARIOS | {"scenarios"},
    "examples": BELOW_SCENARIOS | {"scenarios"},
    "benchmarks": BELOW_SCENARIOS | {"scenarios"},
}
# physics may use learning only in files whose names say so.
LEARNING_IN_PHYSICS = re.compile(r"_(op|learned)\.[ch]pp$")
OUTSIDE = {
    "kokkos": r"core/kokkos\.hpp",
    "eigen": r"benchmarks/(gemm|pore_network)\.cpp",
    "cublas": r"core/gemm_cuda\.cpp",
    "yaml": r"io/yaml/document\.cpp",
    "vtk": r"(io|app/render)/vtk_[a-z_]+\.cpp",
    "nanoflann": r"(graph/[a-z_]+|benchmarks/graph)\.cpp",  # the benchmark compares with it
}
GENERATED = {"core/config.hpp"}


def sources(folders):
    existing = [f for f in folders if (source_tree.ROOT / f).is_dir()]
    return source_tree.files(existing, {".hpp", ".cpp"})


def is_allowed(path, name):
    here, there = path.split("/")[0], name.split("/")[0]
    if here == there or there in ALLOWED[here]:
        return True
    return here == "physics" and there == "learning" and bool(LEARNING_IN_PHYSICS.search(path))


def find_cycle(edges):
    """One cycle of a graph given as {node: [nodes]}, or []."""
    state = {}
    for start in edges:
        if start in state:
            continue
        state[start] = "open"
        stack = [(start, iter(edges[start]))]
        while stack:
            node, rest = stack[-1]
            child = next(rest, None)
            if child is None:
                state[node] = "done"
                stack.pop()
            elif state.get(child) == "open":
                nodes = [n for n, _ in stack]
                return nodes[nodes.index(child) :] + [child]
            elif child not in state:
                state[child] = "open"
                stack.append((child, iter(edges.get(child, []))))
    return []


class Layers(unittest.TestCase):
    def test_no_layer_includes_a_layer_it_must_not_know(self):
        for path in sources(ALLOWED):
            for name in source_tree.own_includes(path):
                self.assertTrue(is_allowed(path, name), f"{path} must not include {name}")

    def test_files_do_not_include_each_other_in_a_circle(self):
        edges = {path: source_tree.own_includes(path) for path in sources(ALLOWED)}
        self.assertEqual(find_cycle(edges), [])

    def test_outside_libraries_are_included_only_where_they_belong(self):
        users = {key: set() for key in OUTSIDE}
        for path in sources(ALLOWED):
            for _, name in source_tree.includes(path):
                for key, pattern in source_tree.LIBRARIES.items():
                    if pattern.match(name):
                        users[key].add(path)
                        message = f"{path} must not include {name}"
                        self.assertRegex(path, f"^{OUTSIDE[key]}$", message)
        in_graph = {path for path in users["nanoflann"] if path.startswith("graph/")}
        self.assertLessEqual(len(in_graph), 1, "nanoflann belongs in one file")

    def test_io_does_not_reach_kokkos(self):
        for path in sources(["io"]):
            self.assertNotIn("kokkos", source_tree.libraries(path), f"{path} includes Kokkos")

    def test_quoted_includes_start_at_the_repository_root(self):
        for path in sources([*ALLOWED, "tests"]):
            if path.startswith("tests/package/"):
                continue
            for quoted, name in source_tree.includes(path):
                if quoted and name not in GENERATED:
                    self.assertNotIn("..", name.split("/"), f"{path} includes {name}")
                    self.assertTrue((source_tree.ROOT / name).is_file(), f"{path}: no file {name}")


class TheCheckItself(unittest.TestCase):
    def test_forbidden_edges_are_seen(self):
        self.assertFalse(is_allowed("core/array.hpp", "graph/graph.hpp"))
        self.assertFalse(is_allowed("io/npy.cpp", "physics/laws/laws.hpp"))
        self.assertFalse(is_allowed("physics/rods/rod_step.cpp", "learning/nn/mlp.hpp"))
        self.assertTrue(is_allowed("physics/rods/rod_op.cpp", "learning/nn/mlp.hpp"))
        self.assertFalse(is_allowed("scenarios/runner.cpp", "app/progress.hpp"))

    def test_cycles_are_seen(self):
        self.assertEqual(find_cycle({"a": ["b"], "b": ["c"], "c": ["b"]}), ["b", "c", "b"])
        self.assertEqual(find_cycle({"a": ["b", "c"], "b": ["c"], "c": []}), [])


if __name__ == "__main__":
    unittest.main()
