#!/usr/bin/env python3
# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the cases of the pages of docs/validation and draws their figures.

    python3 docs/validation/make_figures.py PROGRAM RUNS [FIGURE ...]

PROGRAM is the filigree program, RUNS a folder for the runs. A run that is there already is used
again, so delete its folder after a change of the program. Figures of mpm.md: bar, runout, dam and
plug, about 15 minutes on one core, most of it for runout. Figures of cgs.md: values and pressures,
40 and 15 minutes of training on one core. Without a FIGURE those of mpm.md are drawn. Needs NumPy
and Matplotlib. Prints the numbers that the pages quote.
"""
import json
import math
import os
import pathlib
import subprocess
import sys

import matplotlib
import numpy as np

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

G = 9.81  # m/s^2
FOLDER = pathlib.Path(__file__).parent / "figures"
MEASURED = {"linestyle": "none", "markersize": 5}


class Runner:
    def __init__(self, program, runs):
        self.program = program
        self.runs = pathlib.Path(runs)

    def run(self, name, scene, variant="", **changes):
        """Folder of the run; `changes` are overrides with __ in place of dots."""
        folder = self.runs / name
        if not (folder / "metrics.json").exists():
            overrides = [f"{k.replace('__', '.')}={v if isinstance(v, str) else float(v)}"
                         for k, v in changes.items()]
            chosen = ["--variant", variant] if variant else []
            # One thread: the scenes are small.
            subprocess.run([self.program, "run", scene, *chosen, *overrides, "expect=[]",
                            "checkpoint.every_wall=0", "--out", folder, "--force", "--quiet"],
                           check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
        return folder

    def metric(self, quantity, name, scene, **changes):
        folder = self.run(name, scene, output__formats="[]", **changes)
        return json.loads((folder / "metrics.json").read_text())[quantity]["value"]


def vector(*numbers):
    return "[" + ", ".join(repr(float(number)) for number in numbers) + "]"


def save(figure, name):
    figure.savefig(FOLDER / f"{name}.svg", metadata={"Date": None}, bbox_inches="tight")
    plt.close(figure)


def axes(title, x_label, y_label):
    figure, plot = plt.subplots(figsize=(6, 4))
    plot.set_title(title, fontsize=11)
    plot.set_xlabel(x_label)
    plot.set_ylabel(y_label)
    plot.grid(alpha=0.3, which="both", linewidth=0.5)
    return figure, plot


def bar(runner):
    """Period of the fixed-free bar against 4 L/c."""
    cells = [10, 20, 40, 80]
    errors = [runner.metric("bar_period_error", f"bar_{n}", "particles/elastic_bar",
                            domain__cell_size=1 / n, domain__max=vector(1.2, 0.4),
                            bodies__0__shape__max=vector(1, 0.4)) for n in cells]
    orders = [math.log2(a / b) for a, b in zip(errors, errors[1:])]
    print("bar: errors", [f"{100 * e:.4f} %" for e in errors], "orders", np.round(orders, 2))
    figure, plot = axes("Fixed-free bar: error of the period", "cells along the bar",
                        "error of the period (%)")
    line = np.array([9, 90])
    plot.loglog(line, 100 * errors[-1] * (line / cells[-1]) ** -2.0, "k-", linewidth=1,
                label="second order")
    plot.loglog(cells, 100 * np.array(errors), "o", color="C0", label="measured", **MEASURED)
    plot.set_xticks(cells, [str(n) for n in cells])
    plot.minorticks_off()
    plot.legend()
    save(figure, "bar_convergence")


def column(runner, aspect, cells):
    """Runout of a column of 2 `cells` in height or `cells` in width, whichever is more."""
    height = 0.1
    high = round(cells * max(aspect, 2))
    wide = round(high / aspect)
    h = height / high
    reach = 1.5 + 3.5 * min(aspect, aspect ** (2 / 3))
    return runner.metric(
        "sand_runout", f"column_{aspect:g}_{cells}", "particles/granular_column",
        domain__max=vector(math.ceil(reach * wide) * h, (high + 4) * h),
        domain__cell_size=h, bodies__0__shape__max=vector(wide * h, high * h),
        bodies__0__material__young_modulus=100 * 1600 * G * height,
        time__end=4.5 * math.sqrt(height / G))


def slope(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)[0]


def runout(runner):
    """Runout of columns against Lajeunesse, Monnier and Homsy."""
    series = {12: ([0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 16], "o", "C0"),
              18: ([0.5, 1, 2, 4, 8, 16], "s", "C1")}
    figure, plot = axes("Runout of a granular column, friction angle 30 degrees",
                        "aspect ratio $a = H_0/L_0$", "runout $(L - L_0)/L_0$")
    a = np.array([0.2, 1.8])
    plot.loglog(a, 1.2 * a, "k-", linewidth=1, label="experiment: $1.2\\,a$")
    a = np.array([2.8, 20])
    plot.loglog(a, 1.9 * a ** (2 / 3), "k--", linewidth=1, label="experiment: $1.9\\,a^{2/3}$")
    for cells, (ratios, mark, color) in series.items():
        ratios = np.array(ratios)
        found = np.array([column(runner, ratio, cells) for ratio in ratios])
        low, high = ratios <= 2, ratios >= 4
        print(f"runout, {cells} cells:",
              "  ".join(f"{r:g}: {f:.3f}" for r, f in zip(ratios, found)),
              "\n  exponents up to 2 and from 4 on:", round(slope(ratios[low], found[low]), 3),
              round(slope(ratios[high], found[high]), 3))
        plot.loglog(ratios, found, mark, color=color, **MEASURED,
                    label=f"computed, {2 * cells} cells high or {cells} wide")
    plot.set_xticks([0.25, 0.5, 1, 2, 4, 8, 16], ["0.25", "0.5", "1", "2", "4", "8", "16"])
    plot.set_yticks([0.3, 1, 3, 10], ["0.3", "1", "3", "10"])
    plot.minorticks_off()
    plot.legend()
    save(figure, "column_runout")


# Front of a column twice as high as wide: T = t sqrt(2 g/a), Z = x/a (martin1952).
PUBLISHED = np.array([(0.84, 1.22), (1.43, 1.67), (1.98, 2.33), (2.51, 3.00), (3.11, 3.89)])


def dam(runner):
    """Front of a dam break against Martin and Moyce, and Ritter's bound."""
    width, cells = 0.146, 32
    second = math.sqrt(2 * G / width)
    times = np.array([0.3, 0.6, 0.84, 1.15, 1.43, 1.7, 1.98, 2.25, 2.51, 2.8, 3.11])
    figure, plot = axes("Dam break, column twice as high as wide",
                        "time $T = t\\,\\sqrt{2g/a}$", "front $Z = x/a$")
    # Ritter: 2 sqrt(g H) with H = 2 a is 2 in these units.
    plot.plot([0, 3.3], [1, 1 + 2 * 3.3], "k:", linewidth=1,
              label="Ritter: $2\\sqrt{gH}$, the fastest possible")
    plot.plot(*PUBLISHED.T, "k-", linewidth=1, marker="x", label="Martin and Moyce, experiment")
    for floor, mark, color in [("separate", "o", "C0"), ("stick", "s", "C1")]:
        front = 1 + np.array([
            runner.metric("water_runout", f"dam_{floor}_{cells}_{T:.2f}", "particles/dam_break",
                          domain__cell_size=width / cells,
                          domain__max=vector(6 * width, 3 * width),
                          domain__walls__y_min__type=floor, time__end=T / second,
                          measures="[{type: runout, body: water, front: connected}]")
            for T in times])
        at = np.interp(PUBLISHED[:, 0], times, front)
        late = PUBLISHED[:, 0] - np.interp(PUBLISHED[:, 1], front, times)
        begin, end = np.interp(PUBLISHED[[1, -1], 1], front, times)
        published = np.diff(PUBLISHED[[1, -1]], axis=0)[0]
        print(f"dam, floor {floor}: front over experiment", np.round(at / PUBLISHED[:, 1], 3),
              "delay of the experiment (T)", np.round(late, 2), "speed over experiment",
              round(published[1] / (end - begin) / (published[1] / published[0]), 3),
              "largest speed over Ritter's",
              round(float(np.max(np.diff(front) / np.diff(times))) / 2, 3))
        name = {"separate": "without friction", "stick": "that sticks"}[floor]
        plot.plot(times, front, mark, color=color, label=f"computed, floor {name}", **MEASURED)
    plot.set_xlim(0, 3.3)
    plot.set_ylim(1, 4.6)
    plot.legend(loc="upper left", framealpha=1)
    save(figure, "dam_front")


