# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
"""Renders docs/pictures/showcase.png from a run of particles/showcase.

usage: pvbatch docs/pictures/render_showcase.py RUN_FOLDER PICTURE.png [TIME...]
Needs ParaView with its Python modules and a display (tests/paraview/run_check shows one way).
"""
import sys

from paraview.simple import (
    ColorBy, CreateView, ExtractBlock, GetColorTransferFunction, OpenDataFile, Render,
    SaveScreenshot, Show,
)

folder, picture = sys.argv[1:3]
times = [float(word) for word in sys.argv[3:]] or [0.4]

scene = OpenDataFile(f"{folder}/scene.pvd")
view = CreateView("RenderView")
view.ViewSize = [1400, 640]
view.UseColorPaletteForBackground = 0
view.Background = [1.0, 1.0, 1.0]
view.OrientationAxesVisibility = 0
view.CameraPosition = [1.35, -2.15, 1.15]
view.CameraFocalPoint = [0.8, 0.24, 0.2]
view.CameraViewUp = [0.0, 0.0, 1.0]
view.CameraViewAngle = 30.0


def show(block, radius):
    part = ExtractBlock(Input=scene, Selectors=[f"//{block}"])
    display = Show(part, view)
    display.SetRepresentationType("Point Gaussian")
    display.GaussianRadius = radius
    display.ShaderPreset = "Sphere"
    return part, display


_, water = show("water", 0.0065)
ColorBy(water, ("POINTS", "speed"))
colors = GetColorTransferFunction("speed")
colors.ApplyPreset("Blue - Green - Orange", True)
colors.RGBPoints = [0.0, 0.03, 0.19, 0.42, 1.0, 0.10, 0.45, 0.70, 2.0, 0.42, 0.75, 0.86,
                    3.5, 0.90, 0.97, 1.0]
colors.ColorSpace = "RGB"
water.SetScalarBarVisibility(view, True)
for name, color in (("light_ball", [0.98, 0.75, 0.18]), ("neutral_ball", [0.90, 0.40, 0.15]),
                    ("heavy_ball", [0.55, 0.10, 0.12])):
    _, ball = show(name, 0.008)
    ColorBy(ball, None)
    ball.AmbientColor = color
    ball.DiffuseColor = color

for number, time in enumerate(times):
    view.ViewTime = time
    Render(view)
    name = picture if len(times) == 1 else picture.replace(".png", f"_{number}.png")
    SaveScreenshot(name, view)
    print(name)
