#!/usr/bin/env python3
# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
"""Weights go to other programs and back: NumPy, the reference implementation of safetensors, and
PyTorch where it is installed.

usage: weights_test.py PROGRAM     (the program `filigree`)
Exits with 77 and a notice where numpy or safetensors is missing.
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

try:
    import numpy
    import safetensors
    from safetensors.numpy import load_file, save_file
except ImportError as error:
    print(f"weights_test: skipped: {error}")
    sys.exit(77)
try:
    import torch
except ImportError:
    torch = None

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None
ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(*words, code=0):
    """What a command prints, both streams together; it must end with `code`."""
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    text = result.stdout + result.stderr
    assert result.returncode == code, f"{words}: {result.returncode}\n{text}"
    return text


def example():
    values = numpy.random.default_rng(1)
    return {
        "layer.weight": values.normal(size=(4, 3)).astype(numpy.float32),
        "layer.bias": values.normal(size=4),
        "indices": numpy.array([[1, -2]], dtype=numpy.int32),
        "steps": numpy.array(7, dtype=numpy.int64),
        "bytes": numpy.array([0, 255, 3], dtype=numpy.uint8),
        "counts": numpy.array([1, 2**32 - 1], dtype=numpy.uint32),
        "large": numpy.array([2**64 - 1], dtype=numpy.uint64),
        "empty": numpy.zeros((0, 3), dtype=numpy.float32),
    }


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return pathlib.Path(self.folder.name) / name

    def assert_same(self, found, expected):
        self.assertEqual(sorted(found), sorted(expected))
        for name, array in expected.items():
            self.assertEqual(found[name].dtype, array.dtype, name)
            self.assertEqual(found[name].shape, array.shape, name)
            self.assertEqual(found[name].tobytes(), array.tobytes(), name)


class Safetensors(Files):
    def test_the_reference_implementation_reads_what_the_program_writes(self):
        numpy.savez(self.path("net.npz"), **example())
        run(PROGRAM, "convert", self.path("net.npz"), self.path("net.safetensors"))
        self.assert_same(load_file(self.path("net.safetensors")), example())

    def test_the_program_reads_what_the_reference_implementation_writes(self):
        save_file(example(), self.path("net.safetensors"), metadata={"network": "cgs"})
        text = run(PROGRAM, "info", self.path("net.safetensors"))
        self.assertIn("safetensors, 8 arrays, 16 floating-point values\n", text)
        self.assertIn("  network          cgs\n", text)
        run(PROGRAM, "convert", self.path("net.safetensors"), self.path("net.npz"))
        found = dict(numpy.load(self.path("net.npz")))
        metadata = found.pop("__metadata__").tobytes().decode()
        self.assertIn('"network": "cgs"', metadata)
        self.assert_same(found, example())

    def test_metadata_goes_both_ways(self):
        save_file(example(), self.path("a.safetensors"), metadata={"unit:steps": "s", "x": "ü\n"})
        run(PROGRAM, "convert", self.path("a.safetensors"), self.path("b.npz"))
        run(PROGRAM, "convert", self.path("b.npz"), self.path("c.safetensors"))
        with safetensors.safe_open(self.path("c.safetensors"), "numpy") as file:
            self.assertEqual(file.metadata(), {"unit:steps": "s", "x": "ü\n"})

    def test_half_precision_becomes_single(self):
        halves = numpy.arange(65536, dtype=numpy.uint16).view(numpy.float16)
        save_file({"h": halves}, self.path("h.safetensors"))
        run(PROGRAM, "convert", self.path("h.safetensors"), self.path("h.npz"))
        found = numpy.load(self.path("h.npz"))["h"]
        numpy.testing.assert_array_equal(found, halves.astype(numpy.float32))

    def test_damaged_files_are_refused_by_both(self):
        save_file(example(), self.path("net.safetensors"))
        whole = self.path("net.safetensors").read_bytes()
        for size in (0, 7, 8, 60, len(whole) - 1):
            self.path("cut.safetensors").write_bytes(whole[:size])
            with self.assertRaises(Exception):
                load_file(self.path("cut.safetensors"))
            text = run(PROGRAM, "info", self.path("cut.safetensors"), code=2)
            self.assertIn("cut.safetensors", text)


@unittest.skipIf(torch is None, "torch is not installed")
class PyTorch(Files):
    def convert(self, *words, code=0):
        return run(sys.executable, ROOT / "scripts/convert-pytorch", *words, code=code)

    def network(self):
        torch.manual_seed(1)
        return torch.nn.Sequential(
            torch.nn.Linear(3, 4),
            torch.nn.BatchNorm1d(4),
            torch.nn.Linear(4, 2, dtype=torch.bfloat16),
        )

    def test_a_state_dict_arrives_with_new_names(self):
        state = self.network().state_dict()
        torch.save({"epoch": 3, "model": state}, self.path("net.pt"))
        text = self.convert(
            self.path("net.pt"), self.path("net.safetensors"), "--rename", r"^(\d)\.=layer\1.",
            "--drop", "num_batches", "--metadata", "network=test",
        )  # fmt: skip
        self.assertIn("taking 'model'", text)
        self.assertIn("left out: 1.num_batches_tracked", text)
        self.assertIn("layer0.weight        float32  [4, 3]  (was 0.weight)", text)
        run(PROGRAM, "convert", self.path("net.safetensors"), self.path("net.npz"))
        found = dict(numpy.load(self.path("net.npz")))
        self.assertIn(b'"network": "test"', found.pop("__metadata__").tobytes())
        expected = {
            f"layer{name}": tensor.float().numpy()
            for name, tensor in state.items() if "num_batches" not in name
        }  # fmt: skip
        self.assert_same(found, expected)

    def test_tied_weights_and_other_precision(self):
        weight = torch.ones(2, 2, dtype=torch.float64)
        torch.save({"a": weight, "b": weight.t(), "note": "hello"}, self.path("tied.pt"))
        text = self.convert(self.path("tied.pt"), self.path("t.safetensors"), "--dtype", "float32")
        self.assertIn("left out: note (no tensor but str)", text)
        ones = numpy.ones((2, 2), dtype=numpy.float32)
        self.assert_same(load_file(self.path("t.safetensors")), {"a": ones, "b": ones})

    def test_what_cannot_be_converted_is_explained(self):
        out = self.path("x.safetensors")
        torch.save(self.network(), self.path("whole.pt"))
        self.assertIn(
            "save network.state_dict() alone", self.convert(self.path("whole.pt"), out, code=2)
        )
        torch.save({"a": {"w": torch.ones(1)}, "b": {"w": torch.ones(1)}}, self.path("two.pt"))
        self.assertIn("several maps with tensors (a, b): say with --key",
                      self.convert(self.path("two.pt"), out, code=2))
        self.assertIn("has no 'c' of 'c' (there: a, b)",
                      self.convert(self.path("two.pt"), out, "--key", "c", code=2))
        torch.save({"a.w": torch.ones(1), "b.w": torch.ones(1)}, self.path("net.pt"))
        self.assertIn("'a.w' and 'b.w' would both be named 'w'",
                      self.convert(self.path("net.pt"), out, "--rename", "^..=", code=2))
        self.assertIn("is no regular expression",
                      self.convert(self.path("net.pt"), out, "--rename", "(=", code=2))
        self.assertIn("cannot read", self.convert(self.path("none.pt"), out, code=2))
        self.assertFalse(out.exists())

    def test_the_program_points_to_the_converter(self):
        torch.save({"a": torch.ones(1)}, self.path("net.pt"))
        text = run(PROGRAM, "convert", self.path("net.pt"), self.path("x.safetensors"), code=2)
        self.assertIn("convert them with scripts/convert-pytorch", text)


if __name__ == "__main__":
    unittest.main()