def plug(runner):
    """Profile of a Bingham layer that its own weight shears, against the analytic one."""
    n, strength, weight = 12, 0.4, 1.0  # cells, yield stress, pull f = rho g sin(slope)
    folder = runner.run(
        "plug", "particles/bingham_slope", domain__max=vector(20, 1.5),
        domain__cell_size=1 / n, gravity=vector(weight, 0),
        bodies__0__shape__min=vector(2, 0), bodies__0__shape__max=vector(18, 1),
        bodies__0__material__density=1, bodies__0__material__young_modulus=250,
        bodies__0__material__yield_stress=strength, bodies__0__material__consistency=1,
        time__end=2.5, output__frames="1", output__every="null", output__formats="[npz]")
    frame = np.load(sorted((folder / "frames").glob("*.npz"))[-1])
    x, y = frame["paste.points"][:, 0], frame["paste.points"][:, 1]
    moved = x.mean() - 10
    middle = np.abs(x - 10 - moved) < 0.5
    row = np.minimum((y * n).astype(int), n - 1)
    speed = np.array([frame["paste.velocity"][middle & (row == i), 0].mean() for i in range(n)])
    height = (np.arange(n) + 0.5) / n
    sheared = 1 - strength / weight
    fastest = weight * sheared ** 2 / 2

    def exact(z):
        return fastest * (1 - np.clip(1 - z / sheared, 0, None) ** 2)

    print("plug: largest deviation over plug speed",
          round(float(np.max(np.abs(speed - exact(height)))) / fastest, 4))
    figure, plot = axes("Bingham layer on a slope", "velocity $v\\,k/(f H^2)$",
                        "height above the slope $z/H$")
    z = np.linspace(0, 1, 201)
    plot.plot(exact(z), z, "k-", linewidth=1, label="exact")
    plot.axhline(sheared, color="0.5", linestyle=":", linewidth=1,
                 label="lower face of the plug, $1 - \\tau_y/(fH)$")
    plot.plot(speed, height, "o", color="C0", label="computed, mean per row of cells", **MEASURED)
    plot.set_xlim(0, 0.21)
    plot.set_ylim(0, 1)
    plot.legend(loc="upper left")
    save(figure, "bingham_plug")


