# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
"""Opens a run in ParaView through both of its time indexes, checks what it sees, takes a picture.

Run by tests/paraview/run_check:  pvbatch check_series.py RUN_FOLDER PICTURE.png
Checked: the time values, the time inside the files, names, units and ranges of the arrays, that
both indexes show the same, and that the picture is not empty.
"""
import json
import math
import pathlib
import re
import sys
import xml.etree.ElementTree

from paraview import servermanager, simple
from vtkmodules.vtkCommonCore import vtkDataArray
from vtkmodules.vtkIOImage import vtkPNGReader

LOWER_SNAKE = re.compile(r"[a-z][a-z0-9_]*$")


def require(condition, text):
    if not condition:
        sys.exit(f"check_series: {text}")


def indexed_frames(folder):
    """{index file: [(time, file), ...]} as the two indexes say."""
    pvd = folder / "scene.pvd"
    series = list(folder.glob("scene.*.series"))
    require(pvd.is_file() and len(series) == 1, f"no scene.pvd and one scene.*.series in {folder}")
    entries = xml.etree.ElementTree.parse(pvd).getroot().iter("DataSet")
    frames = {pvd: [(float(e.get("timestep")), e.get("file")) for e in entries]}
    files = json.loads(series[0].read_text())["files"]
    frames[series[0]] = [(entry["time"], entry["name"]) for entry in files]
    require(frames[pvd] == frames[series[0]], "the two indexes differ")
    require(len(frames[pvd]) > 1, "a series needs at least two frames")
    for _, name in frames[pvd]:
        require((folder / name).is_file(), f"{name} is in the index but not on disk")
    return frames


def leaves(data):
    """The parts of a data set: (name, part)."""
    if not data.IsA("vtkMultiBlockDataSet"):
        return [("", data)]
    names = [data.GetMetaData(i).Get(data.NAME()) for i in range(data.GetNumberOfBlocks())]
    return [(name, data.GetBlock(i)) for i, name in enumerate(names)]


def describe(data, time):
    """{array: (unit, components, range)} of all parts; complains about what should not be there."""
    result = {}
    for part, leaf in leaves(data):
        require(leaf is not None, f"part '{part}' was not read")
        value = leaf.GetFieldData().GetArray("TimeValue")
        require(value is not None, f"part '{part}' has no TimeValue")
        require(value.GetValue(0) == time, f"TimeValue {value.GetValue(0)} differs from {time}")
        for kind, attributes in (("point", leaf.GetPointData()), ("cell", leaf.GetCellData())):
            for i in range(attributes.GetNumberOfArrays()):
                array = attributes.GetArray(i)
                require(LOWER_SNAKE.match(array.GetName()), f"array name '{array.GetName()}'")
                low, high = array.GetRange(-1 if array.GetNumberOfComponents() > 1 else 0)
                empty = array.GetNumberOfTuples() == 0
                require(empty or (math.isfinite(low) and math.isfinite(high)),
                        f"range of '{array.GetName()}' is ({low}, {high})")
                unit = array.GetInformation().Get(vtkDataArray.UNITS_LABEL())
                result[f"{part}/{kind}/{array.GetName()}"] = (
                    unit, array.GetNumberOfComponents(), (low, high))
    return result


def look_at(index, frames):
    """What ParaView shows of the first and the last frame of an index."""
    reader = simple.OpenDataFile(str(index))
    require(reader is not None, f"ParaView has no reader for {index.name}")
    reader.UpdatePipelineInformation()
    times = list(reader.TimestepValues)
    require(times == [time for time, _ in frames], f"{index.name}: ParaView sees the times {times}")
    found = []
    for time, _ in (frames[0], frames[-1]):
        reader.UpdatePipeline(time)
        found.append((describe(servermanager.Fetch(reader), time),
                      reader.GetDataInformation().GetNumberOfPoints()))
    return reader, found


def paint(reader, picture):
    """Shows the last frame coloured by its first vector (else first array) and saves it."""
    view = simple.GetActiveViewOrCreate("RenderView")
    view.ViewSize = [1280, 720]
    view.Background = [0.09, 0.10, 0.13]
    view.UseColorPaletteForBackground = 0
    view.ViewTime = list(reader.TimestepValues)[-1]
    display = simple.Show(reader, view)
    display.Representation = "Points" if display.Representation == "Outline" else "Surface"
    display.PointSize = 4
    arrays = [reader.PointData.GetArray(i) for i in range(reader.PointData.GetNumberOfArrays())]
    arrays.sort(key=lambda array: array.GetNumberOfComponents() != 3)
    if arrays:
        simple.ColorBy(display, ("POINTS", arrays[0].GetName()))
        display.RescaleTransferFunctionToDataRange(True, False)
        display.SetScalarBarVisibility(view, True)
    bounds = reader.GetDataInformation().GetBounds()
    is_flat = bounds[5] - bounds[4] < 1e-6 * (bounds[1] - bounds[0])
    view.CameraPosition = [0.0, 0.0, 1.0] if is_flat else [1.0, -2.4, 1.1]
    view.CameraFocalPoint = [0.0, 0.0, 0.0]
    view.CameraViewUp = [0.0, 1.0, 0.0] if is_flat else [0.0, 0.0, 1.0]
    simple.ResetCamera(view)
    simple.Render(view)
    simple.SaveScreenshot(str(picture), view)
    png = vtkPNGReader()
    png.SetFileName(str(picture))
    png.Update()
    scalars = png.GetOutput().GetPointData().GetScalars()
    spread = max(scalars.GetRange(c)[1] - scalars.GetRange(c)[0] for c in range(3))
    require(spread > 60, f"the picture {picture} is empty (colours spread over {spread})")


def main():
    folder, picture = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    frames = indexed_frames(folder)
    looks = {index: look_at(index, entries) for index, entries in frames.items()}
    (pvd_reader, pvd_found), (_, series_found) = looks.values()
    require(pvd_found == series_found, "ParaView reads different data through the two indexes")
    require(pvd_found[-1][1] > 0, "the last frame has no points")
    arrays = pvd_found[-1][0]
    require(any(unit for unit, _, _ in arrays.values()), "no array carries a unit")
    paint(pvd_reader, picture)
    n_frames = len(next(iter(frames.values())))
    print(f"check_series: {n_frames} frames, {pvd_found[-1][1]} points")
    for name, (unit, components, (low, high)) in arrays.items():
        print(f"  {name.strip('/')} [{unit or '-'}] x{components}: {low:.6g} .. {high:.6g}")


main()
