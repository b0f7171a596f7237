# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
"""Renders docs/pictures/showcase.png from a run of particles/showcase.

usage: pvbatch docs/pictures/render_showcase.py RUN_FOLDER PICTURE.png [TIME...]
Needs ParaView with its Python modules and a display (tests/paraview/run_check shows one way).
"""
import sys

from paraview.simple import (
    Box, ColorBy, CreateView, ExtractBlock, GetColorTransferFunction, OpenDataFile, Render,
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
tank = Show(Box(XLength=1.6, YLength=0.48, ZLength=0.8, Center=[0.8, 0.24, 0.4]), view)
tank.SetRepresentationType("Outline")
tank.AmbientColor = tank.DiffuseColor = [0.55, 0.55, 0.6]


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
colors.RGBPoints = [0.0, 0.05, 0.27, 0.58, 1.0, 0.13, 0.52, 0.80, 2.0, 0.48, 0.80, 0.92,
                    3.0, 0.93, 0.98, 1.0]
colors.ColorSpace = "RGB"
water.SetScalarBarVisibility(view, False)
water.Ambient = 0.25
for name, color in (("light_ball", [0.98, 0.75, 0.18]), ("neutral_ball", [0.90, 0.40, 0.15]),
                    ("heavy_ball", [0.55, 0.10, 0.12])):
    _, ball = show(name, 0.008)
    ball.SetScalarColoring("", 0)
    ball.AmbientColor = color
    ball.DiffuseColor = color

for number, time in enumerate(times):
    view.ViewTime = time
    Render(view)  # the first one moves the camera, so it is placed afterwards
    view.CameraPosition = [1.3, -2.1, 1.0]
    view.CameraFocalPoint = [0.82, 0.24, 0.31]
    view.CameraViewUp = [0.0, 0.0, 1.0]
    view.CameraViewAngle = 29.0
    name = picture if len(times) == 1 else picture.replace(".png", f"_{number}.png")
    SaveScreenshot(name, view)
    print(name)