def column_of(folder, name):
    """A column of diagnostics.csv against the step, where it was measured anew."""
    table = np.genfromtxt(folder / "diagnostics.csv", delimiter=",", names=True,
                          deletechars="", replace_space="_")
    values = table[name]
    new = np.concatenate([[True], np.diff(values) != 0])
    return table["step"][new], values[new]


def training(runner, scene, variants, title, name):
    """Mean squared error on graphs like those of training while models are trained."""
    figure, plot = axes(title, "updates", "mean squared error, 64 other graphs")
    for variant, label in variants.items():
        folder = runner.run(f"{scene}_{variant}", f"graph/{scene}", variant, output__formats="[]")
        updates, errors = column_of(folder, "mse_train_sizes")
        print(f"{scene}, {variant}: {errors[-1]:.3g} after {updates[-1]:.0f} updates")
        plot.semilogy(updates[1:], errors[1:], label=label, linewidth=1.5)
    plot.set_xlim(left=0)
    plot.legend()
    save(figure, name)


def values(runner):
    """Value iteration: the fixed point against the encoder alone."""
    training(runner, "value_iteration",
             {"encoder_only": "encoder alone", "fixed_point": "published",
              "policy_evaluation": "softmax, rows of receivers, $\\gamma = 0.9$"},
             "Training on values of decision processes", "value_iteration_training")


def pressures(runner):
    """Pore networks: ours, the published setting, the encoder alone."""
    training(runner, "pore_network",
             {"published": "published features, $\\gamma = 0.5$, one layer",
              "encoder_only": "encoder alone", "normalized": "fixed point, $\\gamma = 0.95$"},
             "Training on pressures in pore networks", "pore_network_training")


FIGURES = {"bar": bar, "runout": runout, "dam": dam, "plug": plug}
ON_REQUEST = {"values": values, "pressures": pressures}


def main():
    if len(sys.argv) < 3 or not set(sys.argv[3:]) <= {*FIGURES, *ON_REQUEST}:
        sys.exit(__doc__)
    plt.rcParams.update({"font.size": 10, "svg.fonttype": "path", "svg.hashsalt": "filigree",
                         "legend.fontsize": 9})
    FOLDER.mkdir(exist_ok=True)
    runner = Runner(sys.argv[1], sys.argv[2])
    for name in sys.argv[3:] or FIGURES:
        (FIGURES | ON_REQUEST)[name](runner)


if __name__ == "__main__":
    main()
