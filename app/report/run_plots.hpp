// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Which columns of a run's diagnostics go together into one plot.
#pragma once

#include <vector>

#include "app/report/svg_plot.hpp"
#include "io/csv_writer.hpp"

namespace filigree::app {

/// Energies in one plot, which comes first, then momenta and angular momenta, then the rest: the
/// columns NAME_x, NAME_y and NAME_z of one unit share a plot. The first column is the time.
std::vector<Plot> run_plots(const CsvTable& diagnostics);

}  // namespace filigree::app
